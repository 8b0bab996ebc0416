//! Where the messages of `user.proto` become types that cannot be wrong, and
//! back. Refusals travel as a gRPC status with the metadata `parlor-code` (the
//! text of [`Code`]) and, where it says when to come back,
//! `parlor-retry-after-ms`; the status message is for people.

use parlor_domain::{
    ClientName, Code, DeviceId, DeviceName, DisplayName, InviteCode, OneTimeCode, Password,
    PersonQuery, Refusal, Standing, TextError, UserId, UserName, limits,
};
use parlor_proto::user as pb;
use parlor_store::{Device, Entry, Found, Rank, Seen, User};
use parlor_token::Identity;
use tonic::{Status, metadata::MetadataValue};

use crate::{
    backoff::Source,
    devices::DevicesAsked,
    leaving::{Deactivation, Deletion},
    log_in::{Login, PasswordChange, Typed},
    log_out::By,
    refresh::bad_refresh_token,
    register::Registration,
    tokens::{RefreshToken, Tokens},
};

/// A device that does not say what it is called.
const UNNAMED_DEVICE: &str = "Unnamed device";

/// The longest text form of an address (RFC 4291 section 2.2), with a zone.
const PEER_BYTES: usize = 64;

pub(crate) fn registration(request: pb::RegisterRequest) -> Result<Registration, Refusal> {
    let seen = seen(request.peer, &request.client)?;
    let as_typed = request.name.trim();
    let name = UserName::parse(as_typed).map_err(|error| unacceptable("name", error))?;
    let shown = if request.display_name.is_empty() { as_typed } else { &request.display_name };
    Ok(Registration {
        name,
        display_name: DisplayName::parse(shown)
            .map_err(|error| unacceptable("display name", error))?,
        password: new_password(&request.password)?,
        device: device_name(&request.device_name)?,
        seen,
        entry: entry(&request.invite)?,
    })
}

/// The code of a link into a room is told from that of a one-time link by its
/// length.
fn entry(invite: &str) -> Result<Entry, Refusal> {
    if invite.is_empty() {
        return Ok(Entry::Unasked);
    }
    let by_link = |code: OneTimeCode| Entry::ByLink(code.hash());
    let invited = || invite.parse::<InviteCode>().map(Entry::Invited);
    invite
        .parse::<OneTimeCode>()
        .map(by_link)
        .or_else(|_| invited())
        .map_err(|_| Refusal::new(Code::Unprocessable, "the invite is not the code of a link"))
}

/// An act on the server, as it was asked for.
pub(crate) struct Asked {
    pub(crate) access_token: String,
    pub(crate) peer: String,
}

pub(crate) fn asked(access_token: String, address: String) -> Result<Asked, Refusal> {
    Ok(Asked { access_token, peer: peer(address)? })
}

/// What is no code holds as little as one that was used up.
pub(crate) fn one_time_code(text: &str) -> Result<OneTimeCode, Refusal> {
    text.parse().map_err(|_| OneTimeCode::not_valid())
}

/// A new password for whoever has the code.
pub(crate) struct PasswordReset {
    pub(crate) code: OneTimeCode,
    pub(crate) password: Password,
    pub(crate) peer: String,
}

pub(crate) fn password_reset(request: pb::ResetPasswordRequest) -> Result<PasswordReset, Refusal> {
    Ok(PasswordReset {
        code: one_time_code(&request.code)?,
        password: new_password(&request.new_password)?,
        peer: peer(request.peer)?,
    })
}

pub(crate) fn login(request: pb::LogInRequest) -> Result<Login, Refusal> {
    let seen = seen(request.peer, &request.client)?;
    let source = Source::new(&request.name, &seen.address);
    Ok(Login {
        name: UserName::parse(&request.name).ok(),
        password: typed_password(&request.password)?,
        device: device_name(&request.device_name)?,
        seen,
        source,
        reactivate: request.reactivate,
    })
}

pub(crate) fn deactivation(request: pb::DeactivateAccountRequest) -> Result<Deactivation, Refusal> {
    Ok(Deactivation {
        access_token: request.access_token,
        password: typed_password(&request.password)?,
        peer: peer(request.peer)?,
    })
}

pub(crate) fn deletion(request: pb::DeleteAccountRequest) -> Result<Deletion, Refusal> {
    let pb::DeleteAccountRequest { access_token, password, name, erase_messages, peer } = request;
    let own = deactivation(pb::DeactivateAccountRequest { access_token, password, peer })?;
    Ok(Deletion { own, name, erase_messages })
}

pub(crate) fn password_change(
    request: pb::ChangePasswordRequest,
) -> Result<PasswordChange, Refusal> {
    Ok(PasswordChange {
        access_token: request.access_token,
        old: typed_password(&request.old_password)?,
        new: new_password(&request.new_password)?,
        peer: peer(request.peer)?,
    })
}

pub(crate) fn exchange(request: pb::RefreshRequest) -> Result<(RefreshToken, Seen), Refusal> {
    let token = RefreshToken::parse(&request.refresh_token).ok_or_else(bad_refresh_token)?;
    Ok((token, seen(request.peer, &request.client)?))
}

pub(crate) fn log_out(request: pb::LogOutRequest) -> Result<By, Refusal> {
    match request.by {
        Some(pb::log_out_request::By::RefreshToken(token)) => {
            RefreshToken::parse(&token).map(By::Refresh).ok_or_else(bad_refresh_token)
        }
        Some(pb::log_out_request::By::AccessToken(token)) => Ok(By::Access(token)),
        None => Err(invalid("a refresh token or an access token is needed")),
    }
}

pub(crate) fn devices_asked(request: pb::ListDevicesRequest) -> Result<DevicesAsked, Refusal> {
    let after = match &request.after[..] {
        [] => None,
        id => Some(device_id(id)?),
    };
    let limit = page_limit(request.limit)?;
    Ok(DevicesAsked { access_token: request.access_token, after, limit })
}

/// Somebody who is looked for.
pub(crate) struct UserSearch {
    pub(crate) query: PersonQuery,
    pub(crate) after: Option<(Rank, UserId)>,
    pub(crate) limit: u32,
}

pub(crate) fn user_search(request: pb::SearchUsersRequest) -> Result<UserSearch, Refusal> {
    let rank = Rank::try_from(request.after_rank).map_err(|_| invalid("there is no such rank"))?;
    let after = match &request.after_id[..] {
        [] => None,
        id => Some((rank, user_id(id)?)),
    };
    let query = PersonQuery::parse(&request.query).map_err(|error| unacceptable("query", error))?;
    Ok(UserSearch { query, after, limit: page_limit(request.limit)? })
}

/// One more than a page, so that the caller can see whether the list goes on.
fn page_limit(limit: u32) -> Result<u32, Refusal> {
    match limit {
        0 => Ok(limits::PAGE_ITEMS_DEFAULT),
        limit if limit <= limits::PAGE_ITEMS + 1 => Ok(limit),
        _ => Err(invalid("too many items at once")),
    }
}

pub(crate) fn device_id(bytes: &[u8]) -> Result<DeviceId, Refusal> {
    DeviceId::from_slice(bytes).ok_or_else(|| invalid("an id is exactly 16 bytes"))
}

pub(crate) fn user_id(bytes: &[u8]) -> Result<UserId, Refusal> {
    UserId::from_slice(bytes).ok_or_else(|| invalid("an id is exactly 16 bytes"))
}

pub(crate) fn user_ids(ids: &[Vec<u8>]) -> Result<Vec<UserId>, Refusal> {
    if ids.len() > limits::PAGE_ITEMS as usize {
        return Err(invalid("too many ids at once"));
    }
    ids.iter().map(|id| user_id(id)).collect()
}

pub(crate) fn user_name(text: &str) -> Result<UserName, Refusal> {
    UserName::parse(text).map_err(|error| unacceptable("name", error))
}

pub(crate) fn to_user(user: User) -> pb::User {
    pb::User {
        id: user.id.as_bytes().to_vec(),
        name: user.name.into(),
        display_name: user.profile.display_name.into(),
        status_text: user.profile.status_text.into(),
        status_emoji: user.profile.status_emoji.into(),
        avatar: user.profile.avatar.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        created_at_us: user.created_at.micros(),
        standing: match user.standing {
            Standing::Active => pb::Standing::Active,
            Standing::Deactivated => pb::Standing::Deactivated,
            Standing::Deleted => pb::Standing::Deleted,
        }
        .into(),
    }
}

pub(crate) fn to_found(found: Found) -> pb::FoundUser {
    pb::FoundUser { user: Some(to_user(found.user)), rank: found.rank.into() }
}

pub(crate) fn to_device(device: Device) -> pb::Device {
    pb::Device {
        id: device.id.as_bytes().to_vec(),
        name: device.name.into(),
        client: device.seen.client.into(),
        address: device.seen.address,
        created_at_us: device.created_at.micros(),
        seen_at_us: device.seen_at.micros(),
    }
}

pub(crate) fn to_tokens(tokens: Tokens) -> pb::Tokens {
    pb::Tokens {
        refresh_token: tokens.refresh.to_text(),
        refresh_expires_at_us: tokens.refresh_expires_at.micros(),
        access_token: tokens.access,
        files_token: tokens.files,
        access_expires_at_us: tokens.access_expires_at.micros(),
        device_id: tokens.device.as_bytes().to_vec(),
    }
}

pub(crate) fn to_verified(identity: Identity) -> pb::VerifyTokenReply {
    pb::VerifyTokenReply {
        user_id: identity.user.as_bytes().to_vec(),
        device_id: identity.device.as_bytes().to_vec(),
        expires_at_us: identity.expires_at.micros(),
    }
}

/// A refusal as a gRPC status; see the head of this file.
pub(crate) fn status(refusal: Refusal) -> Status {
    let mut status = Status::new(refusal.code.grpc_status().into(), refusal.message);
    let metadata = status.metadata_mut();
    metadata.insert("parlor-code", MetadataValue::from_static(refusal.code.as_str()));
    if let Some(wait) = refusal.retry_after {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        metadata.insert("parlor-retry-after-ms", wait_ms.into());
    }
    status
}

fn new_password(text: &str) -> Result<Password, Refusal> {
    Password::parse(text).map_err(|error| unacceptable("password", error))
}

fn typed_password(text: &str) -> Result<Typed, Refusal> {
    match Password::parse(text) {
        Ok(password) => Ok(Typed::Possible(password)),
        Err(TextError::TooShort { .. }) => Ok(Typed::TooShort),
        Err(error) => Err(unacceptable("password", error)),
    }
}

fn device_name(text: &str) -> Result<DeviceName, Refusal> {
    let name = if text.is_empty() { UNNAMED_DEVICE } else { text };
    DeviceName::parse(name).map_err(|error| unacceptable("device name", error))
}

fn seen(address: String, client: &str) -> Result<Seen, Refusal> {
    Ok(Seen { client: ClientName::lossy(client), address: peer(address)? })
}

fn peer(text: String) -> Result<String, Refusal> {
    if text.len() > PEER_BYTES {
        return Err(invalid("the peer is not an address"));
    }
    Ok(text)
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, message)
}

fn unacceptable(field: &str, error: TextError) -> Refusal {
    Refusal::new(Code::Unprocessable, format!("the {field} {error}"))
}

#[cfg(test)]
mod tests {
    use parlor_domain::{DeviceId, FileId, Profile, StatusEmoji, StatusText, Timestamp};
    use prost::Message as _;

    use super::*;

    /// The longest text that counts so many characters.
    fn long(chars: usize) -> String {
        "\u{1F375}".repeat(chars)
    }

    #[test]
    fn the_longest_pages_are_within_the_limit_of_replies() {
        let end = Timestamp::from_micros(i64::MAX);
        let user = User {
            id: UserId::random(),
            name: UserName::parse(&"\u{20000}".repeat(limits::USER_NAME_CHARS)).expect("valid"),
            profile: Profile {
                display_name: DisplayName::parse(&long(limits::DISPLAY_NAME_CHARS)).expect("valid"),
                status_text: StatusText::parse(&long(limits::STATUS_TEXT_CHARS)).expect("valid"),
                status_emoji: StatusEmoji::parse("\u{1F468}\u{1F3FD}").expect("valid"),
                avatar: Some(FileId::random()),
            },
            created_at: end,
            standing: Standing::Deleted,
        };
        let items = limits::PAGE_ITEMS as usize + 1;
        let found = vec![to_found(Found { user, rank: Rank::MAX }); items];
        let emoji = items * limits::EMOJI_BYTES;
        let people = pb::SearchUsersReply { found }.encoded_len() + emoji;
        let device = Device {
            id: DeviceId::random(),
            name: DeviceName::parse(&long(limits::DEVICE_NAME_CHARS)).expect("valid"),
            seen: Seen {
                client: ClientName::parse(&long(limits::CLIENT_CHARS)).expect("valid"),
                address: "x".repeat(PEER_BYTES),
            },
            user: UserId::random(),
            created_at: end,
            seen_at: end,
            revoked_at: None,
        };
        let devices = vec![to_device(device); items];
        let devices = pb::ListDevicesReply { devices }.encoded_len();
        for bytes in [people, devices] {
            // Or this test would not know what is long.
            assert!((limits::RPC_MESSAGE_BYTES..limits::RPC_REPLY_BYTES).contains(&bytes));
        }
    }
}
