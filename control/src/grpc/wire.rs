//! Where the messages of `room.proto` become domain types, and back.

use parlor_domain::{
    Attachment, Code, FileKind, Message, Reaction, Refusal, RequestId, Room, RoomId, Seq,
    Visibility, limits,
};
use parlor_proto::room::{self as proto, get_messages_request};
use parlor_store::From as Begin;
use tonic::{Status, metadata::MetadataValue};

pub(super) fn invalid(message: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, message)
}

/// Items in a page; 0 is "not given".
pub(super) fn page(limit: u32) -> u32 {
    if limit == 0 { limits::PAGE_ITEMS_DEFAULT } else { limit.min(limits::PAGE_ITEMS) }
}

pub(super) fn room_id(bytes: &[u8]) -> Result<RoomId, Refusal> {
    RoomId::from_slice(bytes).ok_or_else(|| invalid("room_id has 16 bytes"))
}

pub(super) fn request_id(bytes: &[u8]) -> Result<RequestId, Refusal> {
    if bytes.is_empty() {
        return Ok(RequestId::random());
    }
    RequestId::from_slice(bytes).ok_or_else(|| invalid("request_id has 16 bytes"))
}

pub(super) fn visibility(visibility: proto::Visibility) -> Result<Visibility, Refusal> {
    match visibility {
        proto::Visibility::Public => Ok(Visibility::Public),
        proto::Visibility::Private => Ok(Visibility::Private),
        proto::Visibility::Direct => Err(invalid("a direct room is opened, not made")),
        proto::Visibility::Unspecified => Err(invalid("visibility must be given")),
    }
}

pub(super) fn begin(from: Option<get_messages_request::From>) -> Begin {
    match from {
        None => Begin::Before(Seq::MAX),
        Some(get_messages_request::From::BeforeSeq(seq)) => Begin::Before(Seq::new(seq)),
        Some(get_messages_request::From::AfterSeq(seq)) => Begin::After(Seq::new(seq)),
        Some(get_messages_request::From::AroundSeq(seq)) => Begin::Around(Seq::new(seq)),
    }
}

pub(super) fn room(room: Room) -> proto::Room {
    let visibility = match room.visibility {
        Visibility::Public => proto::Visibility::Public,
        Visibility::Private => proto::Visibility::Private,
        Visibility::Direct => proto::Visibility::Direct,
    };
    proto::Room {
        id: room.id.as_bytes().to_vec(),
        name: room.name.into(),
        topic: room.topic.into(),
        visibility: visibility.into(),
        archived: room.archived,
        created_at_us: room.created_at.micros(),
        epoch: room.epoch.get(),
        head: room.head.get(),
        members: room.members,
    }
}

pub(super) fn message(message: Message) -> proto::Message {
    proto::Message {
        seq: message.seq.get(),
        author_id: message.author.as_bytes().to_vec(),
        text: message.text,
        reply_to: message.reply_to.unwrap_or_default().get(),
        posted_at_us: message.posted_at.micros(),
        edited_at_us: message.edited_at.unwrap_or_default().micros(),
        deleted: message.deleted,
        version: message.version.get(),
        reactions: message.reactions.into_iter().map(reaction).collect(),
        mention_ids: message.mentions.users.iter().map(|user| user.as_bytes().to_vec()).collect(),
        mentions_room: message.mentions.room,
        pinned: message.pinned,
        attachments: message.attachments.into_iter().map(attachment).collect(),
        forwarded: message.forwarded.map(|forwarded| proto::Forwarded {
            author_id: forwarded.author.as_bytes().to_vec(),
            said_at_us: forwarded.said_at.micros(),
            text: forwarded.text,
        }),
    }
}

fn attachment(file: Attachment) -> proto::Attachment {
    let kind = match file.kind {
        FileKind::Image => proto::FileKind::Image,
        FileKind::Video => proto::FileKind::Video,
        FileKind::Audio => proto::FileKind::Audio,
        FileKind::Other => proto::FileKind::Other,
    };
    proto::Attachment {
        file_id: file.file.as_bytes().to_vec(),
        name: file.name.into(),
        media_type: file.media_type,
        bytes: file.bytes,
        kind: kind.into(),
        width: file.width,
        height: file.height,
        thumbhash: file.thumbhash.as_bytes().to_vec(),
        thumbnail: file.thumbnail,
        duration_ms: file.duration_ms,
    }
}

fn reaction(reaction: Reaction) -> proto::Reaction {
    proto::Reaction {
        emoji: reaction.emoji.into(),
        count: reaction.count,
        user_ids: reaction.users.iter().map(|user| user.as_bytes().to_vec()).collect(),
    }
}

/// The gRPC status of a refusal, with its code and when to come back in the
/// metadata.
pub(super) fn status(refusal: Refusal) -> Status {
    let mut status = Status::new(refusal.code.grpc_status().into(), refusal.message);
    let metadata = status.metadata_mut();
    metadata.insert("parlor-code", MetadataValue::from_static(refusal.code.as_str()));
    if let Some(wait) = refusal.retry_after {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        metadata.insert("parlor-retry-after-ms", ms.into());
    }
    status
}
