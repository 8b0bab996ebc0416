//! `GET /api/v1/server`: what a client must know before it can talk to us.

use axum::extract::{Request, State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::uri::Authority;
use parlor_domain::limits;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Lanes,
    admin::wire::SignUp,
    app::App,
    extract::{Json, authority},
    wire::Number,
};

/// What this server is and how to reach it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerInfo {
    #[schema(example = "Parlor")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Ways for a realtime session to travel.
    lanes: Vec<Lane>,
    limits: Limits,
    /// Who may make an account.
    sign_up: SignUp,
}

/// One way for a realtime session to travel.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lane {
    /// `webtransport`, `websocket` or `quic`.
    #[schema(example = "webtransport")]
    lane: &'static str,
    #[schema(example = "https://127.0.0.1:8080/rt/v1")]
    url: String,
    /// Base64 of the SHA-256 of each certificate to pin, the current one
    /// first, then the next; empty for a publicly trusted certificate. Absent
    /// where TLS is the browser's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["VZ1hX1nDqk0yTq0x8JjM9Nq8wqvF9b7C3oQm0Yt2bXc="]))]
    certificate_hashes: Option<Vec<String>>,
}

/// The limits a client can run into.
#[derive(Serialize, ToSchema)]
pub(crate) struct Limits {
    #[schema(example = json!(limits::TEXT_BYTES))]
    text_bytes: usize,
    #[schema(example = json!(limits::ROOM_NAME_CHARS))]
    room_name_chars: usize,
    #[schema(example = json!(limits::TOPIC_CHARS))]
    topic_chars: usize,
    #[schema(example = json!(limits::USER_NAME_CHARS))]
    user_name_chars: usize,
    #[schema(example = json!(limits::DISPLAY_NAME_CHARS))]
    display_name_chars: usize,
    #[schema(example = json!(limits::STATUS_TEXT_CHARS))]
    status_text_chars: usize,
    #[schema(example = json!(limits::PASSWORD_MIN_CHARS))]
    password_min_chars: usize,
    #[schema(example = json!(limits::PAGE_ITEMS))]
    page_items: u32,
    /// One file.
    #[schema(example = "67108864")]
    file_bytes: Number,
    /// Files on one message.
    #[schema(example = json!(limits::ATTACHMENTS))]
    attachments: usize,
}

/// Where the lanes are, for a client that reached us as `authority`.
pub(crate) struct LaneUrls {
    pub webtransport: String,
    pub websocket: String,
    pub quic: String,
}

pub(crate) fn lane_urls(lanes: &Lanes, authority: Option<&Authority>) -> LaneUrls {
    let named = authority.map_or("localhost", Authority::host);
    let host = lanes.public_host.as_deref().unwrap_or(named);
    let http_port = lanes.http_port.or_else(|| authority.and_then(Authority::port_u16));
    let scheme = if lanes.secure { "wss" } else { "ws" };
    let port = http_port.map(|port| format!(":{port}")).unwrap_or_default();
    // A QUIC client tries one address of a name: on this machine, the one that
    // is bound for certain.
    let quic_host = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host };
    let udp = lanes.webtransport_port;
    LaneUrls {
        webtransport: format!("https://{quic_host}:{udp}/rt/v1"),
        websocket: format!("{scheme}://{host}{port}/rt/v1"),
        quic: format!("quic://{quic_host}:{udp}"),
    }
}

/// What this server is, the lanes to it, and its limits.
///
/// Ask again before each new connection: certificates to pin change within days.
#[utoipa::path(
    get, path = "/server", tag = "server",
    responses(
        (status = 200, description = "About this server", body = ServerInfo),
    ),
)]
pub(crate) async fn server_info(State(app): State<App>, request: Request) -> Json<ServerInfo> {
    let lanes = app.deps.lanes.borrow().clone();
    let authority = authority(request.uri(), request.headers());
    let urls = lane_urls(&lanes, authority.as_ref());
    let hashes: Vec<String> =
        lanes.certificate_hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
    let lane = |lane, url, certificate_hashes| Lane { lane, url, certificate_hashes };
    Json(ServerInfo {
        name: "Parlor",
        version: env!("CARGO_PKG_VERSION"),
        lanes: vec![
            lane("webtransport", urls.webtransport, Some(hashes.clone())),
            lane("websocket", urls.websocket, None),
            lane("quic", urls.quic, Some(hashes)),
        ],
        limits: Limits {
            text_bytes: limits::TEXT_BYTES,
            room_name_chars: limits::ROOM_NAME_CHARS,
            topic_chars: limits::TOPIC_CHARS,
            user_name_chars: limits::USER_NAME_CHARS,
            display_name_chars: limits::DISPLAY_NAME_CHARS,
            status_text_chars: limits::STATUS_TEXT_CHARS,
            password_min_chars: limits::PASSWORD_MIN_CHARS,
            page_items: limits::PAGE_ITEMS,
            file_bytes: Number(app.deps.settings.files.file_bytes),
            attachments: limits::ATTACHMENTS,
        },
        sign_up: app.policy.get(&app.deps.store.server).await.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> Lanes {
        Lanes {
            webtransport_port: 8443,
            public_host: None,
            certificate_hashes: Vec::new(),
            secure: false,
            http_port: None,
        }
    }

    #[test]
    fn lanes_follow_the_name_that_the_request_used() {
        let urls = |authority: &str| lane_urls(&lanes(), Some(&authority.parse().unwrap()));
        assert_eq!(urls("chat.example").webtransport, "https://chat.example:8443/rt/v1");
        assert_eq!(urls("chat.example").websocket, "ws://chat.example/rt/v1");
        assert_eq!(urls("localhost:8080").quic, "quic://127.0.0.1:8443");
        assert_eq!(urls("localhost:8080").websocket, "ws://localhost:8080/rt/v1");
        assert_eq!(urls("[::1]:8080").webtransport, "https://[::1]:8443/rt/v1");
    }

    #[test]
    fn lanes_follow_what_the_operator_set() {
        let lanes = Lanes {
            public_host: Some("chat.example".to_owned()),
            secure: true,
            http_port: Some(444),
            ..lanes()
        };
        let urls = lane_urls(&lanes, Some(&"10.0.0.1:80".parse().unwrap()));
        assert_eq!(urls.webtransport, "https://chat.example:8443/rt/v1");
        assert_eq!(urls.websocket, "wss://chat.example:444/rt/v1");
    }
}
