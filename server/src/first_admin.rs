//! What a server needs that nobody runs yet: its policy of sign-up, and the link by
//! which somebody becomes the first admin.

use parlor_domain::{Clock, OneTimeCode, SignUp, limits};
use parlor_store::{AccountsWriter, ServerWriter, StoreError};

/// The settings could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the settings of the server could not be made: {0}")]
pub struct FirstAdminError(#[from] StoreError);

/// Brings the policy of the configuration at the very first start, and makes a new
/// link for as long as there is no admin; the one of the start before holds no longer.
pub(crate) async fn ensure(
    sign_up: SignUp,
    server: &ServerWriter,
    accounts: &AccountsWriter,
    clock: &dyn Clock,
) -> Result<Option<OneTimeCode>, FirstAdminError> {
    server.begin(sign_up).await?;
    let code = OneTimeCode::from_random(rand::random());
    let expires_at = clock.now().plus(limits::ONE_TIME_LINK_LIFETIME);
    let made = accounts.make_claim(code.hash(), expires_at).await?;
    Ok(made.then_some(code))
}
