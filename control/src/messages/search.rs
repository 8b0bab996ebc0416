//! `GET /api/v1/search`

use std::ops::Range;

use axum::extract::State;
use parlor_domain::{Code, Refusal, SearchQuery, Sort, UserId, limits};
use parlor_store::{Hits, SearchPlace};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    Problem,
    app::App,
    cursor::List,
    extract::{Caller, Json, Limit, Query},
    problem::refused,
    users::Known,
    wire::{Number, Time, User},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// Words and `"phrases"`, all of which a message must have, and filters: `from:` a
    /// user's name or `me`, `in:` a room's name or the name of the other one in a direct
    /// room, `before:` and `after:` a day (`2026-11-01`, UTC), `has:link`, `has:file`,
    /// `has:image`. Of several `from:`, or several `in:`, one must fit. A value may
    /// stand in quotes.
    #[param(example = "\"good morning\" from:ada", max_length = 250)]
    q: String,
    /// Which hits come first.
    #[serde(default)]
    #[param(inline)]
    sort: Order,
    /// Hits in the page, at most; above 100 it is 100.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    cursor: Option<String>,
}

/// Which hits come first.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// The newest.
    #[default]
    Newest,
    /// Of the newest 250 those that fit best.
    Best,
}

impl From<Order> for Sort {
    fn from(order: Order) -> Self {
        match order {
            Order::Newest => Self::Newest,
            Order::Best => Self::Best,
        }
    }
}

/// A page of messages that were found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    /// The hits.
    items: Vec<Hit>,
    /// Where the next page begins; null at the end. A page without hits may have one.
    #[schema(required, example = "AQAZqi8PfB59MJ8OL28_DVsRz1kQ3q0xv0Y")]
    next_cursor: Option<String>,
    /// False while old messages are still being made ready to be found.
    complete: bool,
    /// Parts of `q` that no message can fit: with one of them there are no hits.
    #[schema(example = json!(["from:nobody"]))]
    unknown: Vec<String>,
}

/// A message that was found.
#[derive(Serialize, ToSchema)]
struct Hit {
    /// Its room.
    room_id: Uuid,
    /// Its seq.
    seq: Number,
    /// Who wrote it.
    author: User,
    /// Markdown; below what its author says, what they forward.
    #[schema(example = "Good *morning*, everybody")]
    text: String,
    /// What of the text was looked for, in order.
    matches: Vec<Place>,
    /// When it was posted.
    posted_at: Time,
    /// When its text was last changed; null where it never was.
    #[schema(required)]
    edited_at: Option<Time>,
}

/// A part of a text, in characters (Unicode scalar values).
#[derive(Serialize, ToSchema)]
struct Place {
    /// The first character.
    #[schema(example = 0)]
    start: u32,
    /// Behind the last one.
    #[schema(example = 4)]
    end: u32,
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: number(range.start), end: number(range.end) }
    }
}

impl Hit {
    /// `None` where nobody knows who wrote it.
    fn new(hit: parlor_store::Hit, users: &Known) -> Option<Self> {
        Some(Self {
            room_id: hit.room.uuid(),
            seq: hit.seq.into(),
            author: users.get(hit.author)?,
            text: hit.text,
            matches: hit.ranges.into_iter().map(Place::from).collect(),
            posted_at: Time(hit.posted_at),
            edited_at: hit.edited_at.map(Time),
        })
    }
}

/// Messages by their words, of all rooms that the caller is a member of.
#[utoipa::path(
    get, path = "/search", tag = "messages",
    operation_id = "search_messages", security(("bearer" = [])),
    params(Search),
    responses(
        (status = 200, description = "A page of hits", body = Found),
        (status = 400, description = "INVALID_ARGUMENT (or it takes too long), or INVALID_CURSOR"),
        (status = 422, description = "UNPROCESSABLE: `q` is empty, too long, or asks for too much"),
    ),
)]
pub(crate) async fn search(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<Search>,
) -> Result<Json<Found>, Problem> {
    let looked_for = SearchQuery::parse(&query.q)
        .map_err(|error| Refusal::new(Code::Unprocessable, format!("q {error}")))?;
    let of = of(caller.user, &query);
    let list = List::new("search", &of);
    let from = query.cursor.as_deref().map(|cursor| list.decode(cursor)).transpose()?;
    let from = from.map(|(_, place)| SearchPlace::from_bytes(place));
    let search = &app.deps.store.search;
    let found = search
        .messages(
            caller.user,
            &looked_for,
            query.sort.into(),
            from,
            query.limit.0,
            limits::SEARCH_DEADLINE,
        )
        .await;
    let Hits { hits, next, complete, unknown } = found.map_err(refused)?.ok_or_else(|| {
        Refusal::new(Code::InvalidArgument, "this search takes too long: ask for less at once")
    })?;
    let users = app.users.known(hits.iter().map(|hit| hit.author)).await?;
    Ok(Json(Found {
        items: hits.into_iter().filter_map(|hit| Hit::new(hit, &users)).collect(),
        next_cursor: next.map(|place| list.encode(0, &place.to_bytes())),
        complete,
        unknown,
    }))
}

/// What the list of hits is of.
fn of(user: UserId, query: &Search) -> Vec<u8> {
    [&user.as_bytes()[..], &[query.sort as u8], query.q.as_bytes()].concat()
}
