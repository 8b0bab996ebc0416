//! Leaving: putting an account aside, deleting it, and whether it may sign in.

use parlor_domain::{Code, Refusal, Standing};
use parlor_store::User;

use crate::{
    Users,
    log_in::{Typed, bad_credentials},
    store_failed,
};

/// An account to put aside, and what shows that it is one's own.
pub(crate) struct Deactivation {
    pub(crate) access_token: String,
    pub(crate) password: Typed,
    pub(crate) peer: String,
}

/// An account to delete.
pub(crate) struct Deletion {
    /// What shows that it is one's own.
    pub(crate) own: Deactivation,
    /// Its name, typed to show that it is meant.
    pub(crate) name: String,
    pub(crate) erase_messages: bool,
}

/// Whether an account may sign in, and stay so: asked of whoever has shown that it is
/// their own, since the answer tells something about it.
pub(crate) fn may_sign_in(user: &User) -> Result<(), Refusal> {
    match user.standing {
        Standing::Active => Ok(()),
        Standing::Deactivated => Err(Refusal::new(
            Code::AccountDeactivated,
            "the account is deactivated; say that you want it back",
        )),
        Standing::Deleted => Err(bad_credentials()),
    }
}

impl Users {
    /// Puts an account aside: its devices are signed out at once, and it signs in
    /// again only where it says so. The last admin's stays.
    pub(crate) async fn deactivate(&self, asked: Deactivation) -> Result<(), Refusal> {
        let user = self.owner(&asked.access_token, asked.password, &asked.peer).await?.1.user;
        let users = self.clone();
        self.unbroken(async move {
            let revoked = users.shared.writer.deactivate(user.id).await.map_err(store_failed)??;
            tracing::info!(audit = "account_deactivated", user = %user.id, "an account was put aside");
            users.announce_revoked(revoked);
            Ok(())
        })
        .await
    }

    /// Deletes an account. Password, profile and devices are gone with the answer. The
    /// last admin's stays.
    pub(crate) async fn delete(&self, asked: Deletion) -> Result<(), Refusal> {
        let Deletion { own, name, erase_messages } = asked;
        let user = self.owner(&own.access_token, own.password, &own.peer).await?.1.user;
        if name.trim().to_lowercase() != user.name.as_str() {
            let words = "type your own user name to delete the account";
            return Err(Refusal::new(Code::Unprocessable, words));
        }
        let users = self.clone();
        self.unbroken(async move {
            let deleted = users.shared.writer.delete_user(user.id, erase_messages).await;
            let revoked = deleted.map_err(store_failed)??;
            tracing::info!(audit = "account_deleted", user = %user.id, "an account was deleted");
            users.announce_revoked(revoked);
            Ok(())
        })
        .await
    }
}
