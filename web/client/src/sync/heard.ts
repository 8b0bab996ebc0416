// What an event of a room changes of how the room stands in the list.
import type { Event } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "../net/id.js";
import { fromWire, gistOf } from "./attachments.js";
import { milliseconds } from "./log.js";
import { mentioned } from "./mentions.js";
import type { RoomEntry } from "./rooms.js";

/** Counts what the server's own counts do not include yet: those reach to the head it told. */
export function changeOf(
  room: RoomEntry,
  event: Event,
  me: string,
  blocked: ReadonlySet<string>,
): Partial<RoomEntry> {
  const { body } = event;
  const seq = Number(event.seq);
  const isNew = seq > room.head;
  const change: Partial<RoomEntry> = { head: Math.max(room.head, seq) };
  switch (body.case) {
    case "messagePosted": {
      const actor = bytesToId(event.actorId);
      if (actor !== me && !body.value.erased && isNew && seq > room.readSeq) {
        change.unread = room.unread + 1;
        const { mentionIds, mentionsRoom } = body.value;
        const mentions = { users: mentionIds.map(bytesToId), room: mentionsRoom };
        if (!blocked.has(actor) && mentioned(mentions, me)) change.mentions = room.mentions + 1;
      }
      change.preview = (body.value.text || (body.value.forwarded?.text ?? "")).slice(0, 120);
      change.previewFiles = change.preview === "" ? gistOf(body.value.attachments.map(fromWire)) : null;
      change.lastAt = milliseconds(event.atUs);
      break;
    }
    case "roomRenamed":
      change.name = body.value.name;
      change.topic = body.value.topic;
      break;
    case "roomArchived":
      change.archived = body.value.archived;
      break;
    case "memberJoined":
      if (isNew) change.members = room.members + 1;
      break;
    case "memberLeft":
    case "memberBanned": {
      // One's own departure is told by one's own log: here it may be long ago, with a
      // return after it. Whoever is only kept out was never counted.
      const wasMember = body.case === "memberLeft" || body.value.wasMember;
      if (wasMember && isNew) change.members = room.members - 1;
      break;
    }
    default:
  }
  return change;
}
