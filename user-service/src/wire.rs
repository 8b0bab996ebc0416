//! Where the messages of `user.proto` become types that cannot be wrong, and
//! back. Refusals travel as a gRPC status with the metadata `parlor-code` (the
//! text of [`Code`]) and, where it says when to come back,
//! `parlor-retry-after-ms`; the status message is for people.

use parlor_domain::{
    Code, DeviceName, DisplayName, Password, Refusal, TextError, UserId, UserName, limits,
};
use parlor_proto::user as pb;
use parlor_store::User;
use parlor_token::Identity;
use tonic::{Status, metadata::MetadataValue};

use crate::{
    backoff::Source,
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
    peer(request.peer)?;
    let as_typed = request.name.trim();
    let name = UserName::parse(as_typed).map_err(|error| unacceptable("name", error))?;
    let shown = if request.display_name.is_empty() { as_typed } else { &request.display_name };
    Ok(Registration {
        name,
        display_name: DisplayName::parse(shown)
            .map_err(|error| unacceptable("display name", error))?,
        password: new_password(&request.password)?,
        device: device_name(&request.device_name)?,
    })
}

pub(crate) fn login(request: pb::LogInRequest) -> Result<Login, Refusal> {
    let source = Source::new(&request.name, &peer(request.peer)?);
    Ok(Login {
        name: UserName::parse(&request.name).ok(),
        password: typed_password(&request.password)?,
        device: device_name(&request.device_name)?,
        source,
    })
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

pub(crate) fn exchange(request: pb::RefreshRequest) -> Result<(RefreshToken, String), Refusal> {
    let token = RefreshToken::parse(&request.refresh_token).ok_or_else(bad_refresh_token)?;
    Ok((token, peer(request.peer)?))
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
        display_name: user.display_name.into(),
        created_at_us: user.created_at.micros(),
    }
}

pub(crate) fn to_tokens(tokens: Tokens) -> pb::Tokens {
    pb::Tokens {
        refresh_token: tokens.refresh.to_text(),
        refresh_expires_at_us: tokens.refresh_expires_at.micros(),
        access_token: tokens.access,
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
    let mut status = Status::new(grpc_code(refusal.code), refusal.message);
    let metadata = status.metadata_mut();
    metadata.insert("parlor-code", MetadataValue::from_static(refusal.code.as_str()));
    if let Some(wait) = refusal.retry_after {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        metadata.insert("parlor-retry-after-ms", wait_ms.into());
    }
    status
}

/// The gRPC code nearest to what a refusal is in HTTP.
fn grpc_code(code: Code) -> tonic::Code {
    match (code, code.http_status()) {
        (Code::NameTaken | Code::IdempotencyMismatch, _) => tonic::Code::AlreadyExists,
        (Code::RetryInOrder, _) => tonic::Code::Aborted,
        (_, 400 | 413 | 415 | 422 | 431) => tonic::Code::InvalidArgument,
        (_, 401) => tonic::Code::Unauthenticated,
        (_, 403) => tonic::Code::PermissionDenied,
        (_, 404) => tonic::Code::NotFound,
        (_, 405) => tonic::Code::Unimplemented,
        (_, 409) => tonic::Code::FailedPrecondition,
        (_, 429 | 507) => tonic::Code::ResourceExhausted,
        (_, 503) => tonic::Code::Unavailable,
        _ => tonic::Code::Internal,
    }
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
