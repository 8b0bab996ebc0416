//! Exchanging a refresh token for the next.

use parlor_domain::{Code, Refusal, limits};
use parlor_store::{Rotated, Rotation, Seen, User};

use crate::{
    Users,
    leaving::may_sign_in,
    store_failed,
    tokens::{RefreshToken, Tokens},
};

impl Users {
    /// Exchanges a refresh token. Presenting one that was used up before means
    /// that two hold it, one of them a thief: the device is signed out.
    pub(crate) async fn exchange(
        &self,
        presented: RefreshToken,
        seen: Seen,
    ) -> Result<(User, Tokens), Refusal> {
        let child = presented.child(&self.shared.refresh_secret);
        let rotation = Rotation {
            presented: presented.hash(),
            child: child.hash(),
            child_expires_at: self.refresh_expiry(),
            grace: limits::REFRESH_GRACE,
            seen: seen.clone(),
        };
        let users = self.clone();
        self.unbroken(async move {
            let rotated = users.shared.writer.rotate(rotation).await.map_err(store_failed)?;
            match rotated {
                Rotated::Child { device, user, expires_at } => {
                    if may_sign_in(&user).is_err() {
                        users.revoke(device.id).await?;
                        return Err(bad_refresh_token());
                    }
                    let tokens = users.tokens(user.id, device.id, child, expires_at);
                    Ok((user, tokens))
                }
                Rotated::Reused { device } => {
                    tracing::warn!(
                        audit = "refresh_token_reused",
                        user = %device.user,
                        device = %device.id,
                        peer = ?seen.address,
                        "a used-up refresh token was presented; its device is signed out"
                    );
                    users.announce_revoked([device.id]);
                    Err(bad_refresh_token())
                }
                Rotated::Invalid => Err(bad_refresh_token()),
            }
        })
        .await
    }
}

pub(crate) fn bad_refresh_token() -> Refusal {
    Refusal::new(Code::BadRefreshToken, "the refresh token is not valid")
}
