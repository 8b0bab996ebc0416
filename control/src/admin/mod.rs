//! Running the server. To whoever is no admin there is nothing under `/admin`.

pub(crate) mod announce;
pub(crate) mod archive;
pub(crate) mod audit;
pub(crate) mod disable;
pub(crate) mod enable;
pub(crate) mod end_announcement;
pub(crate) mod end_device;
pub(crate) mod grant;
pub(crate) mod limits;
pub(crate) mod reset;
pub(crate) mod revoke;
pub(crate) mod rooms;
pub(crate) mod sessions;
pub(crate) mod set_settings;
pub(crate) mod settings;
pub(crate) mod sign_up_link;
pub(crate) mod storage;
pub(crate) mod users;
pub(crate) mod wire;
