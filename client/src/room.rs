//! Rooms: writing to them, and following them.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use parlor_domain::{
    Body, Draft, Emoji, Event, FileIds, Refusal, RequestId, RoomId, Seq, Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    client::Client,
    driver::{Answer, Ask, Control},
    event::RoomEvent,
    protocol::{Done, Page, RequestBody},
    status::Closed,
};

/// Events taken from a feed before the driver is told.
const CONSUMED_AT_ONCE: usize = 64;

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Finally refused: it will not appear later.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The client closed before the answer came: the outcome is unknown, and
    /// the same request id may be used to ask again.
    #[error("not answered: {0}")]
    Closed(#[from] Closed),
}

/// A change that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Seq of the event that it became.
    pub seq: Seq,
    /// When it was committed, by the server's clock.
    pub at: Timestamp,
}

/// Events that were fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// In ascending order.
    pub events: Vec<Event>,
    /// There is more in the direction asked.
    pub more: bool,
}

/// A room to write to. A handle, cheap to clone.
///
/// Every request is sent again under its own id until it is answered, over
/// reconnects and refusals that are not final, and the requests of one client to
/// one room are carried out in the order they were made.
#[derive(Clone, Debug)]
pub struct Room {
    client: Client,
    id: RoomId,
}

impl Room {
    pub(crate) fn new(client: Client, id: RoomId) -> Self {
        Self { client, id }
    }

    /// Its id.
    pub fn id(&self) -> RoomId {
        self.id
    }

    /// Posts a message, and waits until it is committed.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn post(&self, text: Body) -> Result<Sent, RequestError> {
        self.post_with(RequestId::random(), text, None).await
    }

    /// Posts a message under a request id: the same id with the same content, at
    /// any time, posts it once.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn post_with(
        &self,
        id: RequestId,
        text: Body,
        reply_to: Option<Seq>,
    ) -> Result<Sent, RequestError> {
        self.enqueue(id, text, reply_to).await?.await
    }

    /// Posts a message with files that the caller has uploaded; the text may be empty
    /// ([`Body::beside`]). The same `id` with the same content posts it once.
    ///
    /// # Errors
    /// See [`RequestError`]; `NOT_FOUND` where a file is not the caller's, `CONFLICT`
    /// where it stands on a message already.
    pub async fn post_files(
        &self,
        id: RequestId,
        text: Body,
        attachments: FileIds,
    ) -> Result<Sent, RequestError> {
        self.ask(id, RequestBody::Post { text, reply_to: None, attachments }).await?.await
    }

    /// Posts what was said in a room that the caller may read, with its files and with
    /// what the caller says to it, which may be empty ([`Body::comment`]). The same `id`
    /// with the same content posts it once.
    ///
    /// # Errors
    /// See [`RequestError`]; `NOT_FOUND` where there is no such message for the caller.
    pub async fn forward(
        &self,
        id: RequestId,
        (source, message): (RoomId, Seq),
        text: Body,
    ) -> Result<Sent, RequestError> {
        self.ask(id, RequestBody::Forward { source, message, text }).await?.await
    }

    /// Puts a message into the queue, after those that are in it, and returns
    /// as soon as it is there: so many are on their way at once. Waits while the
    /// queue is full. Dropping the receipt does not take the message back.
    ///
    /// # Errors
    /// The client is closed.
    pub async fn enqueue(
        &self,
        id: RequestId,
        text: Body,
        reply_to: Option<Seq>,
    ) -> Result<Receipt, Closed> {
        self.ask(id, RequestBody::Post { text, reply_to, attachments: FileIds::default() }).await
    }

    /// Replaces the text of one's own message.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn edit(&self, message: Seq, text: Body) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::Edit { message, text }).await?.await
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn delete(&self, message: Seq) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::Delete { message }).await?.await
    }

    /// Puts an emoji on a message, or takes one's own back; what is so already
    /// stays so.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn react(&self, message: Seq, emoji: Emoji, on: bool) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::React { message, emoji, on }).await?.await
    }

    /// Pins a message to the room, or takes its pin away.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn pin(&self, message: Seq, on: bool) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::Pin { message, on }).await?.await
    }

    /// Moves the read position forward.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn mark_read(&self, seq: Seq) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::MarkRead { seq }).await?.await
    }

    /// Moves the read position back to just before a message.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn mark_unread(&self, from: Seq) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::MarkUnread { from }).await?.await
    }

    /// Keeps what the user has begun to write here, in place of what was kept, for
    /// all devices; an empty one is none. Not more often than once a second: every
    /// change of it is an event.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn set_draft(&self, draft: Draft) -> Result<Sent, RequestError> {
        self.ask(RequestId::random(), RequestBody::SetDraft { draft }).await?.await
    }

    /// Tells the others that the user is typing. May be lost.
    pub fn typing(&self) {
        self.client.try_control(Control::Typing { room: self.id });
    }

    /// Reads a page of the room's log; 0 asks for as many events as one page takes.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn fetch(&self, page: Page, limit: u32) -> Result<Fetched, RequestError> {
        let receipt = self.ask(RequestId::random(), RequestBody::Fetch { page, limit }).await?;
        let Done { events, more, .. } = receipt.done().await?;
        Ok(Fetched { events, more })
    }

    async fn ask(&self, id: RequestId, body: RequestBody) -> Result<Receipt, Closed> {
        let (answer, receive) = oneshot::channel();
        self.client.ask(Ask { id, room: self.id, body, answer }).await?;
        Ok(Receipt { answer: receive, client: self.client.clone() })
    }
}

/// A request on its way: await it for the answer.
#[derive(Debug)]
#[must_use = "await it for the answer"]
pub struct Receipt {
    answer: oneshot::Receiver<Answer>,
    client: Client,
}

impl Receipt {
    async fn done(self) -> Result<Done, RequestError> {
        match self.answer.await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(self.client.reason().into()),
        }
    }
}

impl Future for Receipt {
    type Output = Result<Sent, RequestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(cx).map(|answer| match answer {
            Ok(answer) => Ok(answer.map(|done| Sent { seq: done.seq, at: done.at })?),
            Err(_) => Err(self.client.reason().into()),
        })
    }
}

/// The events of a room, one after the other.
#[derive(Debug)]
pub struct Feed {
    room: Room,
    events: mpsc::Receiver<RoomEvent>,
    /// Tells the driver which feed it hears of.
    sender: mpsc::WeakSender<RoomEvent>,
    /// Taken and not told to the driver yet.
    consumed: usize,
}

impl Feed {
    pub(crate) fn new(
        room: Room,
        events: mpsc::Receiver<RoomEvent>,
        sender: mpsc::WeakSender<RoomEvent>,
    ) -> Self {
        Self { room, events, sender, consumed: 0 }
    }

    /// The room, to write to.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// What comes next; `None` at the end: after [`RoomEvent::Ended`], or because
    /// the client closed, or the room was opened again.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        if self.consumed >= CONSUMED_AT_ONCE {
            let (room, events, feed) = (self.room.id, self.consumed, self.sender.clone());
            // Closed: what is in the queue can still be read.
            let _ = self.room.client.control(Control::Consumed { room, events, feed }).await;
            self.consumed = 0;
        }
        let event = self.events.recv().await?;
        if matches!(event, RoomEvent::Event(_)) {
            self.consumed += 1;
        }
        Some(event)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.events.close();
        self.room.client.try_control(Control::Unfollow { room: self.room.id });
    }
}
