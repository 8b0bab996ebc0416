//! Acts of those who run the server, and one-time links.

use parlor_domain::{DeviceId, OneTimeCode, Operator, Refusal, Timestamp, UserId, limits};
use parlor_store::Acted;

use crate::{
    Users,
    authenticate::unauthenticated,
    store_failed,
    wire::{Asked, PasswordReset},
};

/// A one-time link. This is the only time that its code is known.
pub(crate) struct Link {
    pub(crate) code: OneTimeCode,
    pub(crate) expires_at: Timestamp,
}

impl Users {
    /// Lets somebody in no more, and signs all their devices out; or lets them in
    /// again.
    pub(crate) async fn set_disabled(
        &self,
        asked: Asked,
        user: UserId,
        disabled: bool,
    ) -> Result<(), Refusal> {
        let by = self.operator(asked).await?;
        let users = self.clone();
        self.unbroken(async move {
            let revoked = users.shared.writer.set_disabled(&by, user, disabled).await;
            users.announce_revoked(acted(revoked)?);
            Ok(())
        })
        .await
    }

    /// Makes somebody an admin, or no longer.
    pub(crate) async fn set_admin(
        &self,
        asked: Asked,
        user: UserId,
        admin: bool,
    ) -> Result<(), Refusal> {
        let by = self.operator(asked).await?;
        acted(self.shared.writer.set_admin(&by, user, admin).await)
    }

    /// Signs a device of somebody out. Told again even where it was before:
    /// whoever missed that hears it now.
    pub(crate) async fn end_device(&self, asked: Asked, device: DeviceId) -> Result<(), Refusal> {
        let by = self.operator(asked).await?;
        let users = self.clone();
        self.unbroken(async move {
            acted(users.shared.writer.end_device(&by, device).await)?;
            users.announce_revoked([device]);
            Ok(())
        })
        .await
    }

    /// A link by which somebody sets a new password.
    pub(crate) async fn make_reset_link(
        &self,
        asked: Asked,
        user: UserId,
    ) -> Result<Link, Refusal> {
        let by = self.operator(asked).await?;
        let link = self.link(limits::ONE_TIME_LINK_LIFETIME);
        let writer = &self.shared.writer;
        acted(writer.make_reset_link(&by, user, link.code.hash(), link.expires_at).await)?;
        Ok(link)
    }

    /// A link by which somebody makes an account.
    pub(crate) async fn make_sign_up_link(&self, asked: Asked) -> Result<Link, Refusal> {
        let by = self.operator(asked).await?;
        let link = self.link(limits::INVITE_LIFETIME);
        let writer = &self.shared.writer;
        acted(writer.make_sign_up_link(&by, link.code.hash(), link.expires_at).await)?;
        Ok(link)
    }

    /// Makes whoever asks the first admin.
    pub(crate) async fn claim(&self, asked: Asked, code: OneTimeCode) -> Result<(), Refusal> {
        let user = self.authenticate(&asked.access_token).await?.user;
        let by = Operator { user, address: asked.peer };
        acted(self.shared.writer.claim(&by, code.hash()).await)
    }

    /// Sets a new password by a link; every device of the user is signed out.
    pub(crate) async fn reset_password(&self, reset: PasswordReset) -> Result<(), Refusal> {
        let PasswordReset { code, password, peer } = reset;
        let (link, now) = (code.hash(), self.shared.clock.now());
        // Asked first, so that no hash is made for a code that holds no longer,
        // and since a password must not be the name.
        let user = self.shared.server.reset_of(&link, now).await.map_err(store_failed)?;
        let user = user.ok_or_else(OneTimeCode::not_valid)?;
        let known = [user.name.to_string(), user.profile.display_name.to_string()];
        let password_hash = self.shared.hasher.hash_new(password, known).await?;
        let users = self.clone();
        self.unbroken(async move {
            let revoked = users.shared.writer.reset_password(link, password_hash, &peer).await;
            users.announce_revoked(acted(revoked)?);
            Ok(())
        })
        .await
    }

    /// Who acts. Whether they may is decided in the transaction that acts.
    async fn operator(&self, asked: Asked) -> Result<Operator, Refusal> {
        let identity = self.shared.verifier.verify(&asked.access_token);
        let mut user = identity.map_err(unauthenticated)?.user;
        // The server itself has no device. Whoever holds its key could sign in as
        // anybody, and needs no account.
        if user != UserId::SYSTEM {
            user = self.authenticate(&asked.access_token).await?.user;
        }
        Ok(Operator { user, address: asked.peer })
    }

    fn link(&self, lifetime: std::time::Duration) -> Link {
        let code = OneTimeCode::from_random(rand::random());
        Link { code, expires_at: self.shared.clock.now().plus(lifetime) }
    }
}

fn acted<T>(done: Acted<T>) -> Result<T, Refusal> {
    done.map_err(store_failed)?
}
