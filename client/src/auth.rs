//! Keeps the device signed in.

use std::time::Duration;

use parlor_domain::{Clock, SystemClock, Timestamp, limits};
use tokio::{sync::Mutex, time::Instant};

use crate::rest::{Rest, RestError, SessionTokens};

/// An access token that ends sooner is not used for a new session.
const SPARE: Duration = Duration::from_secs(30);

/// Who the client is.
#[derive(Clone)]
pub enum Credentials {
    /// An account with its password: signs a new device in, and again where the
    /// server has signed it out.
    Password {
        /// The user's unique name.
        name: String,
        /// Its password.
        password: String,
    },
    /// A new account, which is made first.
    Register {
        /// The user's unique name.
        name: String,
        /// Its password.
        password: String,
    },
    /// A device that is signed in already.
    Tokens(SessionTokens),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password { name, .. } => write!(f, "Password({name})"),
            Self::Register { name, .. } => write!(f, "Register({name})"),
            Self::Tokens(tokens) => write!(f, "Tokens({})", tokens.user.name),
        }
    }
}

/// A token, and after how long to replace it.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) token: String,
    pub(crate) renew_after: Duration,
}

#[derive(Debug)]
pub(crate) struct Auth {
    rest: Rest,
    device_name: String,
    /// Name and password, where they are known.
    password: Option<(String, String)>,
    /// Held over a refresh: a refresh token may be used only once.
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    tokens: SessionTokens,
    got_at: Instant,
    lifetime: Duration,
}

impl Current {
    fn new(tokens: SessionTokens) -> Self {
        let lifetime = lifetime(&tokens.access_expires_at, SystemClock.now());
        Self { tokens, got_at: Instant::now(), lifetime }
    }

    fn remaining(&self) -> Duration {
        self.lifetime.saturating_sub(self.got_at.elapsed())
    }

    fn access(&self) -> Access {
        let spare = self.lifetime / 3;
        let renew_after = self.remaining().saturating_sub(spare);
        Access { token: self.tokens.access_token.clone(), renew_after }
    }
}

/// How long a token lasts. This machine's clock may be wrong, so that a token
/// that seems to have ended already is taken to last as long as they usually do:
/// the server closes the session when it ends, and the client renews it then.
fn lifetime(expires_at: &str, now: Timestamp) -> Duration {
    let expires_at = expires_at.parse::<jiff::Timestamp>();
    let expires_at = expires_at.map(|at| Timestamp::from_micros(at.as_microsecond()));
    match expires_at.map(|at| at.since(now)) {
        Ok(lifetime) if !lifetime.is_zero() => lifetime,
        _ => limits::ACCESS_TOKEN_TTL,
    }
}

impl Auth {
    /// Signs in, or takes over a device that is.
    pub(crate) async fn begin(
        rest: Rest,
        credentials: Credentials,
        device_name: String,
    ) -> Result<Self, RestError> {
        let (tokens, password) = match credentials {
            Credentials::Password { name, password } => {
                let tokens = rest.login(&name, &password, &device_name).await?;
                (tokens, Some((name, password)))
            }
            Credentials::Register { name, password } => {
                let tokens = rest.register(&name, &password, &device_name).await?;
                (tokens, Some((name, password)))
            }
            Credentials::Tokens(tokens) => (tokens, None),
        };
        Ok(Self { rest, device_name, password, current: Mutex::new(Current::new(tokens)) })
    }

    /// A token that will last for a while.
    pub(crate) async fn access(&self) -> Result<Access, RestError> {
        let mut current = self.current.lock().await;
        if current.remaining() <= SPARE.min(current.lifetime / 3) {
            *current = self.renew(&current.tokens).await?;
        }
        Ok(current.access())
    }

    /// A new token, whatever the old one says.
    pub(crate) async fn fresh(&self) -> Result<Access, RestError> {
        let mut current = self.current.lock().await;
        *current = self.renew(&current.tokens).await?;
        Ok(current.access())
    }

    /// The tokens as they are now.
    pub(crate) async fn tokens(&self) -> SessionTokens {
        self.current.lock().await.tokens.clone()
    }

    async fn renew(&self, tokens: &SessionTokens) -> Result<Current, RestError> {
        match (self.rest.refresh(&tokens.refresh_token).await, &self.password) {
            (Ok(tokens), _) => Ok(Current::new(tokens)),
            (Err(error), Some((name, password))) if !error.is_retryable() => {
                let tokens = self.rest.login(name, password, &self.device_name).await?;
                Ok(Current::new(tokens))
            }
            (Err(error), _) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c18_a_wrong_clock_costs_no_session() {
        let now = Timestamp::from_micros(1_000_000);
        let lasts = |text: &str| lifetime(text, now);
        assert_eq!(lasts("1970-01-01T00:01:01.000000Z"), Duration::from_secs(60));
        assert_eq!(lasts("1969-12-31T23:00:00Z"), limits::ACCESS_TOKEN_TTL);
        assert_eq!(lasts("tomorrow"), limits::ACCESS_TOKEN_TTL);
    }
}
