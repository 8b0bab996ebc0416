//! The network: streams that keep their order but may overtake each other, all
//! of it lost when a connection is cut.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;

/// What the server may have under way to one client (a transport's windows).
pub const WINDOW_BYTES: usize = 256 * 1024;

/// One direction of a stream.
#[derive(Debug, Default)]
pub struct Stream {
    queue: VecDeque<(Duration, Bytes)>,
    /// Nothing arrives before what was sent before it.
    last: Duration,
}

/// Bytes of no frame: the end of a stream.
pub const END: Bytes = Bytes::new();

impl Stream {
    /// Sends; returns when it arrives.
    pub fn send(&mut self, arrives: Duration, frame: Bytes) -> Duration {
        self.last = self.last.max(arrives);
        self.queue.push_back((self.last, frame));
        self.last
    }

    /// What has arrived by now.
    pub fn arrived(&mut self, now: Duration) -> Option<Bytes> {
        self.queue.pop_front_if(|(at, _)| *at <= now).map(|(_, frame)| frame)
    }

    /// Nothing of what was sent arrives any more.
    pub fn reset(&mut self) -> usize {
        let lost = self.queue.iter().map(|(_, frame)| frame.len()).sum();
        self.queue.clear();
        lost
    }

    /// True where all that was sent has arrived.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Frames under way.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// What was held up goes on; returns when each frame arrives now.
    pub fn resume(&mut self, mut arrives: impl FnMut() -> Duration) -> Vec<Duration> {
        self.last = Duration::ZERO;
        for (at, _) in &mut self.queue {
            self.last = self.last.max(arrives());
            *at = self.last;
        }
        self.queue.iter().map(|(at, _)| *at).collect()
    }
}

/// Which stream of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// From the client.
    Up,
    /// From the server: control, focus, live, and then each backfill.
    Down(usize),
}

/// Streams from the server that last.
pub const LASTING: usize = 3;

/// One connection.
#[derive(Debug)]
pub struct Conn {
    /// Whose.
    pub client: usize,
    /// The number the client's machine gave it.
    pub id: u64,
    /// One ordered stream for everything (WebSocket).
    pub ordered: bool,
    /// From the client.
    pub up: Stream,
    /// From the server.
    pub down: Vec<Stream>,
    /// Bytes from the server under way.
    pub under_way: usize,
    /// It is broken, whoever knows.
    pub is_cut: bool,
    /// The client still listens.
    pub client_is_there: bool,
    /// The session at the other end.
    pub session: Option<u64>,
}

impl Conn {
    /// A new connection.
    pub fn new(client: usize, id: u64, ordered: bool) -> Self {
        Self {
            client,
            id,
            ordered,
            up: Stream::default(),
            down: (0..LASTING).map(|_| Stream::default()).collect(),
            under_way: 0,
            is_cut: false,
            client_is_there: true,
            session: None,
        }
    }

    /// The stream of this way.
    pub fn stream(&mut self, way: Way) -> Option<&mut Stream> {
        match way {
            Way::Up => Some(&mut self.up),
            Way::Down(index) => self.down.get_mut(index),
        }
    }

    /// A stream of its own for a backfill, where there are streams.
    pub fn open_backfill(&mut self) -> Option<usize> {
        if self.ordered {
            return None;
        }
        self.down.push(Stream::default());
        Some(self.down.len() - 1)
    }

    /// True where the transport takes more.
    pub fn has_window(&self) -> bool {
        self.under_way < WINDOW_BYTES
    }
}
