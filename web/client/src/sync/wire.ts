// Where what the core means and what the wire says meet.
import type { Event } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes } from "../net/id.js";
import type { Room, User } from "../net/rest.js";
import type { RequestBody } from "../net/session.js";
import type { Intent } from "./outbox.js";

/** `uploads` knows what the server calls the files of a message. */
export function requestBody(
  { roomId: room, body }: Intent,
  uploads: { ids(keys: readonly string[]): string[] },
): RequestBody {
  const roomId = idToBytes(room);
  switch (body.what) {
    case "post":
      return {
        case: "post",
        value: {
          roomId,
          text: body.text,
          replyTo: BigInt(body.replyTo ?? 0),
          attachmentIds: uploads.ids(body.files ?? []).map(idToBytes),
        },
      };
    case "forward": {
      const forwardOf = { roomId: idToBytes(body.source), seq: BigInt(body.seq) };
      return { case: "post", value: { roomId, text: body.text, forwardOf } };
    }
    case "edit":
      return { case: "edit", value: { roomId, seq: BigInt(body.seq), text: body.text } };
    case "delete":
      return { case: "delete", value: { roomId, seq: BigInt(body.seq) } };
    case "pin":
      return { case: "pin", value: { roomId, seq: BigInt(body.seq), remove: !body.on } };
    case "react":
      return { case: "react", value: { roomId, seq: BigInt(body.seq), emoji: body.emoji, remove: !body.on } };
  }
}

/** Everybody whom these events name. */
export function* peopleIn(events: readonly Event[]): Generator<string> {
  for (const { actorId, body } of events) {
    yield bytesToId(actorId);
    switch (body.case) {
      case "messagePosted":
        if (body.value.forwarded !== undefined) yield bytesToId(body.value.forwarded.authorId);
        yield* body.value.mentionIds.map(bytesToId);
        break;
      case "messageEdited":
        yield* body.value.mentionIds.map(bytesToId);
        break;
      case "memberJoined":
      case "memberLeft":
      case "roleChanged":
      case "memberBanned":
      case "memberUnbanned":
        yield bytesToId(body.value.userId);
    }
  }
}

/** The other ones, of direct rooms. */
export function peersOf(rooms: readonly Room[]): User[] {
  return rooms.flatMap(({ peer }) => (peer === null ? [] : [peer]));
}
