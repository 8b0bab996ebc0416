//! Rust SDK of Parlor: signs in, opens rooms, posts, follows events, over raw
//! QUIC, WebTransport or WebSocket, and comes back by itself without losing or
//! doubling anything.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use parlor_client::{Client, Credentials, RoomEvent, Scope};
//! use parlor_domain::{Body, Position, RoomName};
//!
//! let credentials = Credentials::Password { name: "ada".into(), password: "...".into() };
//! let client =
//!     Client::builder("http://localhost:8080").credentials(credentials).connect().await?;
//! let welcome = RoomName::parse("welcome")?;
//! if let Some(room) = client.find_room(Scope::Public, &welcome).await? {
//!     let mut feed = client.open(room.id, room.position()).await?;
//!     feed.room().post(Body::parse("hello")?).await?;
//!     while let Some(RoomEvent::Event(event)) = feed.next().await {
//!         println!("{event:?}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A handle ([`Client`]) talks to a driver task, which does what a pure machine
//! decides. Every queue is bounded: a full one makes the caller wait.

#![allow(unreachable_pub, reason = "the feature `machines` shows some inner parts")]

mod admin;
mod auth;
mod client;
mod driver;
mod endings;
mod event;
mod files;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod frame;
mod friends;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod invites;
mod lane;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod machine;
mod members;
mod net;
mod own;
mod people;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod protocol;
mod rest;
mod room;
mod search;
mod status;
mod tls;
#[cfg_attr(feature = "machines", allow(missing_docs, reason = "not for the public"))]
mod wire;

/// The pure parts of a client, for the simulation, which acts for them as the
/// driver does. May change at any time.
#[cfg(feature = "machines")]
#[doc(hidden)]
pub mod machines {
    pub mod frame {
        pub use crate::frame::*;
    }
    pub mod machine {
        pub use crate::machine::*;
    }
    pub mod protocol {
        pub use crate::protocol::*;
    }
    pub mod wire {
        pub use crate::wire::*;
    }
}

pub use auth::Credentials;
pub use client::{Builder, Client, ConnectError};
pub use event::RoomEvent;
pub use files::TransferError;
pub use protocol::Page as EventPage;
pub use rest::{
    AnnouncementInfo, BanInfo, BlockInfo, Crop, DeletedRoomInfo, DeviceInfo, DraftInfo, FileInfo,
    ForwardedInfo, Found, FriendInfo, History, Hit, InviteInfo, InvitePreview, InviterInfo,
    LaneInfo, MemberInfo, MessageInfo, Page, Place, ReactionInfo, Rest, RestError, RoomFileInfo,
    RoomInfo, Scope, ServerInfo, SessionTokens, StandingInfo, UploadInfo, UserInfo, VersionInfo,
};
pub use room::{Feed, Fetched, Receipt, RequestError, Room, Sent};
pub use status::{Closed, Lane, Status};
