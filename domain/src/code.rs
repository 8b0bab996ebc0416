//! Why a request was refused: one stable code for REST, gRPC and realtime.

use std::time::Duration;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal, $status:literal;)*) => {
        /// Stable code of a refusal. The text form stands in REST problems
        /// (`code`) and in gRPC metadata (`parlor-code`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable text form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it means, in one sentence or two: the first words of its
            /// entry in `docs/errors.md`.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii_start(),)* }
            }

            /// The HTTP status it goes with (RFC 9110 section 15).
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The code with this text form.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// A path, query, header or frame field does not parse.
    InvalidArgument = "INVALID_ARGUMENT", 400;
    /// A cursor that this server did not make.
    InvalidCursor = "INVALID_CURSOR", 400;
    /// No valid access token.
    Unauthenticated = "UNAUTHENTICATED", 401;
    /// Name and password do not belong together.
    BadCredentials = "BAD_CREDENTIALS", 401;
    /// The refresh token is unknown, used up, expired or revoked.
    BadRefreshToken = "BAD_REFRESH_TOKEN", 401;
    /// Name and password are right, and the account is deactivated: log in with
    /// `reactivate` to take it up again.
    AccountDeactivated = "ACCOUNT_DEACTIVATED", 403;
    /// Seen but not allowed.
    Forbidden = "FORBIDDEN", 403;
    /// The server takes no new accounts, or only by an invite link.
    SignUpClosed = "SIGN_UP_CLOSED", 403;
    /// The password is right, and an admin has disabled the account.
    AccountDisabled = "ACCOUNT_DISABLED", 403;
    /// The request comes from a page that is not allowed to make it.
    OriginRefused = "ORIGIN_REFUSED", 403;
    /// Does not exist, or the caller may not know that it does.
    NotFound = "NOT_FOUND", 404;
    /// The path exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// Does not fit the state the thing is in.
    Conflict = "CONFLICT", 409;
    /// The user name is taken.
    NameTaken = "NAME_TAKEN", 409;
    /// The room is archived and takes no more messages.
    RoomArchived = "ROOM_ARCHIVED", 409;
    /// The last owner cannot leave while others are in the room.
    LastOwner = "LAST_OWNER", 409;
    /// The last admin who may sign in stays one: the server would have none.
    LastAdmin = "LAST_ADMIN", 409;
    /// The same request id was used before for something else.
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH", 409;
    /// More than the limit of bytes.
    TooLarge = "TOO_LARGE", 413;
    /// No more space for files, of the one who uploads or of the room.
    QuotaExceeded = "QUOTA_EXCEEDED", 413;
    /// A content type that is not taken here.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// Well-formed, but a value is not acceptable.
    Unprocessable = "UNPROCESSABLE", 422;
    /// Too many header fields or bytes.
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431;
    /// Too many logs open in one session.
    TooManyOpen = "TOO_MANY_OPEN", 409;
    /// Too many requests; come back after the time told.
    RateLimited = "RATE_LIMITED", 429;
    /// An earlier request of the same session to the same room failed; send
    /// both again in order (C4).
    RetryInOrder = "RETRY_IN_ORDER", 503;
    /// The outcome is unknown or the server cannot take it now; send the same
    /// request again (C5, C13).
    Unavailable = "UNAVAILABLE", 503;
    /// Storage is full; send the same request again later (C17).
    ResourceExhausted = "RESOURCE_EXHAUSTED", 507;
    /// A fault of the server; the outcome is unknown.
    Internal = "INTERNAL", 500;
}

impl Code {
    /// The number of the gRPC status nearest to it
    /// (<https://grpc.io/docs/guides/status-codes/>).
    pub const fn grpc_status(self) -> i32 {
        match (self, self.http_status()) {
            (Self::NameTaken | Self::IdempotencyMismatch, _) => 6,
            (Self::RetryInOrder, _) => 10,
            (_, 400 | 413 | 415 | 422 | 431) => 3,
            (_, 401) => 16,
            (_, 403) => 7,
            (_, 404) => 5,
            (_, 405) => 12,
            (_, 409) => 9,
            (_, 429 | 507) => 8,
            (_, 503) => 14,
            _ => 13,
        }
    }

    /// True where sending the same request again may succeed (C5: unknown);
    /// false where the refusal is final.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::RetryInOrder
                | Self::Unavailable
                | Self::ResourceExhausted
                | Self::Internal
        )
    }
}

/// A refused request: its code and, where it says so, when to come back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// For people, in English.
    pub message: String,
    /// Wait at least this long before sending the same request again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal without a time to come back.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    /// The same refusal with a time to come back.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// What does not exist and what the caller may not see look alike.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "there is no such thing here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_are_unique_and_parse_back() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!((400..600).contains(&code.http_status()));
        }
    }
}
