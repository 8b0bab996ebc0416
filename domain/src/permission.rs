//! The one permission table: who may do what in a room.

use crate::{Code, Refusal, Role, Visibility};

/// Something done to or in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See that the room exists: name, topic, number of members.
    See,
    /// Read its messages and members, follow its log.
    Read,
    /// Write a message.
    Post,
    /// Put an emoji on a message, or take one's own back.
    React,
    /// Pin a message, or take its pin away.
    Pin,
    /// Change or delete one's own message.
    EditOwn,
    /// Delete somebody else's message.
    DeleteAny,
    /// Change name or topic.
    Rename,
    /// Archive, or take out of the archive.
    Archive,
    /// Delete the room, see until when it can be restored, and restore it.
    Delete,
    /// Become a member by oneself.
    Join,
    /// Stop being a member.
    Leave,
    /// Make somebody a member.
    AddMember,
    /// Take membership from somebody.
    RemoveMember,
    /// Keep somebody out, and see who is.
    Ban,
    /// Change what a member is.
    SetRole,
    /// Make a link by which others become members.
    Invite,
    /// See the links of others, and take them back. Who made a link may see it
    /// and take it back as a member.
    ManageInvites,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 18] = [
        Self::See,
        Self::Read,
        Self::Post,
        Self::React,
        Self::Pin,
        Self::EditOwn,
        Self::DeleteAny,
        Self::Rename,
        Self::Archive,
        Self::Delete,
        Self::Join,
        Self::Leave,
        Self::AddMember,
        Self::RemoveMember,
        Self::Ban,
        Self::SetRole,
        Self::Invite,
        Self::ManageInvites,
    ];
}

/// Decides whether somebody with this role (`None`: not a member) may do
/// `action` in a room of this visibility.
///
/// # Errors
/// `NOT_FOUND` where the caller may not know that the room exists, else
/// `FORBIDDEN`.
pub fn permit(role: Option<Role>, visibility: Visibility, action: Action) -> Result<(), Refusal> {
    use Action::*;
    let allowed = match (role, visibility) {
        // Both are the same there, and it stays theirs alone.
        (Some(_), Visibility::Direct) => {
            matches!(action, See | Read | Post | React | Pin | EditOwn)
        }
        (Some(Role::Owner), _) => action != Join,
        (Some(Role::Admin), _) => !matches!(action, Join | Archive | Delete | SetRole),
        (Some(Role::Member), Visibility::Public) => {
            matches!(action, See | Read | Post | React | Pin | EditOwn | Leave | AddMember | Invite)
        }
        (Some(Role::Member), Visibility::Private) => {
            matches!(action, See | Read | Post | React | Pin | EditOwn | Leave)
        }
        (None, Visibility::Public) => matches!(action, See | Join),
        (None, Visibility::Private | Visibility::Direct) => return Err(Refusal::not_found()),
    };
    if allowed {
        Ok(())
    } else if role.is_some() && action == Join {
        Err(Refusal::new(Code::Conflict, "already a member"))
    } else if role.is_none() {
        Err(Refusal::new(Code::Forbidden, "join the room first"))
    } else {
        Err(Refusal::new(Code::Forbidden, "your role in this room does not allow it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written out a second time, so that a change of the table is seen.
    #[test]
    fn the_whole_table() {
        let rows = [
            (None, Visibility::Private, ""),
            (None, Visibility::Direct, ""),
            (Some(Role::Member), Visibility::Direct, "See Read Post React Pin EditOwn"),
            (Some(Role::Admin), Visibility::Direct, "See Read Post React Pin EditOwn"),
            (Some(Role::Owner), Visibility::Direct, "See Read Post React Pin EditOwn"),
            (None, Visibility::Public, "See Join"),
            (Some(Role::Member), Visibility::Private, "See Read Post React Pin EditOwn Leave"),
            (
                Some(Role::Member),
                Visibility::Public,
                "See Read Post React Pin EditOwn Leave AddMember Invite",
            ),
            (
                Some(Role::Admin),
                Visibility::Private,
                "See Read Post React Pin EditOwn DeleteAny Rename Leave AddMember RemoveMember Ban \
                 Invite ManageInvites",
            ),
            (
                Some(Role::Admin),
                Visibility::Public,
                "See Read Post React Pin EditOwn DeleteAny Rename Leave AddMember RemoveMember Ban \
                 Invite ManageInvites",
            ),
            (
                Some(Role::Owner),
                Visibility::Private,
                "See Read Post React Pin EditOwn DeleteAny Rename Archive Delete Leave AddMember \
                 RemoveMember Ban SetRole Invite ManageInvites",
            ),
            (
                Some(Role::Owner),
                Visibility::Public,
                "See Read Post React Pin EditOwn DeleteAny Rename Archive Delete Leave AddMember \
                 RemoveMember Ban SetRole Invite ManageInvites",
            ),
        ];
        for (role, visibility, expected) in rows {
            let allowed: Vec<String> = Action::ALL
                .iter()
                .filter(|action| permit(role, visibility, **action).is_ok())
                .map(|action| format!("{action:?}"))
                .collect();
            assert_eq!(allowed.join(" "), expected, "{role:?} {visibility:?}");
        }
    }

    #[test]
    fn r2_a_private_room_does_not_exist_for_outsiders() {
        for visibility in [Visibility::Private, Visibility::Direct] {
            for action in Action::ALL {
                let refusal = permit(None, visibility, action).expect_err("outsider");
                assert_eq!(refusal, Refusal::not_found());
            }
        }
    }
}
