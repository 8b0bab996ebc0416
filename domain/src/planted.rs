//! Bugs that are planted on purpose, to show that the fault runs see them, and
//! fail points that a run can reach.
//!
//! Nothing of this is in a server that anybody uses: without the feature
//! `planted` every question here has the constant answer no, and the feature
//! does not compile without debug assertions, so no release build can have it.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("the feature `planted` breaks the server on purpose: never in a release build");

/// What the text of a message begins with that shall make a fail point panic.
/// It is part of the panic's message too, so that logs tell it from a real one.
pub const PANIC_TEXT: &str = "planted panic";

/// The variable that names what is planted, separated by commas.
pub const VARIABLE: &str = "PARLOR_PLANTED";

/// A bug, or a fail point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Planted {
    /// A post is answered before its transaction is committed (C1).
    AckBeforeCommit,
    /// A room passes posts on before they are committed (C6).
    PublishBeforeCommit,
    /// Who is told that announcements were lost does not look for them (C14).
    IgnoreLagged,
    /// A request id that comes again is not recognised (C2).
    DedupeOff,
    /// Seqs come from a counter outside the transaction (C3).
    CounterOutside,
    /// A resumed log begins one event too late (C7).
    ResumeOffByOne,
    /// The log is read first and live events are subscribed to later (C7).
    SnapshotBeforeSubscribe,
    /// SQLite does not wait for the disk (C1).
    SynchronousOff,
    /// A node that drains answers no more (C15).
    DropAckOnDrain,
    /// Who was removed from a room goes on reading it (C19).
    SkipMembershipRecheck,
    /// A session's queue has no limit, in bytes or in time (C10).
    UnboundedQueue,
    /// A failure that the client should hear of, to try again, is not told (C5).
    RetrySwallowed,
    /// Not a bug: the bus in the process holds one announcement, so that it
    /// loses some whenever much happens at once.
    SmallBus,
    /// Not a bug: a room's task panics at a text, once for each.
    PanicInRoom,
    /// Not a bug: a REST handler panics at a text, once for each.
    PanicInHandler,
}

impl Planted {
    /// All of them, bugs first.
    pub const ALL: &[Self] = &[
        Self::AckBeforeCommit,
        Self::PublishBeforeCommit,
        Self::IgnoreLagged,
        Self::DedupeOff,
        Self::CounterOutside,
        Self::ResumeOffByOne,
        Self::SnapshotBeforeSubscribe,
        Self::SynchronousOff,
        Self::DropAckOnDrain,
        Self::SkipMembershipRecheck,
        Self::UnboundedQueue,
        Self::RetrySwallowed,
        Self::SmallBus,
        Self::PanicInRoom,
        Self::PanicInHandler,
    ];

    /// As it is named in [`VARIABLE`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::AckBeforeCommit => "ack-before-commit",
            Self::PublishBeforeCommit => "publish-before-commit",
            Self::IgnoreLagged => "ignore-lagged",
            Self::DedupeOff => "dedupe-off",
            Self::CounterOutside => "counter-outside",
            Self::ResumeOffByOne => "resume-off-by-one",
            Self::SnapshotBeforeSubscribe => "snapshot-before-subscribe",
            Self::SynchronousOff => "synchronous-off",
            Self::DropAckOnDrain => "drop-ack-on-drain",
            Self::SkipMembershipRecheck => "skip-membership-recheck",
            Self::UnboundedQueue => "unbounded-queue",
            Self::RetrySwallowed => "retry-swallowed",
            Self::SmallBus => "small-bus",
            Self::PanicInRoom => "panic-in-room",
            Self::PanicInHandler => "panic-in-handler",
        }
    }

    /// True for what breaks a promise; false for a fail point.
    pub const fn is_bug(self) -> bool {
        !matches!(self, Self::SmallBus | Self::PanicInRoom | Self::PanicInHandler)
    }
}

#[cfg(not(feature = "planted"))]
mod here {
    use super::Planted;

    /// Always false: this is the real server.
    pub const fn planted(_: Planted) -> bool {
        false
    }

    /// Nothing is planted.
    pub const fn all_planted() -> &'static [Planted] {
        &[]
    }

    /// Never panics: this is the real server.
    pub const fn panic_at(_: Planted, _text: &str) {}
}

#[cfg(feature = "planted")]
mod here {
    use std::{
        collections::HashSet,
        sync::{LazyLock, Mutex, OnceLock, PoisonError},
    };

    use super::{PANIC_TEXT, Planted, VARIABLE};

    /// Whether it is planted in this process.
    pub fn planted(what: Planted) -> bool {
        all_planted().contains(&what)
    }

    /// All that is planted in this process.
    ///
    /// # Panics
    /// The variable names something that is not there: a run that believed it
    /// had planted a bug would prove nothing.
    pub fn all_planted() -> &'static [Planted] {
        static ALL: OnceLock<Vec<Planted>> = OnceLock::new();
        ALL.get_or_init(|| {
            let named = std::env::var(VARIABLE).unwrap_or_default();
            let find = |name: &str| {
                let found = Planted::ALL.iter().find(|planted| planted.name() == name);
                *found.unwrap_or_else(|| panic!("{VARIABLE}: there is no {name:?} to plant"))
            };
            named.split(',').filter(|name| !name.is_empty()).map(find).collect()
        })
    }

    /// Panics where this fail point is on and the text asks for it; once for
    /// each text, so that what is tried again goes through.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn panic_at(point: Planted, text: &str) {
        static SEEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
        if planted(point) && text.starts_with(PANIC_TEXT) {
            let first = SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
            assert!(!first, "{PANIC_TEXT}: {}", point.name());
        }
    }
}

pub use here::{all_planted, panic_at, planted};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_at_least_twelve_are_bugs() {
        let names: std::collections::HashSet<_> =
            Planted::ALL.iter().map(|planted| planted.name()).collect();
        assert_eq!(names.len(), Planted::ALL.len());
        assert!(Planted::ALL.iter().filter(|planted| planted.is_bug()).count() >= 12);
    }

    #[cfg(not(feature = "planted"))]
    #[test]
    fn nothing_is_planted_in_the_real_server() {
        assert!(Planted::ALL.iter().all(|what| !planted(*what)) && all_planted().is_empty());
        panic_at(Planted::PanicInRoom, PANIC_TEXT);
    }
}
