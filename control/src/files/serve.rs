//! Bytes that somebody brought, on their way to somebody else's browser.

use std::ops::Range;

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use parlor_domain::{Code, FileName, Refusal};

use super::objects::{Key, Objects};
use crate::{Problem, middleware::AsItIs};

/// A page that is made of such bytes all the same can do nothing (U2).
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// An object, and how it is told of.
pub(super) struct Served {
    pub key: Key,
    /// With its quotation marks: a strong one, for objects never change.
    pub etag: String,
    pub length: u64,
    pub media_type: String,
    /// Whether a browser may show it in its place, and what it is called.
    pub disposition: Option<(bool, FileName)>,
    pub cache: &'static str,
}

/// Answers with an object, or with the one range of it that was asked for.
pub(super) async fn serve(
    objects: &Objects,
    served: Served,
    asked: &HeaderMap,
) -> Result<Response, Problem> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| crate::problem::internal());
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, value(&served.etag)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(served.cache));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    let text = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let known = text(header::IF_NONE_MATCH).unwrap_or_default();
    if known.split(',').any(|tag| [served.etag.as_str(), "*"].contains(&tag.trim())) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    headers.insert(header::CONTENT_TYPE, value(&served.media_type)?);
    if let Some((inline, name)) = &served.disposition {
        headers.insert(header::CONTENT_DISPOSITION, value(&disposition(*inline, name))?);
    }
    // A range of what was another object then is of no use (RFC 9110 section 13.1.5).
    let same = text(header::IF_RANGE).is_none_or(|tag| tag == served.etag);
    let range = match text(header::RANGE).filter(|_| same) {
        Some(range) => match one_range(range, served.length) {
            Ok(range) => range,
            Err(NotSatisfiable) => {
                let all = value(&format!("bytes */{}", served.length))?;
                let refusal = Refusal::new(Code::InvalidArgument, "there is no such range");
                let problem = Problem::with_status(StatusCode::RANGE_NOT_SATISFIABLE, refusal);
                return Ok(([(header::CONTENT_RANGE, all)], problem).into_response());
            }
        },
        None => None,
    };
    let status = match &range {
        Some(Range { start, end }) => {
            let sent = format!("bytes {start}-{}/{}", end - 1, served.length);
            headers.insert(header::CONTENT_RANGE, value(&sent)?);
            headers.insert(header::CONTENT_LENGTH, (end - start).into());
            StatusCode::PARTIAL_CONTENT
        }
        None => {
            headers.insert(header::CONTENT_LENGTH, served.length.into());
            StatusCode::OK
        }
    };
    let body = if served.length == 0 {
        Body::empty()
    } else {
        Body::from_stream(objects.open(served.key, range).await?.bytes)
    };
    let mut response = (status, headers, body).into_response();
    response.extensions_mut().insert(AsItIs);
    Ok(response)
}

/// No byte of what is there was asked for, or more than one range was.
#[derive(Debug, PartialEq, Eq)]
struct NotSatisfiable;

/// The range that is asked for, of something so long; `None` for all of it (RFC 9110
/// section 14.1.2). Several ranges are for those who mean harm (U9).
fn one_range(asked: &str, length: u64) -> Result<Option<Range<u64>>, NotSatisfiable> {
    let Some(ranges) = asked.trim().strip_prefix("bytes=") else { return Ok(None) };
    if ranges.contains(',') {
        return Err(NotSatisfiable);
    }
    let Some((first, last)) = ranges.split_once('-') else { return Ok(None) };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // What does not fit is behind every end.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first.trim()), number(last.trim())) {
        (Some(first), Some(last)) if first > last => return Ok(None),
        (Some(first), Some(last)) => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.trim().is_empty() => first..length,
        (None, Some(count)) if first.trim().is_empty() => length.saturating_sub(count)..length,
        _ => return Ok(None),
    };
    if range.start < range.end { Ok(Some(range)) } else { Err(NotSatisfiable) }
}

/// What a browser shall do with it and how it is called (RFC 6266): for old ones in
/// ASCII, for others in full.
fn disposition(inline: bool, name: &FileName) -> String {
    use std::fmt::Write as _;
    let kind = if inline { "inline" } else { "attachment" };
    let plain = |c: char| c.is_ascii_alphanumeric() || " !#$&+-.^_`|~()[]{}@,=".contains(c);
    let ascii: String = name.as_str().chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let mut full = String::new();
    for byte in name.as_str().bytes() {
        // attr-char of RFC 8187 section 3.2.1.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(full, "%{byte:02X}");
        }
    }
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u9_one_range_or_none() {
        let range = |asked| one_range(asked, 10);
        for (asked, expected) in [
            ("bytes=0-3", 0..4),
            ("bytes=4-", 4..10),
            ("bytes=-3", 7..10),
            ("bytes=-30", 0..10),
            ("bytes=9-99", 9..10),
            ("bytes=0-99999999999999999999999", 0..10),
        ] {
            assert_eq!(range(asked), Ok(Some(expected)), "{asked}");
        }
        for all in
            ["items=0-3", "bytes=", "bytes=x-y", "bytes=3-1", "bytes=-", "0-3", "bytes=1 - x"]
        {
            assert_eq!(range(all), Ok(None), "{all}");
        }
        for none in ["bytes=10-", "bytes=-0", "bytes=99999999999999999999999-", "bytes=0-1,2-3"] {
            assert_eq!(range(none), Err(NotSatisfiable), "{none}");
        }
        assert_eq!(one_range("bytes=0-", 0), Err(NotSatisfiable));
    }

    #[test]
    fn u1_names_in_headers_cannot_break_out_of_them() {
        let told = |name| disposition(false, &FileName::parse(name).unwrap());
        assert_eq!(
            told("a\";x=\"b.txt"),
            "attachment; filename=\"a__x=_b.txt\"; filename*=UTF-8''a%22%3Bx%3D%22b.txt"
        );
        assert_eq!(
            told("早.txt"),
            "attachment; filename=\"_.txt\"; filename*=UTF-8''%E6%97%A9.txt"
        );
        let inline = disposition(true, &FileName::parse("a b.png").unwrap());
        assert_eq!(inline, "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png");
    }
}
