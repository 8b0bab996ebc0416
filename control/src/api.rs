//! The whole API on one page.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    account, admin, announcements, app::App, files, health, messages, people, problem, rooms,
    server_info,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Parlor",
        description = "Team chat that stays right when the network does not.\n\n\
            Errors are problem details (RFC 9457) with a stable `code`. 64-bit numbers are \
            strings. Unknown fields are refused. A write with an `Idempotency-Key` (a UUID) \
            may be sent again and again and is done once.\n\n\
            Every answer says how many requests are left (`RateLimit`), and where there are none, \
            when to come back (`Retry-After`).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(problem::ProblemBody<'static>)),
    modifiers(&Bearer),
    tags(
        (name = "account", description = "Accounts, devices and tokens"),
        (name = "people", description = "Friends and blocks"),
        (name = "rooms", description = "Rooms and their members"),
        (name = "invites", description = "Links by which others come into a room"),
        (name = "messages", description = "What is said in rooms"),
        (name = "files", description = "Files on messages"),
        (name = "server", description = "The server itself"),
        (name = "admin", description = "Running the server; there is nothing here for others"),
    ),
)]
struct Document;

/// The access token of `/register`, `/login` and `/refresh`.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
    }
}

/// Every endpoint, with its place in the OpenAPI document.
pub(crate) fn routes() -> OpenApiRouter<App> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(account::register::register))
        .routes(routes!(account::log_in::log_in))
        .routes(routes!(account::refresh::refresh))
        .routes(routes!(account::log_out::log_out))
        .routes(routes!(account::password::change_password))
        .routes(routes!(account::claim::claim))
        .routes(routes!(account::reset::reset))
        .routes(routes!(account::me::me, account::update_me::update_me))
        .routes(routes!(account::export::export))
        .routes(routes!(account::deactivate::deactivate))
        .routes(routes!(account::delete::delete))
        .routes(routes!(account::privacy::privacy, account::set_privacy::set_privacy))
        .routes(routes!(account::devices::devices, account::sign_out_others::sign_out_others))
        .routes(routes!(account::sign_out_device::sign_out_device))
        .routes(routes!(account::find::find))
        .routes(routes!(account::user::user))
        .routes(routes!(account::set_avatar::set_avatar, account::delete_avatar::delete_avatar))
        .routes(routes!(files::avatar::avatar))
        .routes(routes!(people::friends::friends))
        .routes(routes!(people::befriend::befriend, people::unfriend::unfriend))
        .routes(routes!(people::blocks::blocks))
        .routes(routes!(people::block::block, people::unblock::unblock))
        .routes(routes!(server_info::server_info))
        .routes(routes!(account::keys::keys))
        .routes(routes!(rooms::list::list, rooms::create::create))
        .routes(routes!(rooms::deleted::deleted))
        .routes(routes!(rooms::read::read, rooms::update::update, rooms::delete::delete))
        .routes(routes!(rooms::restore::restore))
        .routes(routes!(rooms::direct::direct))
        .routes(routes!(rooms::archive::archive))
        .routes(routes!(rooms::join::join))
        .routes(routes!(rooms::leave::leave))
        .routes(routes!(rooms::members::members, rooms::add_member::add_member))
        .routes(routes!(rooms::set_role::set_role, rooms::remove_member::remove_member))
        .routes(routes!(rooms::bans::bans))
        .routes(routes!(rooms::ban::ban, rooms::unban::unban))
        .routes(routes!(rooms::preferences::set_preferences))
        .routes(routes!(rooms::drafts::drafts))
        .routes(routes!(rooms::set_draft::set_draft))
        .routes(routes!(rooms::invites::invites, rooms::create_invite::create_invite))
        .routes(routes!(rooms::revoke_invite::revoke_invite))
        .routes(routes!(rooms::preview_invite::preview_invite))
        .routes(routes!(rooms::accept_invite::accept_invite))
        .routes(routes!(messages::history::history, messages::post::post))
        .routes(routes!(messages::edit::edit, messages::delete::delete))
        .routes(routes!(messages::edits::edits))
        .routes(routes!(messages::react::react, messages::unreact::unreact))
        .routes(routes!(messages::pins::pins))
        .routes(routes!(messages::pin::pin, messages::unpin::unpin))
        .routes(routes!(files::begin::begin))
        .routes(routes!(files::status::status, files::receive::receive, files::cancel::cancel))
        .routes(routes!(files::list::list))
        .routes(routes!(files::download::download))
        .routes(routes!(messages::mark_read::mark_read))
        .routes(routes!(messages::mark_unread::mark_unread))
        .routes(routes!(messages::search::search))
        .routes(routes!(announcements::announcements))
        .merge(admin_routes());
    OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", v1)
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// Everything under `/admin`; see [`crate::extract::Admin`].
fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(admin::users::users))
        .routes(routes!(admin::disable::disable))
        .routes(routes!(admin::enable::enable))
        .routes(routes!(admin::reset::reset))
        .routes(routes!(admin::grant::grant, admin::revoke::revoke))
        .routes(routes!(admin::rooms::rooms))
        .routes(routes!(admin::archive::archive))
        .routes(routes!(admin::sessions::sessions))
        .routes(routes!(admin::end_device::end_device))
        .routes(routes!(admin::settings::settings, admin::set_settings::set_settings))
        .routes(routes!(admin::sign_up_link::sign_up_link))
        .routes(routes!(admin::limits::limits))
        .routes(routes!(admin::storage::storage))
        .routes(routes!(admin::audit::audit))
        .routes(routes!(admin::announce::announce))
        .routes(routes!(admin::end_announcement::end_announcement))
}
