//! The web app: static files inside the binary.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use parlor_domain::Refusal;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::Problem;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../web/dist"]
#[allow_missing = true]
struct Dist;

/// Shown where no web app was built in.
const PLACEHOLDER: &str = include_str!("web_missing.html");

/// Files whose names change with their content.
const HASHED: &str = "assets/";

/// What is never the web app, so that a typing error in an API path is told.
const NOT_THE_APP: [&str; 5] = ["api", "rt", "healthz", "readyz", "metrics"];

/// A file of the web app; its index page at every path that is the app's own,
/// so that links into it work.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    answer::<Dist>(&method, &uri, &headers)
}

fn answer<Files: RustEmbed>(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if NOT_THE_APP.contains(&first) || !matches!(*method, Method::GET | Method::HEAD) {
        return not_found();
    }
    if let Some(response) = file::<Files>(path, headers) {
        return response;
    }
    if is_file_name(path) || !accepts_html(headers) {
        return not_found();
    }
    file::<Files>("index.html", headers).unwrap_or_else(|| {
        let headers = [(header::CACHE_CONTROL, "no-cache")];
        (headers, axum::response::Html(PLACEHOLDER)).into_response()
    })
}

fn not_found() -> Response {
    Problem::from(Refusal::not_found()).into_response()
}

/// Paths of the app have no dot in their last part. A page in place of a script
/// or an image would only be misunderstood.
fn is_file_name(path: &str) -> bool {
    path.starts_with(HASHED) || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_none_or(|accept| {
        accept.to_str().is_ok_and(|accept| accept.contains("text/html") || accept.contains("*/*"))
    })
}

/// The file at `path`, in the smallest form that was built and is accepted.
fn file<Files: RustEmbed>(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Files::get(path)?;
    let encoded = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(coding, suffix)| {
        let file = accepts_coding(headers, coding).then(|| Files::get(&format!("{path}{suffix}")));
        Some((coding, file??))
    });
    let (coding, file) = match encoded {
        Some((coding, file)) => (Some(coding), file),
        None => (None, plain),
    };

    let etag = etag(&file);
    let mut response = if is_known(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = mime_guess::from_path(path).first_or_octet_stream();
        let mut response = Body::from(file.data).into_response();
        if let Ok(mime) = HeaderValue::from_str(&content_type(mime.essence_str())) {
            response.headers_mut().insert(header::CONTENT_TYPE, mime);
        }
        if let Some(coding) = coding {
            let coding = HeaderValue::from_static(coding);
            response.headers_mut().insert(header::CONTENT_ENCODING, coding);
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    let caching =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    Some(response)
}

/// Text of ours is UTF-8.
fn content_type(essence: &str) -> String {
    if essence.starts_with("text/") {
        format!("{essence}; charset=utf-8")
    } else {
        essence.to_owned()
    }
}

/// Weak, since what is not built compressed may be compressed on the way.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    use std::fmt::Write as _;

    let mut tag = String::from("W/\"");
    for byte in &file.metadata.sha256_hash()[..16] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""))
}

fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let ours = opaque(etag.to_str().unwrap_or_default());
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == ours)
}

/// True where `Accept-Encoding` names this coding and not with weight 0 (RFC
/// 9110 section 12.5.3).
fn accepts_coding(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            named && weight.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
        })
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    /// What a build of the web app looks like.
    #[derive(RustEmbed)]
    #[folder = "$CARGO_MANIFEST_DIR/tests/dist"]
    struct Built;

    async fn get<Files: RustEmbed>(path: &str, asked: &[(&str, &str)]) -> (Response, Vec<u8>) {
        let mut headers = HeaderMap::new();
        for (name, value) in asked {
            headers.insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let response = answer::<Files>(&Method::GET, &path.parse().unwrap(), &headers);
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        (Response::from_parts(parts, Body::empty()), body)
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn hashed_files_are_kept_for_ever_and_pages_are_asked_for_again() {
        let (script, body) = get::<Built>("/assets/app-1a2b.js", &[]).await;
        assert_eq!(body, b"export {};\n");
        assert_eq!(header(&script, "content-type"), "text/javascript; charset=utf-8");
        assert!(header(&script, "cache-control").ends_with("immutable"));
        for path in ["/", "/index.html", "/rooms/1"] {
            let (page, body) = get::<Built>(path, &[]).await;
            assert!(body.starts_with(b"<!doctype html>"), "{path}");
            assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
            assert_eq!(header(&page, "cache-control"), "no-cache");
        }
        let (missing, _) = get::<Built>("/assets/app-0000.js", &[]).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "no page in place of a script");
    }

    #[tokio::test]
    async fn the_service_worker_is_asked_for_again_and_never_a_page() {
        let (worker, _) = get::<Built>("/sw.js", &[("accept", "*/*")]).await;
        assert_eq!(header(&worker, "content-type"), "text/javascript; charset=utf-8");
        assert_eq!(header(&worker, "cache-control"), "no-cache");
        let (manifest, _) = get::<Built>("/manifest.webmanifest", &[]).await;
        assert_eq!(header(&manifest, "content-type"), "application/manifest+json");
        for path in ["/no.js", "/rooms/no.png"] {
            let (missing, _) = get::<Built>(path, &[("accept", "*/*")]).await;
            assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let (first, _) = get::<Built>("/", &[]).await;
        let etag = header(&first, "etag").to_owned();
        for known in [etag.as_str(), "*", &format!("\"x\", {etag}")] {
            let (again, body) = get::<Built>("/", &[("if-none-match", known)]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!((body.len(), header(&again, "etag")), (0, etag.as_str()));
        }
        let (other, _) = get::<Built>("/", &[("if-none-match", "W/\"other\"")]).await;
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn built_compressed_files_are_preferred_where_they_are_accepted() {
        let path = "/assets/app-1a2b.js";
        let (plain, _) = get::<Built>(path, &[]).await;
        let (small, body) = get::<Built>(path, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(header(&small, "content-encoding"), "br");
        assert_eq!(body, b"stands for brotli\n");
        assert_eq!(header(&small, "content-type"), header(&plain, "content-type"));
        assert_ne!(header(&small, "etag"), header(&plain, "etag"));
        let (gzip, _) = get::<Built>(path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(header(&gzip, "content-encoding"), "", "none was built");
    }

    #[tokio::test]
    async fn without_an_app_a_page_says_how_to_build_it() {
        #[derive(RustEmbed)]
        #[folder = "$CARGO_MANIFEST_DIR/tests/no-such-folder"]
        #[allow_missing = true]
        struct Missing;
        let (page, body) = get::<Missing>("/rooms/1", &[]).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(String::from_utf8(body).unwrap().contains("cargo xtask run"));
    }

    #[test]
    fn codings_with_weight_zero_are_not_accepted() {
        let accepts = |value: &str, coding| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            accepts_coding(&headers, coding)
        };
        assert!(accepts("gzip, br;q=0.9", "br"));
        assert!(accepts("GZIP", "gzip"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("brotli", "br"));
    }
}
