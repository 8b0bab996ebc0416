//! `GET /api/v1/rooms/{id}/messages`

use axum::extract::State;
use parlor_domain::{Code, Refusal, RoomId, Seq, UserId};
use parlor_store::{From, History};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::wire::Message;
use crate::{
    Problem,
    app::App,
    cursor::List,
    extract::{Caller, Json, Limit, Path, Query},
    wire::{Number, User, room_id},
};

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Where {
    /// The newest messages before this one.
    #[param(value_type = Option<Number>)]
    before: Option<Number>,
    /// The oldest messages after this one.
    #[param(value_type = Option<Number>)]
    after: Option<Number>,
    /// This message with those around it.
    #[param(value_type = Option<Number>)]
    around: Option<Number>,
    /// `prev_cursor` or `next_cursor` of another page.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
    /// Messages in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// A page of messages, ascending.
#[derive(Serialize, ToSchema)]
pub(crate) struct Messages {
    /// The messages as they stand at `head`; deleted ones without text.
    messages: Vec<Message>,
    /// Everybody who wrote one of them, or what one of them forwards.
    authors: Vec<User>,
    /// Incarnation of the room's log.
    epoch: Number,
    /// Seq of the room's newest event: following the log from here misses nothing.
    head: Number,
    /// There are older ones.
    more_before: bool,
    /// There are newer ones.
    more_after: bool,
    /// Reads the older ones; null where there are none.
    #[schema(required, example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    prev_cursor: Option<String>,
    /// Reads the newer ones; null where there are none.
    #[schema(required, example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    next_cursor: Option<String>,
}

const BEFORE: u8 = 0;
const AFTER: u8 = 1;

/// Messages of a room that the caller is a member of: the newest, or those
/// before, after or around one, or where a cursor stands.
#[utoipa::path(
    get, path = "/rooms/{id}/messages", tag = "messages",
    operation_id = "list_messages", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The room's id"), Where),
    responses(
        (status = 200, description = "A page of messages", body = Messages),
        (status = 400, description = "INVALID_ARGUMENT or INVALID_CURSOR"),
        (status = 403, description = "FORBIDDEN: join the room first"),
        (status = 404, description = "NOT_FOUND"),
    ),
)]
pub(crate) async fn history(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<Where>,
) -> Result<Json<Messages>, Problem> {
    let room = room_id(id);
    let from = query.from(room)?;
    let history = app.history(caller.user, room, from, query.limit.0).await?;
    let said = |message: &parlor_domain::Message| Some(message.forwarded.as_ref()?.author);
    let messages = history.messages.iter();
    let mut authors: Vec<UserId> =
        messages.flat_map(|message| [Some(message.author), said(message)]).flatten().collect();
    authors.sort_unstable();
    authors.dedup();
    let authors = app.users.users(&authors).await?;
    Ok(Json(Messages::new(room, from, history, authors)))
}

impl Where {
    /// Where the page begins.
    fn from(&self, room: RoomId) -> Result<From, Refusal> {
        match (self.before, self.after, self.around, self.cursor.as_deref()) {
            (None, None, None, None) => Ok(From::Before(Seq::MAX)),
            (Some(seq), None, None, None) => Ok(From::Before(seq.seq())),
            (None, Some(seq), None, None) => Ok(From::After(seq.seq())),
            (None, None, Some(seq), None) => Ok(From::Around(seq.seq())),
            (None, None, None, Some(cursor)) => {
                let (direction, key) = list(&room).decode(cursor)?;
                let seq = Seq::new(u64::from_be_bytes(key));
                Ok(if direction == AFTER { From::After(seq) } else { From::Before(seq) })
            }
            _ => Err(Refusal::new(
                Code::InvalidArgument,
                "give one of before, after, around and cursor, or none",
            )),
        }
    }
}

const fn list(room: &RoomId) -> List<'_> {
    List::new("messages", room.as_bytes())
}

impl Messages {
    fn new(room: RoomId, from: From, history: History, authors: Vec<User>) -> Self {
        // An empty page lies between the messages on either side of where it
        // was asked for.
        let (oldest, newest) = match (history.messages.as_slice(), from) {
            ([first, .., last], _) => (first.seq, last.seq),
            ([only], _) => (only.seq, only.seq),
            ([], From::Before(seq) | From::Around(seq)) => {
                (seq, Seq::new(seq.get().saturating_sub(1)))
            }
            ([], From::After(seq)) => (seq.next(), seq),
        };
        let cursor = |more: bool, direction, seq: Seq| {
            more.then(|| list(&room).encode(direction, &seq.get().to_be_bytes()))
        };
        Self {
            prev_cursor: cursor(history.more_before, BEFORE, oldest),
            next_cursor: cursor(history.more_after, AFTER, newest),
            messages: history.messages.into_iter().map(Message::from).collect(),
            authors,
            epoch: Number(history.head.epoch.get()),
            head: history.head.seq.into(),
            more_before: history.more_before,
            more_after: history.more_after,
        }
    }
}
