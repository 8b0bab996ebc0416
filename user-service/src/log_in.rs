//! Signing in with a password, and changing it.

use std::sync::PoisonError;

use parlor_domain::{Code, DeviceId, DeviceName, Password, Refusal, Standing, UserName};
use parlor_store::{Credentials, NewDevice, Seen, User};
use parlor_token::Identity;
use tokio::time::Instant;

use crate::{
    Users,
    backoff::Source,
    leaving::may_sign_in,
    store_failed,
    tokens::{RefreshToken, Tokens},
};

/// A password that somebody types to be let in.
pub(crate) enum Typed {
    /// One that an account may have.
    Possible(Password),
    /// Shorter than any account's.
    TooShort,
}

/// Somebody who wants in.
pub(crate) struct Login {
    /// `None` where no account can have such a name.
    pub(crate) name: Option<UserName>,
    pub(crate) password: Typed,
    pub(crate) device: DeviceName,
    pub(crate) seen: Seen,
    pub(crate) source: Source,
    /// Take the account up again, where it was put aside.
    pub(crate) reactivate: bool,
}

/// A new password for the account of an access token.
pub(crate) struct PasswordChange {
    pub(crate) access_token: String,
    pub(crate) old: Typed,
    pub(crate) new: Password,
    pub(crate) peer: String,
}

impl Users {
    /// Signs a new device in. An unknown name and a wrong password look alike,
    /// in words and in time (T6).
    pub(crate) async fn sign_in(&self, login: Login) -> Result<(User, Tokens), Refusal> {
        self.begin_attempt(login.source)?;
        let accounts = &self.shared.accounts;
        let credentials = match &login.name {
            Some(name) => accounts.credentials(name).await.map_err(store_failed)?,
            None => None,
        };
        let hash = credentials.as_ref().map(|credentials| credentials.password_hash.as_str());
        let matches = self.check(login.password, hash).await?;
        let Some(credentials) = credentials.filter(|_| matches) else {
            return Err(bad_credentials());
        };
        self.end_attempt(login.source);

        let mut credentials = credentials;
        let aside = credentials.user.standing == Standing::Deactivated;
        if login.reactivate && aside && credentials.disabled_at.is_none() {
            self.shared.writer.reactivate(credentials.user.id).await.map_err(store_failed)?;
            credentials.user.standing = Standing::Active;
        }
        let_in(&credentials)?;

        let Credentials { user, password_hash, .. } = credentials;
        let refresh = RefreshToken::random();
        let refresh_expires_at = self.refresh_expiry();
        let device = DeviceId::random();
        let new_device = NewDevice {
            id: device,
            user: user.id,
            name: login.device,
            seen: login.seen,
            refresh: refresh.hash(),
            refresh_expires_at,
        };
        self.shared.writer.create_device(new_device).await.map_err(store_failed)?;

        // Whoever changed the password, closed the account or left since the password
        // was checked did not see this device, and must end it all the same.
        let current = accounts.credentials_of(user.id).await.map_err(store_failed)?;
        let unchanged = current.filter(|current| current.password_hash == password_hash);
        let stays = unchanged.ok_or_else(bad_credentials);
        if let Err(refusal) = stays.and_then(|current| let_in(&current)) {
            self.revoke(device).await?;
            return Err(refusal);
        }
        let tokens = self.tokens(user.id, device, refresh, refresh_expires_at);
        Ok((user, tokens))
    }

    /// Sets a new password; every other device of the user is signed out.
    pub(crate) async fn change_password(&self, change: PasswordChange) -> Result<(), Refusal> {
        let owner = self.owner(&change.access_token, change.old, &change.peer).await?;
        let (identity, Credentials { user, .. }) = owner;
        let known = [user.name.to_string(), user.profile.display_name.to_string()];
        let password_hash = self.shared.hasher.hash_new(change.new, known).await?;
        let users = self.clone();
        self.unbroken(async move {
            let writer = &users.shared.writer;
            let revoked = writer.set_password(user.id, password_hash, identity.device).await;
            users.announce_revoked(revoked.map_err(store_failed)?);
            Ok(())
        })
        .await
    }

    /// Whose access token it is, where the password is theirs too. Who guesses is slowed
    /// down as at signing in (T7).
    pub(crate) async fn owner(
        &self,
        access_token: &str,
        password: Typed,
        peer: &str,
    ) -> Result<(Identity, Credentials), Refusal> {
        let identity = self.authenticate(access_token).await?;
        let credentials = self.shared.accounts.credentials_of(identity.user).await;
        let Some(credentials) = credentials.map_err(store_failed)? else {
            return Err(bad_credentials());
        };
        let source = Source::new(credentials.user.name.as_str(), peer);
        self.begin_attempt(source)?;
        if !self.check(password, Some(&credentials.password_hash)).await? {
            return Err(bad_credentials());
        }
        self.end_attempt(source);
        Ok((identity, credentials))
    }

    async fn check(&self, typed: Typed, hash: Option<&str>) -> Result<bool, Refusal> {
        match typed {
            Typed::Possible(password) => self.shared.hasher.matches(password, hash).await,
            Typed::TooShort => Ok(false),
        }
    }

    fn begin_attempt(&self, source: Source) -> Result<(), Refusal> {
        let mut backoff = self.shared.backoff.lock().unwrap_or_else(PoisonError::into_inner);
        backoff.attempt(source, Instant::now()).map_err(|wait| {
            Refusal::new(Code::RateLimited, "too many failed attempts; wait before the next")
                .retry_after(wait)
        })
    }

    fn end_attempt(&self, source: Source) {
        let mut backoff = self.shared.backoff.lock().unwrap_or_else(PoisonError::into_inner);
        backoff.succeeded(source);
    }
}

/// Whether the account, whose password is known, may sign in.
fn let_in(credentials: &Credentials) -> Result<(), Refusal> {
    if credentials.disabled_at.is_some() {
        let why = "an admin of this server has disabled the account";
        return Err(Refusal::new(Code::AccountDisabled, why));
    }
    may_sign_in(&credentials.user)
}

pub(crate) fn bad_credentials() -> Refusal {
    Refusal::new(Code::BadCredentials, "name and password do not belong together")
}
