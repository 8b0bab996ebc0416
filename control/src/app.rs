//! What both faces stand on: rooms as the caller may see them, and changes
//! through the log.

use std::{collections::BTreeMap, sync::Arc};

use parlor_bus::{Announcement, Bus};
use parlor_domain::{
    Action, Change, Command, Invite, InviteCode, InviteId, InviteTerms, LogId, Position, Refusal,
    RequestId, Role, RoomId, RoomName, RoomQuery, Seq, Tie, Topic, UserId, Version, Visibility,
    direct_room, limits, permit,
};
use parlor_store::{
    Access, DeletedRoom, Done, From, History, Log, Member, RoomSummary, StoreError,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    Deps,
    cursor::List,
    extract::Paging,
    files::{Places, Workshop},
    middleware::Limiter,
    policy::Policy,
    problem::{internal, refused},
    rooms::preview_invite::{InvitePreview, Inviter},
    unbroken::Unbroken,
    users::Users,
    wire::{self, Ban, Block, Friend, Time, WithPeer},
};

/// State of every handler.
#[derive(Clone)]
pub(crate) struct App {
    pub deps: Deps,
    pub users: Users,
    pub per_user: Arc<Limiter<UserId>>,
    pub exports: Arc<Limiter<UserId>>,
    pub unbroken: Unbroken,
    pub policy: Policy,
    pub places: Places,
    pub workshop: Workshop,
}

/// Some of a list, and where it goes on.
pub(crate) struct Listed<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// A page of a list as it was asked for.
pub(crate) struct Asked<'a> {
    /// Items, at most.
    pub limit: u32,
    /// Where to go on; `None` from the beginning.
    pub cursor: Option<&'a str>,
}

impl App {
    pub(crate) fn new(deps: Deps) -> Self {
        let users = Users::new(deps.users.clone());
        let per_user = Arc::new(Limiter::new(deps.settings.rates.per_user));
        let exports = Limiter::every(limits::EXPORT_INTERVAL, limits::EXPORT_BURST);
        Self {
            deps,
            users,
            per_user,
            exports: Arc::new(exports),
            unbroken: Unbroken::default(),
            policy: Policy::default(),
            places: Places::default(),
            workshop: Workshop::default(),
        }
    }

    /// A room in which `user` may do `action`.
    pub(crate) async fn access(
        &self,
        user: UserId,
        room: RoomId,
        action: Action,
    ) -> Result<Access, Refusal> {
        let access = self.deps.rooms.access(room, user).await.map_err(refused)?;
        let access = access.ok_or_else(Refusal::not_found)?;
        permit(access.role, access.room.visibility, action)?;
        Ok(access)
    }

    /// Commits one change, and tells the other nodes. The log decides whether
    /// `actor` may make it.
    pub(crate) async fn submit(
        &self,
        actor: UserId,
        request_id: RequestId,
        change: Change,
    ) -> Result<Done, Refusal> {
        let (log, bus) = (self.deps.log.clone(), self.deps.bus.clone());
        let work = async move {
            let command = Command { request_id, actor, change };
            let results = commit(&log, &bus, vec![command]).await.map_err(refused)?;
            results.into_iter().next().unwrap_or_else(|| Err(internal()))
        };
        self.unbroken.run(work).await
    }

    /// Makes a room. Its id follows from the request id, so that a retry finds
    /// the room that the first attempt made.
    pub(crate) async fn create_room(
        &self,
        actor: UserId,
        request_id: RequestId,
        name: RoomName,
        topic: Topic,
        visibility: Visibility,
    ) -> Result<Access, Refusal> {
        let room = room_of_request(actor, request_id);
        self.submit(actor, request_id, Change::CreateRoom { room, name, topic, visibility })
            .await?;
        self.access(actor, room, Action::See).await
    }

    /// Makes `user` a member; one who is already stays one.
    pub(crate) async fn join(
        &self,
        user: UserId,
        room: RoomId,
        request_id: RequestId,
    ) -> Result<Access, Refusal> {
        let submitted = self.submit(user, request_id, Change::Join { room }).await;
        let access = self.access(user, room, Action::See).await?;
        match submitted {
            Err(refusal) if access.role.is_none() => Err(refusal),
            _ => Ok(access),
        }
    }

    /// Makes a link into a room. Its id follows from the request, so that a retry
    /// finds the link that the first attempt made, and its code. Terms that will
    /// not do are told to those alone who may make a link.
    pub(crate) async fn create_invite(
        &self,
        actor: UserId,
        room: RoomId,
        request_id: RequestId,
        terms: Result<InviteTerms, Refusal>,
    ) -> Result<wire::Invite, Refusal> {
        self.access(actor, room, Action::Invite).await?;
        let invite = invite_of_request(actor, room, request_id);
        let code = InviteCode::from_random(rand::random());
        let change = Change::CreateInvite { room, invite, code, terms: terms? };
        self.submit(actor, request_id, change).await?;
        let invite = self.deps.rooms.invite(invite).await.map_err(refused)?;
        let invite = invite.ok_or_else(Refusal::not_found)?;
        let by = self.users.user(invite.by).await?;
        Ok(wire::Invite::new(invite, by))
    }

    /// The live links into a room that `user` may see.
    pub(crate) async fn invites(
        &self,
        user: UserId,
        room: RoomId,
        asked: Asked<'_>,
    ) -> Result<Listed<wire::Invite>, Refusal> {
        let access = self.access(user, room, Action::Read).await?;
        let all = permit(access.role, access.room.visibility, Action::ManageInvites).is_ok();
        let list = List::new("invites", room.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| InviteId::from_slice(&id));
        let (by, now) = ((!all).then_some(user), self.deps.clock.now());
        let items = self.deps.rooms.invites(room, by, now, after, asked.limit + 1).await;
        let Listed { items, next_cursor } =
            asked.listed(&list, items.map_err(refused)?, |invite| *invite.id.as_bytes());
        let known = self.users.known(items.iter().map(|invite| invite.by)).await?;
        let invite = |invite: Invite| {
            let by = known.get(invite.by)?;
            Some(wire::Invite::new(invite, by))
        };
        Ok(Listed { items: items.into_iter().filter_map(invite).collect(), next_cursor })
    }

    /// Where a link leads, for anybody who has it.
    pub(crate) async fn preview_invite(&self, code: &str) -> Result<InvitePreview, Refusal> {
        let invite = self.invite_by_code(code).await?;
        let access = self.deps.rooms.access(invite.room, UserId::SYSTEM).await.map_err(refused)?;
        let room = access.ok_or_else(Invite::not_valid)?.room;
        if room.archived || !invite.is_live(self.deps.clock.now()) {
            return Err(Invite::not_valid());
        }
        let by = self.users.user(invite.by).await?;
        Ok(InvitePreview {
            room_id: room.id.uuid(),
            name: room.name.into(),
            topic: room.topic.into(),
            visibility: room.visibility.into(),
            members: room.members,
            invited_by: Inviter { name: by.name, display_name: by.display_name },
            expires_at: invite.expires_at.map(Time),
        })
    }

    /// Makes `user` a member of the room that a link leads to. Whether it holds is
    /// decided where it is used up, in the log.
    pub(crate) async fn accept_invite(
        &self,
        user: UserId,
        code: &str,
        request_id: RequestId,
    ) -> Result<Access, Refusal> {
        let Invite { id: invite, room, .. } = self.invite_by_code(code).await?;
        self.submit(user, request_id, Change::JoinByInvite { room, invite }).await?;
        self.access(user, room, Action::See).await
    }

    /// The link with this code, live or not.
    async fn invite_by_code(&self, code: &str) -> Result<Invite, Refusal> {
        let code: InviteCode = code.parse().map_err(|_| Invite::not_valid())?;
        let invite = self.deps.rooms.invite_by_code(code).await.map_err(refused)?;
        invite.ok_or_else(Invite::not_valid)
    }

    /// The direct room of `user` and `other`, made the first time.
    pub(crate) async fn open_direct(
        &self,
        user: UserId,
        other: UserId,
        request_id: RequestId,
    ) -> Result<Access, Refusal> {
        let room = direct_room(user, other);
        self.submit(user, request_id, Change::OpenDirect { room, other }).await?;
        self.access(user, room, Action::See).await
    }

    /// The same, with the other one where it is a direct room.
    pub(crate) async fn with_peer(&self, access: Access) -> Result<WithPeer<Access>, Refusal> {
        let peer = match access.peer {
            Some(peer) => Some(self.users.user(peer).await?),
            None => None,
        };
        Ok(WithPeer(access, peer))
    }

    /// Rooms of `user`.
    pub(crate) async fn my_rooms(
        &self,
        user: UserId,
        asked: Asked<'_>,
    ) -> Result<Listed<WithPeer<RoomSummary>>, Refusal> {
        let list = List::new("rooms/mine", user.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| RoomId::from_slice(&id));
        let items = self.deps.rooms.mine(user, after, asked.limit + 1).await.map_err(refused)?;
        let Listed { items, next_cursor } =
            asked.listed(&list, items, |item| *item.room.id.as_bytes());
        let peers = self.users.known(items.iter().filter_map(|summary| summary.peer)).await?;
        let items = items.into_iter().map(|summary| {
            let peer = summary.peer.and_then(|id| peers.get(id));
            WithPeer(summary, peer)
        });
        Ok(Listed { items: items.collect(), next_cursor })
    }

    /// What `user` has begun to write.
    pub(crate) async fn drafts(
        &self,
        user: UserId,
        asked: Asked<'_>,
    ) -> Result<Listed<wire::Draft>, Refusal> {
        let list = List::new("drafts", user.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| RoomId::from_slice(&id));
        let items = self.deps.rooms.drafts(user, after, asked.limit + 1).await.map_err(refused)?;
        let Listed { items, next_cursor } =
            asked.listed(&list, items, |(room, _)| *room.as_bytes());
        Ok(Listed { items: items.into_iter().map(wire::Draft::from).collect(), next_cursor })
    }

    /// What `user` lets others know.
    pub(crate) async fn privacy(&self, user: UserId) -> Result<wire::Privacy, Refusal> {
        let privacy = self.deps.store.friends.privacy(user).await.map_err(refused)?;
        privacy.map(Into::into).ok_or_else(Refusal::not_found)
    }

    /// The public directory, or what of it `query` finds, with what `user` is in each
    /// room.
    pub(crate) async fn directory(
        &self,
        user: UserId,
        query: Option<&RoomQuery>,
        asked: Asked<'_>,
    ) -> Result<Listed<Access>, Refusal> {
        let list = List::new("rooms/public", query.map_or(&[], |query| query.as_str().as_bytes()));
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| RoomId::from_slice(&id));
        let rooms = self.deps.rooms.directory(query, after, asked.limit + 1).await;
        let rooms = rooms.map_err(refused)?;
        let Listed { items: rooms, next_cursor } =
            asked.listed(&list, rooms, |room| *room.id.as_bytes());
        let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
        let mine = self.deps.rooms.summaries(user, &ids).await.map_err(refused)?;
        let role = |room: RoomId| -> Option<Role> {
            mine.iter().find(|summary| summary.room.id == room).map(|summary| summary.role)
        };
        let items = rooms
            .into_iter()
            .map(|room| Access { role: role(room.id), room, peer: None })
            .collect();
        Ok(Listed { items, next_cursor })
    }

    /// Deleted rooms that `user` owns and can restore.
    pub(crate) async fn deleted_rooms(
        &self,
        user: UserId,
        asked: Asked<'_>,
    ) -> Result<Listed<DeletedRoom>, Refusal> {
        let list = List::new("rooms/deleted", user.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| RoomId::from_slice(&id));
        let now = self.deps.clock.now();
        let items = self.deps.rooms.deleted(user, now, after, asked.limit + 1).await;
        Ok(asked.listed(&list, items.map_err(refused)?, |item| *item.room.id.as_bytes()))
    }

    /// Members of a room.
    pub(crate) async fn members(
        &self,
        user: UserId,
        room: RoomId,
        asked: Asked<'_>,
    ) -> Result<Listed<Member>, Refusal> {
        self.access(user, room, Action::Read).await?;
        let list = List::new("members", room.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| UserId::from_slice(&id));
        let items = self.deps.rooms.members(room, after, asked.limit + 1).await.map_err(refused)?;
        Ok(asked.listed(&list, items, |item| *item.user.id.as_bytes()))
    }

    /// Who is kept out of a room.
    pub(crate) async fn bans(
        &self,
        user: UserId,
        room: RoomId,
        asked: Asked<'_>,
    ) -> Result<Listed<Ban>, Refusal> {
        self.access(user, room, Action::Ban).await?;
        let list = List::new("bans", room.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| UserId::from_slice(&id));
        let items = self.deps.rooms.bans(room, after, asked.limit + 1).await.map_err(refused)?;
        let Listed { items, next_cursor } = asked.listed(&list, items, |ban| *ban.user.as_bytes());
        let known = self.users.known(items.iter().flat_map(|ban| [ban.user, ban.by])).await?;
        let ban = |ban: parlor_domain::Ban| {
            Some(Ban {
                user: known.get(ban.user)?,
                banned_by: known.get(ban.by)?,
                banned_at: Time(ban.at),
            })
        };
        Ok(Listed { items: items.into_iter().filter_map(ban).collect(), next_cursor })
    }

    /// Those to whom `user` has a tie, or has the tie `only`.
    pub(crate) async fn friends(
        &self,
        user: UserId,
        only: Option<Tie>,
        asked: Asked<'_>,
    ) -> Result<Listed<Friend>, Refusal> {
        let of = [&user.as_bytes()[..], only.map_or("", Tie::as_str).as_bytes()].concat();
        let list = List::new("friends", &of);
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| UserId::from_slice(&id));
        let found = self.deps.store.friends.list(user, only, after, asked.limit + 1).await;
        let Listed { items, next_cursor } =
            asked.listed(&list, found.map_err(refused)?, |item| *item.user.as_bytes());
        let known = self.users.known(items.iter().map(|item| item.user)).await?;
        let friend = |item: parlor_domain::Friend| {
            Some(Friend {
                user: known.get(item.user)?,
                tie: item.tie.into(),
                since: Time(item.since),
            })
        };
        Ok(Listed { items: items.into_iter().filter_map(friend).collect(), next_cursor })
    }

    /// Whom `user` blocks.
    pub(crate) async fn blocks(
        &self,
        user: UserId,
        asked: Asked<'_>,
    ) -> Result<Listed<Block>, Refusal> {
        let list = List::new("blocks", user.as_bytes());
        let after = asked.after(&list)?.and_then(|id: [u8; 16]| UserId::from_slice(&id));
        let found = self.deps.store.friends.blocks(user, after, asked.limit + 1).await;
        let Listed { items, next_cursor } =
            asked.listed(&list, found.map_err(refused)?, |item| *item.user.as_bytes());
        let known = self.users.known(items.iter().map(|item| item.user)).await?;
        let block = |item: parlor_domain::Block| {
            Some(Block { user: known.get(item.user)?, blocked_at: Time(item.at) })
        };
        Ok(Listed { items: items.into_iter().filter_map(block).collect(), next_cursor })
    }

    /// A page of messages.
    pub(crate) async fn history(
        &self,
        user: UserId,
        room: RoomId,
        from: From,
        limit: u32,
    ) -> Result<History, Refusal> {
        self.access(user, room, Action::Read).await?;
        let history = self.deps.rooms.history(room, user, from, limit).await.map_err(refused)?;
        history.ok_or_else(Refusal::not_found)
    }

    /// The texts that a message has had.
    pub(crate) async fn versions(
        &self,
        user: UserId,
        room: RoomId,
        message: Seq,
        asked: Asked<'_>,
    ) -> Result<Listed<Version>, Refusal> {
        self.access(user, room, Action::Read).await?;
        let of = [&room.as_bytes()[..], &message.get().to_be_bytes()].concat();
        let list = List::new("edits", &of);
        let after = asked.after(&list)?.map_or(Seq::ZERO, |seq| Seq::new(u64::from_be_bytes(seq)));
        let found = self.deps.rooms.versions(room, message, after, asked.limit + 1).await;
        let items = found.map_err(refused)?.ok_or_else(Refusal::not_found)?;
        Ok(asked.listed(&list, items, |version| version.seq.get().to_be_bytes()))
    }
}

impl<'a> Asked<'a> {
    pub(crate) fn by(paging: &'a Paging) -> Self {
        Self { limit: paging.limit.0, cursor: paging.cursor.as_deref() }
    }
}

impl Asked<'_> {
    pub(crate) fn after<const N: usize>(
        &self,
        list: &List<'_>,
    ) -> Result<Option<[u8; N]>, Refusal> {
        self.cursor.map(|cursor| list.decode(cursor).map(|(_, key)| key)).transpose()
    }

    /// A page of what was read: one item more than asked for says that the list
    /// goes on.
    pub(crate) fn listed<T, const N: usize>(
        &self,
        list: &List<'_>,
        mut items: Vec<T>,
        key: fn(&T) -> [u8; N],
    ) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| list.encode(0, &key(last)));
        Listed { items, next_cursor }
    }
}

/// Commits changes in one transaction, and tells the other nodes.
pub(crate) async fn commit(
    log: &Log,
    bus: &Bus,
    commands: Vec<Command>,
) -> Result<Vec<Result<Done, Refusal>>, StoreError> {
    let logs: Vec<(LogId, Vec<LogId>)> =
        commands.iter().map(|command| (command.log(), command.logs().collect())).collect();
    let committed = log.submit(commands).await;
    let results = match &committed {
        Ok(results) => results.as_slice(),
        Err(_) => &[],
    };
    let mut heads: BTreeMap<LogId, Position> = BTreeMap::new();
    for (n, (answered_by, logs)) in logs.into_iter().enumerate() {
        let done = match results.get(n) {
            Some(Ok(done)) if !done.events.is_empty() => done,
            Some(Err(_)) => continue,
            // It may have landed, then or the first time, without anybody's being
            // told: who follows these logs has to look.
            Some(Ok(_)) | None => {
                logs.into_iter().for_each(|log| bus.publish(Announcement::Doubted { log }));
                continue;
            }
        };
        for (touched, event) in &done.events {
            let head = if *touched == answered_by {
                Some(Position { epoch: done.epoch, seq: event.seq })
            } else {
                // A log of its own epoch. An announcement is a hint: where it
                // cannot be made, its readers find out by themselves (C14).
                log.head(*touched).await.ok().flatten()
            };
            heads.extend(head.map(|head| (*touched, head)));
        }
    }
    for (log, head) in heads {
        bus.publish(Announcement::Committed { log, head });
    }
    committed
}

/// The id of the room that this request makes.
fn room_of_request(actor: UserId, request_id: RequestId) -> RoomId {
    RoomId::from_uuid(made_by(b"parlor room", &[actor.as_bytes(), request_id.as_bytes()]))
}

/// The id of the link into `room` that this request makes: a request id stands for
/// one request in each room.
fn invite_of_request(actor: UserId, room: RoomId, request_id: RequestId) -> InviteId {
    let of = [actor.as_bytes(), room.as_bytes(), request_id.as_bytes()];
    InviteId::from_uuid(made_by(b"parlor invite", &of))
}

/// A UUID version 8 (RFC 9562 section 5.8) of a hash over what makes something.
pub(crate) fn made_by(kind: &[u8], of: &[&[u8; 16]]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(kind);
    of.iter().for_each(|id| hash.update(id));
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(id).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_the_same_request_of_the_same_user_names_the_same_room() {
        let (user, request) = (UserId::random(), RequestId::random());
        let room = room_of_request(user, request);
        assert_eq!(room, room_of_request(user, request));
        assert_ne!(room, room_of_request(UserId::random(), request));
        assert_ne!(room, room_of_request(user, RequestId::random()));
        assert_eq!(room.uuid().get_version_num(), 8);
        let invite = invite_of_request(user, room, request);
        assert_eq!(invite, invite_of_request(user, room, request));
        assert_ne!(invite, invite_of_request(UserId::random(), room, request));
        assert_ne!(invite, invite_of_request(user, RoomId::random(), request));
        assert_ne!(invite, invite_of_request(user, room, RequestId::random()));
    }
}
