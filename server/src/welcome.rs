//! The room that everybody finds on their first day.

use parlor_domain::{
    Change, Code, Command, RequestId, RoomId, RoomName, Topic, UserId, Visibility,
};
use parlor_store::Store;
use uuid::uuid;

/// The same on every server, so that each start finds it again. A room may be
/// renamed and archived; it is made once.
const ROOM: RoomId = RoomId::from_uuid(uuid!("7061726c-6f72-8000-8000-77656c636f6d"));
/// Makes the room once, should two processes share a database and start together.
const REQUEST: RequestId = RequestId::from_uuid(uuid!("7061726c-6f72-8000-8001-77656c636f6d"));

/// The welcome room could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the room #welcome could not be made: {0}")]
pub struct WelcomeError(String);

/// The welcome room; the first start makes it.
pub(crate) async fn ensure(store: &Store) -> Result<RoomId, WelcomeError> {
    let failed = |error: &dyn std::fmt::Display| WelcomeError(error.to_string());
    let existing = store.rooms.access(ROOM, UserId::SYSTEM).await;
    if existing.map_err(|error| failed(&error))?.is_some() {
        return Ok(ROOM);
    }
    let change = Change::CreateRoom {
        room: ROOM,
        name: RoomName::parse("welcome").map_err(|error| failed(&error))?,
        topic: Topic::parse("Say hello. Everybody is here.").map_err(|error| failed(&error))?,
        visibility: Visibility::Public,
    };
    let command = Command { request_id: REQUEST, actor: UserId::SYSTEM, change };
    let results = store.log.submit(vec![command]).await.map_err(|error| failed(&error))?;
    for result in results {
        match result {
            // Deleted and purged once: its id is not given again.
            Err(refusal) if refusal.code == Code::Conflict => {}
            other => drop(other.map_err(|refusal| failed(&refusal))?),
        }
    }
    Ok(ROOM)
}
