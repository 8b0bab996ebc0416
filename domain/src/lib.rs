//! What things mean in Parlor: ids, positions in logs, texts, rooms and their
//! one permission table, changes and the events they become, limits, time.
//!
//! Pure: no socket, no database, no task. Wire types (`parlor-proto`) and table
//! rows (`parlor-store`) are turned into these types at the edges, once.

mod change;
mod clock;
mod code;
mod event;
mod id;
pub mod limits;
mod message;
mod origin;
mod permission;
mod position;
mod room;
mod text;

pub use change::{Change, Command, Digest};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use code::{Code, Refusal};
pub use event::{Event, EventBody};
pub use id::{DeviceId, LogId, RequestId, RoomId, SessionId, UserId};
pub use message::Message;
pub use origin::OriginPolicy;
pub use permission::{Action, permit};
pub use position::{Epoch, HeadsDigest, Position, Seq};
pub use room::{Role, Room, Visibility};
pub use text::{Body, DeviceName, DisplayName, Password, RoomName, TextError, Topic, UserName};
