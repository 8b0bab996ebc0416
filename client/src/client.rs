//! The handle of a client.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use parlor_domain::{
    Code, Position, Presence, RequestId, RoomId, RoomName, Topic, UserId, Visibility,
};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_util::task::TaskTracker;

use crate::{
    auth::{Auth, Credentials},
    driver::{Ask, CONTROL_QUEUE, Control, Dialer, Driver, FEED_EVENTS, REQUEST_QUEUE, Tell},
    rest::{History, Page, Rest, RestError, RoomInfo, Scope, SessionTokens, UserInfo},
    room::{Feed, Room},
    status::{Closed, Lane, Status},
};

/// The first session must be live within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a client could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No credentials were given.
    #[error("no credentials were given")]
    NoCredentials,
    /// Signing in failed.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// The server does not want this client.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// No lane could be opened.
    #[error("no session could be opened: {0}")]
    Unreachable(String),
}

/// What a client needs to begin.
#[derive(Debug)]
pub struct Builder {
    url: String,
    lane: Option<Lane>,
    credentials: Option<Credentials>,
    device_name: String,
}

impl Builder {
    /// Only this lane. Without: raw QUIC raced against WebSocket.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = Some(lane);
        self
    }

    /// Who the client is.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Takes over a device that is signed in. Its refresh token must not be used
    /// anywhere else from now on.
    #[must_use]
    pub fn session_tokens(self, tokens: SessionTokens) -> Self {
        self.credentials(Credentials::Tokens(tokens))
    }

    /// What the device is called in the user's list of devices.
    #[must_use]
    pub fn device_name(mut self, name: impl Into<String>) -> Self {
        self.device_name = name.into();
        self
    }

    /// Signs in and opens a session.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(self) -> Result<Client, ConnectError> {
        let rest = Rest::new(&self.url)?;
        let credentials = self.credentials.ok_or(ConnectError::NoCredentials)?;
        let auth = Auth::begin(rest.clone(), credentials, self.device_name.clone()).await?;
        let auth = Arc::new(auth);
        let dialer = Dialer {
            rest: rest.clone(),
            auth: auth.clone(),
            lane: self.lane,
            server: Mutex::new(None),
        };
        let (requests, asks) = mpsc::channel(REQUEST_QUEUE);
        let (control, wishes) = mpsc::channel(CONTROL_QUEUE);
        let (tell_status, status) = watch::channel(Status::Connecting);
        let (tell_presence, presence) = watch::channel(HashMap::new());
        let (tell_announced, announced) = watch::channel(0);
        let tell = Tell { status: tell_status, presence: tell_presence, announced: tell_announced };
        let tasks = TaskTracker::new();
        tasks.spawn(Driver::new(dialer, self.device_name, asks, wishes, tell).run());
        tasks.close();
        let inner = Inner { requests, control, status, presence, announced, rest, auth, tasks };
        let client = Client { inner: Arc::new(inner) };
        client.live().await?;
        Ok(client)
    }
}

/// A client of a Parlor server: signs in, opens a session, and comes back by
/// itself whenever it is lost. A handle, cheap to clone; when the last one, and
/// the last [`Room`] and [`Feed`], is dropped, the session ends.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    requests: mpsc::Sender<Ask>,
    control: mpsc::Sender<Control>,
    status: watch::Receiver<Status>,
    announced: watch::Receiver<u64>,
    presence: watch::Receiver<HashMap<UserId, Presence>>,
    rest: Rest,
    auth: Arc<Auth>,
    tasks: TaskTracker,
}

impl Client {
    /// Begins to describe a client of the server at `url`, like
    /// `http://localhost:8080`.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder {
            url: url.into(),
            lane: None,
            credentials: None,
            device_name: "parlor-client".to_owned(),
        }
    }

    /// How the connection is, and every change of it.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.inner.status.clone()
    }

    /// How the people are who are watched, and every change of it; who is missing is
    /// not known yet.
    pub fn presence(&self) -> watch::Receiver<HashMap<UserId, Presence>> {
        self.inner.presence.clone()
    }

    /// Watches these people, in place of those before; at most
    /// [`parlor_domain::limits::WATCHED`], and not more often than once a second.
    ///
    /// # Errors
    /// The client is closed.
    pub async fn watch_presence(&self, users: Vec<UserId>) -> Result<(), Closed> {
        self.control(Control::WatchPresence { users }).await
    }

    /// Says whether the user is active here; active until it is said.
    ///
    /// # Errors
    /// The client is closed.
    pub async fn set_away(&self, away: bool) -> Result<(), Closed> {
        self.control(Control::SetPresence { away }).await
    }

    /// A room to write to.
    pub fn room(&self, id: RoomId) -> Room {
        Room::new(self.clone(), id)
    }

    /// Follows a room: every event after `from`, in order, without a hole, each
    /// exactly once, however often the connection is lost. A room has one feed:
    /// opening it again ends the older one.
    ///
    /// # Errors
    /// The client is closed.
    pub async fn open(&self, room: RoomId, from: Position) -> Result<Feed, Closed> {
        let (feed, events) = mpsc::channel(FEED_EVENTS);
        let sender = feed.downgrade();
        self.control(Control::Follow { room, from, feed }).await?;
        Ok(Feed::new(self.room(room), events, sender))
    }

    /// Says goodbye and ends the session. Requests without an answer keep an
    /// unknown outcome.
    pub async fn close(self) {
        // Closed already: nothing to say.
        let _ = self.control(Control::Leave).await;
        self.inner.tasks.wait().await;
    }

    /// Says goodbye and signs the device out.
    ///
    /// # Errors
    /// The server could not be told; the device stays signed in.
    pub async fn sign_out(self) -> Result<(), RestError> {
        let tokens = self.inner.auth.tokens().await;
        let rest = self.inner.rest.clone();
        self.close().await;
        rest.logout(&tokens.refresh_token).await
    }

    /// Whose client it is.
    pub async fn me(&self) -> UserInfo {
        self.inner.auth.tokens().await.user
    }

    /// The tokens of its device as they are now. They change at every refresh.
    pub async fn session_tokens(&self) -> SessionTokens {
        self.inner.auth.tokens().await
    }

    /// A page of rooms.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn rooms(
        &self,
        scope: Scope,
        cursor: Option<&str>,
    ) -> Result<Page<RoomInfo>, RestError> {
        let rest = &self.inner.rest;
        self.signed(|token| async move { rest.rooms(&token, scope, cursor).await }).await
    }

    /// A page of the directory: public rooms whose name or topic holds a text.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn find_rooms(
        &self,
        text: &str,
        cursor: Option<&str>,
    ) -> Result<Page<RoomInfo>, RestError> {
        let rest = &self.inner.rest;
        self.signed(|token| async move { rest.find_rooms(&token, text, cursor).await }).await
    }

    /// The first room of this name, among one's own or in the directory; never a
    /// direct one, whose name says nothing.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn find_room(
        &self,
        scope: Scope,
        name: &RoomName,
    ) -> Result<Option<RoomInfo>, RestError> {
        let mut cursor = None;
        loop {
            let page = match scope {
                Scope::Mine => self.rooms(scope, cursor.as_deref()).await?,
                Scope::Public => self.find_rooms(name.as_str(), cursor.as_deref()).await?,
            };
            if let Some(found) = page
                .items
                .into_iter()
                .find(|room| room.name == name.as_str() && room.visibility != Visibility::Direct)
            {
                return Ok(Some(found));
            }
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// A room by its id.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn room_info(&self, room: RoomId) -> Result<RoomInfo, RestError> {
        let rest = &self.inner.rest;
        self.signed(|token| async move { rest.room(&token, room).await }).await
    }

    /// Makes a room. The same `id` again makes no second one.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn create_room(
        &self,
        id: RequestId,
        name: &RoomName,
        topic: &Topic,
        visibility: Visibility,
    ) -> Result<RoomInfo, RestError> {
        let rest = &self.inner.rest;
        self.signed(
            |token| async move { rest.create_room(&token, id, name, topic, visibility).await },
        )
        .await
    }

    /// Becomes a member of a public room.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn join(&self, room: RoomId) -> Result<RoomInfo, RestError> {
        let rest = &self.inner.rest;
        self.signed(|token| async move { rest.join(&token, room).await }).await
    }

    /// The newest messages of a room, and the position to follow it from.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn newest_messages(&self, room: RoomId, limit: u32) -> Result<History, RestError> {
        let rest = &self.inner.rest;
        self.signed(|token| async move { rest.newest_messages(&token, room, limit).await }).await
    }

    /// A user.
    ///
    /// # Errors
    /// See [`RestError`].
    pub async fn user(&self, user: UserId) -> Result<UserInfo, RestError> {
        let rest = &self.inner.rest;
        self.signed(|token| async move { rest.user(&token, user).await }).await
    }

    pub(crate) fn watch_announced(&self) -> watch::Receiver<u64> {
        self.inner.announced.clone()
    }

    pub(crate) fn rest(&self) -> &Rest {
        &self.inner.rest
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Result<(), Closed> {
        self.inner.requests.send(ask).await.map_err(|_| self.reason())
    }

    pub(crate) async fn control(&self, control: Control) -> Result<(), Closed> {
        self.inner.control.send(control).await.map_err(|_| self.reason())
    }

    /// Says something that may be left unsaid.
    pub(crate) fn try_control(&self, control: Control) {
        // A full queue: the next one says it, or nobody listens.
        let _ = self.inner.control.try_send(control);
    }

    /// Why the client is closed.
    pub(crate) fn reason(&self) -> Closed {
        match &*self.inner.status.borrow() {
            Status::Closed(reason) => reason.clone(),
            _ => Closed::Left,
        }
    }

    /// Calls with a token, and where the server does not take it any more, once
    /// more with a new one: its clock may not be ours.
    pub(crate) async fn signed<T, F: Future<Output = Result<T, RestError>>>(
        &self,
        call: impl Fn(String) -> F,
    ) -> Result<T, RestError> {
        let token = self.inner.auth.access().await?.token;
        match call(token).await {
            Err(RestError::Refused(refusal)) if refusal.code == Code::Unauthenticated => {
                call(self.inner.auth.fresh().await?.token).await
            }
            answered => answered,
        }
    }

    /// Waits for the first session.
    async fn live(&self) -> Result<(), ConnectError> {
        let mut status = self.status();
        let mut last = "no answer in time".to_owned();
        let settled = async {
            loop {
                match &*status.borrow_and_update() {
                    Status::Live { .. } => return Ok(()),
                    Status::Closed(reason) => return Err(reason.clone().into()),
                    Status::Waiting { error, .. } => last.clone_from(error),
                    Status::Connecting => {}
                }
                if status.changed().await.is_err() {
                    return Err(ConnectError::Closed(Closed::Left));
                }
            }
        };
        match timeout(CONNECT_TIMEOUT, settled).await {
            Ok(result) => result,
            Err(_) => Err(ConnectError::Unreachable(last)),
        }
    }
}
