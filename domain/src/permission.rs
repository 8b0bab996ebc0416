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
    /// Change or delete one's own message.
    EditOwn,
    /// Delete somebody else's message.
    DeleteAny,
    /// Change name or topic.
    Rename,
    /// Archive, or take out of the archive.
    Archive,
    /// Become a member by oneself.
    Join,
    /// Stop being a member.
    Leave,
    /// Make somebody a member.
    AddMember,
    /// Take membership from somebody.
    RemoveMember,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 11] = [
        Self::See,
        Self::Read,
        Self::Post,
        Self::EditOwn,
        Self::DeleteAny,
        Self::Rename,
        Self::Archive,
        Self::Join,
        Self::Leave,
        Self::AddMember,
        Self::RemoveMember,
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
        (Some(Role::Owner), _) => action != Join,
        (Some(Role::Admin), _) => !matches!(action, Join | Archive),
        (Some(Role::Member), Visibility::Public) => {
            matches!(action, See | Read | Post | EditOwn | Leave | AddMember)
        }
        (Some(Role::Member), Visibility::Private) => {
            matches!(action, See | Read | Post | EditOwn | Leave)
        }
        (None, Visibility::Public) => matches!(action, See | Join),
        (None, Visibility::Private) => return Err(Refusal::not_found()),
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
            (None, Visibility::Public, "See Join"),
            (Some(Role::Member), Visibility::Private, "See Read Post EditOwn Leave"),
            (Some(Role::Member), Visibility::Public, "See Read Post EditOwn Leave AddMember"),
            (
                Some(Role::Admin),
                Visibility::Private,
                "See Read Post EditOwn DeleteAny Rename Leave AddMember RemoveMember",
            ),
            (
                Some(Role::Admin),
                Visibility::Public,
                "See Read Post EditOwn DeleteAny Rename Leave AddMember RemoveMember",
            ),
            (
                Some(Role::Owner),
                Visibility::Private,
                "See Read Post EditOwn DeleteAny Rename Archive Leave AddMember RemoveMember",
            ),
            (
                Some(Role::Owner),
                Visibility::Public,
                "See Read Post EditOwn DeleteAny Rename Archive Leave AddMember RemoveMember",
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
        for action in Action::ALL {
            let refusal = permit(None, Visibility::Private, action).expect_err("outsider");
            assert_eq!(refusal, Refusal::not_found());
        }
    }
}
