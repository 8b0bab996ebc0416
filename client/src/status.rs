//! How the connection is.

use std::{fmt, time::Duration};

/// How a session travels (PROTOCOL 1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Raw QUIC.
    Quic,
    /// WebTransport over HTTP/3.
    WebTransport,
    /// WebSocket over HTTP/1.1.
    WebSocket,
}

impl Lane {
    /// Its name in `GET /server`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quic => "quic",
            Self::WebTransport => "webtransport",
            Self::WebSocket => "websocket",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the connection is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// A lane is being opened.
    Connecting,
    /// A session is live.
    Live {
        /// How it travels.
        lane: Lane,
        /// Time to the server and back as last measured; zero before that.
        rtt: Duration,
    },
    /// The last try failed; the next one comes by itself.
    Waiting {
        /// Failures in a row.
        attempt: u32,
        /// Wait before the next try, counted from this status.
        retry_in: Duration,
        /// What failed, for people.
        error: String,
    },
    /// It is over.
    Closed(Closed),
}

/// Why a client will not come back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// The program let go of it.
    #[error("the client was closed")]
    Left,
    /// The server no longer accepts this account or device.
    #[error("signed out: {0}")]
    SignedOut(String),
    /// The server closed the session with a reason that forbids coming back.
    #[error("the server closed the session: {0}")]
    ByServer(String),
}
