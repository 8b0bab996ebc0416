//! Ends what was deleted: tells members of rooms that are gone or back, takes deleted
//! accounts out of rooms and friendships, and purges rooms whose time is over.
//!
//! What there is to do stands in the database, so this may be stopped at any time and
//! goes on after a restart, and may run on several nodes at once.

use std::{collections::BTreeSet, sync::Arc};

use parlor_domain::{Change, Command, Refusal, RequestId, UserId, limits};
use parlor_store::{Ending, Store};
use tokio::sync::Notify;

use crate::{Deps, app::commit};

/// The task that ends rooms and accounts.
#[derive(Debug)]
pub struct Endings {
    rights: parlor_store::Endings,
    store: Store,
    bus: parlor_bus::Bus,
    asked: Arc<Notify>,
}

/// Why something could not be ended yet.
#[derive(Debug, thiserror::Error)]
pub enum EndingError {
    /// The database.
    #[error(transparent)]
    Store(#[from] parlor_store::StoreError),
    /// The log refused, as something changed meanwhile.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Endings {
    /// Looks when [`Deps::ending`] says so.
    pub fn new(deps: &Deps, rights: parlor_store::Endings) -> Self {
        let asked = Arc::clone(&deps.ending);
        Self { rights, store: deps.store.clone(), bus: deps.bus.clone(), asked }
    }

    /// Ends whatever is due, now and whenever something is, until it is dropped.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.settle().await {
                tracing::warn!(%error, "what was deleted could not be ended yet");
            }
            tokio::select! {
                () = self.asked.notified() => {}
                () = tokio::time::sleep(limits::ENDING_INTERVAL) => {}
            }
        }
    }

    /// Ends whatever is due now. What cannot be ended does not keep back the rest.
    ///
    /// # Errors
    /// The first that failed; it is left for the next time.
    pub async fn settle(&self) -> Result<(), EndingError> {
        let told = self.tell_members().await;
        let accounts = self.end_accounts().await;
        while self.rights.purge().await? {}
        told.and(accounts)
    }

    async fn tell_members(&self) -> Result<(), EndingError> {
        loop {
            let untold = self.rights.untold(limits::ENDING_COMMANDS).await?;
            if untold.is_empty() {
                break;
            }
            let changes = untold.into_iter().map(|(room, user)| Change::TellMember { room, user });
            self.submit(UserId::SYSTEM, changes).await?;
        }
        Ok(self.rights.note_told().await?)
    }

    async fn end_accounts(&self) -> Result<(), EndingError> {
        let mut ended = BTreeSet::new();
        loop {
            let endings = self.rights.accounts(limits::ENDING_COMMANDS).await?;
            if endings.iter().all(|ending| ended.contains(&ending.user)) {
                return Ok(());
            }
            for ending in endings {
                self.end_account(ending).await?;
                ended.insert(ending.user);
            }
        }
    }

    /// Every step finds by itself what of it is left to do.
    async fn end_account(
        &self,
        Ending { user, erase_messages }: Ending,
    ) -> Result<(), EndingError> {
        let most = limits::ENDING_COMMANDS;
        loop {
            let rooms = self.rights.memberships(user, most).await?;
            if rooms.is_empty() {
                break;
            }
            let depart =
                |it: parlor_store::Membership| Change::Depart { room: it.room, heir: it.heir };
            self.submit(user, rooms.into_iter().map(depart)).await?;
        }
        loop {
            let ties = self.store.friends.list(user, None, None, most).await?;
            if ties.is_empty() {
                break;
            }
            let part = |tie: parlor_domain::Friend| Change::Unfriend { other: tie.user };
            self.submit(user, ties.into_iter().map(part)).await?;
        }
        self.tell_peers(user).await?;
        if erase_messages {
            self.withdraw_all(user).await?;
        }
        while self.rights.clear(user).await? {}
        tracing::info!(audit = "account_ended", %user, "nothing of a deleted account is left to end");
        Ok(())
    }

    async fn withdraw_all(&self, user: UserId) -> Result<(), EndingError> {
        loop {
            let messages = self.store.rooms.authored(user, None, limits::ENDING_COMMANDS).await?;
            if messages.is_empty() {
                return Ok(());
            }
            let withdraw =
                |it: parlor_store::Authored| Change::Withdraw { room: it.room, message: it.seq };
            self.submit(user, messages.into_iter().map(withdraw)).await?;
        }
    }

    /// One event for each, however often this is begun: the request id in their log is
    /// the account's own id.
    async fn tell_peers(&self, user: UserId) -> Result<(), EndingError> {
        let mut after = None;
        loop {
            let peers = self.rights.peers(user, after, limits::ENDING_COMMANDS).await?;
            let Some(last) = peers.last() else { return Ok(()) };
            after = Some(*last);
            let request_id = RequestId::from_uuid(user.uuid());
            let tell =
                |other| Command { request_id, actor: user, change: Change::TellDeleted { other } };
            self.commit(peers.into_iter().map(tell).collect()).await?;
        }
    }

    async fn submit(
        &self,
        actor: UserId,
        changes: impl Iterator<Item = Change>,
    ) -> Result<(), EndingError> {
        let command = |change| Command { request_id: RequestId::random(), actor, change };
        self.commit(changes.map(command).collect()).await
    }

    async fn commit(&self, commands: Vec<Command>) -> Result<(), EndingError> {
        for result in commit(&self.store.log, &self.bus, commands).await? {
            result?;
        }
        Ok(())
    }
}
