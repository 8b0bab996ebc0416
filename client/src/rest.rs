//! The REST face, as far as a chat client needs it.

mod admin;
mod endings;
mod files;
mod friends;
mod invites;
mod members;
mod model;
mod own;
mod people;
mod search;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::Client as HttpClient,
    rt::{TokioExecutor, TokioIo},
};
use parlor_domain::{
    Code, Refusal, RequestId, RoomId, RoomName, Seq, Topic, UserId, Visibility, limits,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::time::timeout;
use tower::util::BoxCloneSyncService;

use crate::{net::Stream, tls};

pub use files::Crop;
pub use model::{
    AnnouncementInfo, BanInfo, BlockInfo, DeletedRoomInfo, DeviceInfo, DraftInfo, FileInfo,
    ForwardedInfo, FriendInfo, History, InviteInfo, InvitePreview, InviterInfo, LaneInfo,
    MemberInfo, MessageInfo, Page, ReactionInfo, RoomFileInfo, RoomInfo, Scope, ServerInfo,
    SessionTokens, StandingInfo, UploadInfo, UserInfo, VersionInfo,
};
pub use search::{Found, Hit, Place};

/// What the list of devices says this is.
const USER_AGENT: &str = concat!("parlor-client/", env!("CARGO_PKG_VERSION"));
/// One call, from connecting to the last byte of the answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer that is read, in bytes: a page of the longest messages, each of
/// which forwards as long a one.
const ANSWER_BYTES: usize = limits::PAGE_ITEMS as usize * limits::TEXT_BYTES * 4;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// The server's URL makes no sense.
    #[error("{0:?} is not the URL of a server, like http://localhost:8080")]
    BadUrl(String),
    /// The platform gives no TLS.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The server refused, with a code.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody answered, or not in time.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is not what Parlor says.
    #[error("this is no answer of a Parlor server: {0}")]
    BadAnswer(String),
}

impl RestError {
    /// True where the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.code.is_retryable(),
            Self::Unreachable(_) => true,
            // A proxy in front of a server that restarts answers in its own words.
            Self::BadAnswer(_) => true,
            Self::BadUrl(_) | Self::Tls(_) => false,
        }
    }
}

/// An error as RFC 9457 says it.
#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    title: Option<String>,
}

type Connector = BoxCloneSyncService<Uri, TokioIo<Stream>, std::io::Error>;

/// A client of the REST face. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Rest {
    http: HttpClient<Connector, Full<Bytes>>,
    /// Scheme, host and port, without a slash at the end.
    origin: Arc<str>,
}

impl Rest {
    /// A client of the server at `url`, like `https://chat.example`.
    ///
    /// # Errors
    /// The URL has no host or another scheme than http and https.
    pub fn new(url: &str) -> Result<Self, RestError> {
        let bad = || RestError::BadUrl(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| bad())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(bad());
        };
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if !matches!(scheme, "http" | "https") || !is_bare || authority.as_str().contains('@') {
            return Err(bad());
        }
        let tls = Arc::new(tls::config(&[], &[])?);
        let connect = tower::service_fn(move |uri: Uri| {
            let tls = tls.clone();
            async move { Stream::connect(&uri, tls).await.map(TokioIo::new) }
        });
        let connector = BoxCloneSyncService::new(connect);
        let http = HttpClient::builder(TokioExecutor::new()).build(connector);
        Ok(Self { http, origin: format!("{scheme}://{authority}").into() })
    }

    /// Scheme, host and port of the server.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Makes an account and signs a device in.
    ///
    /// # Errors
    /// See [`RestError`]; `NAME_TAKEN` where somebody has the name.
    pub async fn register(
        &self,
        name: &str,
        password: &str,
        device_name: &str,
    ) -> Result<SessionTokens, RestError> {
        let body = json!({ "name": name, "password": password, "device_name": device_name });
        self.post("/register", None, body).await
    }

    /// Signs a device in.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_CREDENTIALS` where name and password do not fit.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        device_name: &str,
    ) -> Result<SessionTokens, RestError> {
        let body = json!({ "name": name, "password": password, "device_name": device_name });
        self.post("/login", None, body).await
    }

    /// The next tokens of a device; the old refresh token is used up.
    ///
    /// # Errors
    /// See [`RestError`]; `BAD_REFRESH_TOKEN` where the device is signed out.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SessionTokens, RestError> {
        self.post("/refresh", None, json!({ "refresh_token": refresh_token })).await
    }

    /// Signs the device out.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn logout(&self, refresh_token: &str) -> Result<(), RestError> {
        let body = json!({ "refresh_token": refresh_token });
        self.call(Method::POST, "/logout", None, None, Some(&body)).await.map(drop)
    }

    /// What the server says about itself.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn server(&self) -> Result<ServerInfo, RestError> {
        self.get("/server", None).await
    }

    /// A user.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn user(&self, token: &str, user: UserId) -> Result<UserInfo, RestError> {
        self.get(&format!("/users/{user}"), Some(token)).await
    }

    /// A page of rooms.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn rooms(
        &self,
        token: &str,
        scope: Scope,
        cursor: Option<&str>,
    ) -> Result<Page<RoomInfo>, RestError> {
        let scope = match scope {
            Scope::Mine => "mine",
            Scope::Public => "public",
        };
        self.get(&paged(&format!("/rooms?scope={scope}&"), cursor), Some(token)).await
    }

    /// A page of the directory: public rooms whose name or topic holds a text.
    ///
    /// # Errors
    /// See [`RestError`]; `UNPROCESSABLE` where no room can be called that.
    pub async fn find_rooms(
        &self,
        token: &str,
        text: &str,
        cursor: Option<&str>,
    ) -> Result<Page<RoomInfo>, RestError> {
        let path = format!("/rooms?scope=public&q={}&", percent_encoded(text));
        self.get(&paged(&path, cursor), Some(token)).await
    }

    /// A room by its id.
    ///
    /// # Errors
    /// See [`RestError`]; `NOT_FOUND` unless it is public or one's own.
    pub async fn room(&self, token: &str, room: RoomId) -> Result<RoomInfo, RestError> {
        self.get(&format!("/rooms/{room}"), Some(token)).await
    }

    /// Makes a room; the same `id` again makes no second one.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn create_room(
        &self,
        token: &str,
        id: RequestId,
        name: &RoomName,
        topic: &Topic,
        visibility: Visibility,
    ) -> Result<RoomInfo, RestError> {
        let body = json!({ "name": name, "topic": topic, "visibility": visibility });
        let made = self.call(Method::POST, "/rooms", Some(token), Some(id), Some(&body)).await?;
        parse(&made)
    }

    /// Becomes a member of a public room.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn join(&self, token: &str, room: RoomId) -> Result<RoomInfo, RestError> {
        let path = format!("/rooms/{room}/join");
        parse(&self.call(Method::POST, &path, Some(token), None, None).await?)
    }

    /// The newest messages of a room.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn newest_messages(
        &self,
        token: &str,
        room: RoomId,
        limit: u32,
    ) -> Result<History, RestError> {
        self.get(&format!("/rooms/{room}/messages?limit={limit}"), Some(token)).await
    }

    /// A page of the texts that a message has had, the first one first.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn versions(
        &self,
        token: &str,
        room: RoomId,
        message: Seq,
        cursor: Option<&str>,
    ) -> Result<Page<VersionInfo>, RestError> {
        let path = format!("/rooms/{room}/messages/{message}/edits?");
        self.get(&paged(&path, cursor), Some(token)).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        token: Option<&str>,
    ) -> Result<T, RestError> {
        parse(&self.call(Method::GET, path, token, None, None).await?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: Option<&str>,
        body: impl Serialize,
    ) -> Result<T, RestError> {
        let body =
            serde_json::to_value(body).map_err(|error| RestError::BadAnswer(error.to_string()))?;
        parse(&self.call(Method::POST, path, token, None, Some(&body)).await?)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        idempotency_key: Option<RequestId>,
        body: Option<&serde_json::Value>,
    ) -> Result<Bytes, RestError> {
        let mut request = self.request(method, path, token);
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key.to_string());
        }
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::from(body.to_string())),
            None => request.body(Full::default()),
        };
        self.exchange(request, ANSWER_BYTES).await
    }

    fn request(&self, method: Method, path: &str, token: Option<&str>) -> http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.origin))
            .header(header::USER_AGENT, USER_AGENT);
        match token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends a request, and reads an answer of so many bytes at most.
    async fn exchange(
        &self,
        request: http::Result<Request<Full<Bytes>>>,
        most: usize,
    ) -> Result<Bytes, RestError> {
        let request = request.map_err(|_| RestError::BadUrl(self.origin.to_string()))?;
        let exchange = async {
            let response = self.http.request(request).await.map_err(unreachable)?;
            whole(response, most).await
        };
        match timeout(CALL_TIMEOUT, exchange).await {
            Ok(result) => result,
            Err(_) => Err(RestError::Unreachable("no answer in time".to_owned())),
        }
    }
}

/// The body of an answer, of so many bytes at most, if that is no refusal.
async fn whole(
    response: http::Response<hyper::body::Incoming>,
    most: usize,
) -> Result<Bytes, RestError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, most).collect().await;
    let body = body.map_err(|error| RestError::BadAnswer(error.to_string()))?.to_bytes();
    if head.status.is_success() { Ok(body) } else { Err(refused(&head, &body)) }
}

/// The whole chain of causes, since the first link only says "client error".
fn unreachable(error: hyper_util::client::legacy::Error) -> RestError {
    let mut causes = vec![error.to_string()];
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    RestError::Unreachable(causes.join(": "))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, RestError> {
    serde_json::from_slice(body).map_err(|error| RestError::BadAnswer(error.to_string()))
}

fn refused(head: &http::response::Parts, body: &[u8]) -> RestError {
    let problem: Option<Problem> = serde_json::from_slice(body).ok();
    let Some((code, problem)) =
        problem.and_then(|problem| Some((Code::parse(&problem.code)?, problem)))
    else {
        return unexplained(head.status);
    };
    let message = problem.detail.or(problem.title).unwrap_or_default();
    let refusal = Refusal::new(code, message);
    let after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    match after.and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => refusal.retry_after(Duration::from_secs(seconds)).into(),
        None => refusal.into(),
    }
}

/// A refusal without a code, as proxies make them.
fn unexplained(status: StatusCode) -> RestError {
    RestError::BadAnswer(format!("status {status} without a code"))
}

/// The path of a page of a list; `path` ends where its next parameter begins.
fn paged(path: &str, cursor: Option<&str>) -> String {
    let path = format!("{path}limit={}", limits::PAGE_ITEMS);
    match cursor {
        Some(cursor) => format!("{path}&cursor={}", percent_encoded(cursor)),
        None => path,
    }
}

/// RFC 3986 section 2.1, for a value within a query.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers_have_a_scheme_a_host_and_nothing_more() {
        for good in ["http://localhost:8080", "https://chat.example/", "http://[::1]:80"] {
            assert!(Rest::new(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost:8080", "ftp://x", "http://x/y", "http://x?y", "http://a@b"] {
            assert!(matches!(Rest::new(bad), Err(RestError::BadUrl(_))), "{bad}");
        }
        assert_eq!(
            Rest::new("http://localhost:80/").expect("valid").origin(),
            "http://localhost:80"
        );
    }

    #[test]
    fn problems_become_typed_refusals() {
        let (head, ()) = http::Response::builder()
            .status(429)
            .header("retry-after", "3")
            .body(())
            .expect("valid")
            .into_parts();
        let body = br#"{"type":"about:blank","code":"RATE_LIMITED","detail":"slow down"}"#;
        let RestError::Refused(refusal) = refused(&head, body) else { panic!("a refusal") };
        assert_eq!(refusal.code, Code::RateLimited);
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(3)));
        assert!(matches!(refused(&head, b"<html>"), RestError::BadAnswer(_)));
        assert!(matches!(refused(&head, br#"{"code":"NEW"}"#), RestError::BadAnswer(_)));
    }
}
