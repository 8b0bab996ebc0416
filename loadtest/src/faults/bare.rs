//! A session without a client round it: it repairs nothing, so it shows what the
//! server itself does. A client hides holes by asking again.

use std::{
    collections::{HashSet, VecDeque},
    net::SocketAddr,
};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use parlor_domain::{Position, RequestId, RoomId, limits};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{ClientRequestBuilder, Message, protocol::WebSocketConfig},
};

use crate::wire::{self, Answer, Heard, Said};

/// A message of the server may hold many frames.
const MESSAGE_BYTES: usize = limits::OUTBOX_BYTES * 2;

/// One session over WebSocket; all its frames are in one order. Dropping it
/// cuts the connection without a word.
pub(crate) struct Bare {
    socket: WebSocketStream<TcpStream>,
    said: VecDeque<Said>,
}

impl Bare {
    /// Begins a session that follows these rooms from these positions on.
    pub(crate) async fn connect(
        server: SocketAddr,
        access_token: String,
        rooms: &[(RoomId, Position)],
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{server}/rt/v1").parse().context("the URL of the lane")?;
        let request =
            ClientRequestBuilder::new(url).with_header("Origin", format!("http://{server}"));
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut bare = Self { socket, said: VecDeque::new() };
        bare.send(wire::hello_to(access_token, rooms)).await?;
        match bare.next().await {
            Some(Said::Welcome) => Ok(bare),
            said => bail!("a bare session is not welcome: {said:?}"),
        }
    }

    /// Asks for a post, and does not wait for what comes of it.
    pub(crate) async fn post(
        &mut self,
        room: RoomId,
        id: RequestId,
        text: &str,
    ) -> anyhow::Result<()> {
        self.send(wire::post(room, id, text)).await
    }

    /// Keeps so many posts on their way, each of which says its own id, until so
    /// many in all are answered ok, or the lane is gone, or the server sends
    /// everybody elsewhere, which waits for those who stay.
    pub(crate) async fn chatter(
        mut self,
        room: RoomId,
        at_once: usize,
        posts: usize,
        answered: &mut Vec<RequestId>,
    ) {
        let mut waiting = HashSet::new();
        while answered.len() < posts {
            while waiting.len() < at_once && waiting.len() + answered.len() < posts {
                let id = RequestId::random();
                waiting.insert(id);
                if self.post(room, id, &id.to_string()).await.is_err() {
                    return;
                }
            }
            match self.next().await {
                Some(Said::Reply { id, answer: Answer::Ok(_) }) if waiting.remove(&id) => {
                    answered.push(id);
                }
                // The outcome is unknown, so nothing is promised.
                Some(Said::Reply { id, .. }) => drop(waiting.remove(&id)),
                Some(Said::GoAway) | None => return,
                Some(_) => {}
            }
        }
    }

    async fn send(&mut self, frame: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::Binary(frame.into())).await?)
    }

    /// The next frame; `None` where the lane is gone. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(said) = self.said.pop_front() {
                return Some(said);
            }
            if let Message::Binary(message) = self.socket.next().await?.ok()? {
                let mut message: Bytes = message;
                while let Some(said) = wire::said(&mut message) {
                    self.said.push_back(said);
                }
            }
        }
    }
}

/// How far somebody has followed a room, over many sessions (C7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    pub(crate) at: Position,
}

impl Reached {
    /// Takes events as one session sends them: each must be the next one.
    ///
    /// # Errors
    /// The first that is not, in words.
    pub(crate) fn take(&mut self, events: &[Heard]) -> Result<(), String> {
        for event in events {
            if event.seq != self.at.seq.next() {
                return Err(format!("{} was sent after {}", event.seq, self.at.seq));
            }
            self.at.seq = event.seq;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use parlor_domain::Seq;

    use super::*;

    fn heard(seqs: &[u64]) -> Vec<Heard> {
        seqs.iter().map(|seq| Heard { seq: Seq::new(*seq), is_departure: false }).collect()
    }

    #[test]
    fn c7_a_hole_and_a_repeat_are_told() {
        let mut reached = Reached { at: wire::beginning(1) };
        assert_eq!(reached.take(&heard(&[1, 2, 3])), Ok(()));
        assert!(reached.take(&heard(&[5])).is_err(), "4 is missing");
        assert!(reached.take(&heard(&[3])).is_err(), "it was there");
        assert_eq!(reached.take(&heard(&[4])), Ok(()));
    }
}
