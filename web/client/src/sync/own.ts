// What the log of the user alone says: friends, drafts, read positions of other devices.
import { notifyOf, roleOf } from "../net/enums.js";
import type { Event } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "../net/id.js";
import type { Tie, User } from "../net/rest.js";
import type { DraftStore } from "./drafts.js";
import type { FriendStore } from "./friends.js";
import type { PeopleStore } from "./people.js";
import type { PreferenceWishes } from "./preferences.js";
import type { PrivacyStore } from "./privacy.js";
import type { ReadWishes } from "./reads.js";
import type { RoomList } from "./rooms.js";

export interface OwnParts {
  user: User;
  rooms: RoomList;
  people: PeopleStore;
  friends: FriendStore;
  drafts: DraftStore;
  privacy: PrivacyStore;
  reads: ReadWishes;
  preferences: PreferenceWishes;
  /** The user is in a room no longer. */
  left(roomId: string): void;
  refreshRooms(): Promise<void>;
  /** Something changed that the list of rooms tells too; one that is on its way may be older. */
  newerThanList(): void;
  /** The list of rooms shall be kept as it is now. */
  keepRooms(): void;
}

export class OwnLog {
  readonly #parts: OwnParts;

  constructor(parts: OwnParts) {
    this.#parts = parts;
  }

  apply({ body, seq: at }: Event): void {
    const { rooms, people, friends, drafts, privacy, reads, preferences, newerThanList } = this.#parts;
    switch (body.case) {
      case "roomAdded":
        return void this.#parts.refreshRooms();
      case "roomRemoved":
        this.#parts.left(bytesToId(body.value.roomId));
        return newerThanList();
      case "readMoved":
        reads.moved(bytesToId(body.value.roomId), { at, seq: Number(body.value.seq) });
        return newerThanList();
      case "profileChanged": {
        const { displayName: display_name, statusText: status_text, statusEmoji: status_emoji } = body.value;
        const avatar = body.value.avatar.length === 16 ? bytesToId(body.value.avatar) : null;
        const { id, name } = this.#parts.user;
        people.add([{ id, name, display_name, status_text, status_emoji, avatar }]);
        return this.#parts.keepRooms();
      }
      case "ownRoleChanged":
        rooms.change(bytesToId(body.value.roomId), { role: roleOf(body.value.role) });
        return newerThanList();
      case "preferencesChanged": {
        const { roomId, notify, favourite } = body.value;
        preferences.told(bytesToId(roomId), { notify: notifyOf(notify), favourite });
        return newerThanList();
      }
      case "accountDeleted":
        return people.ask(bytesToId(body.value.userId));
      case "draftChanged": {
        const { roomId, text, replyTo, superseded } = body.value;
        if (superseded) return;
        return drafts.told(bytesToId(roomId), at, { text, replyTo: Number(replyTo) || null });
      }
      case "privacyChanged": {
        const { invisible, readMarks } = body.value;
        return privacy.told({ invisible, read_marks: readMarks });
      }
      case "partnerRead": {
        rooms.change(bytesToId(body.value.roomId), { peerReadSeq: Number(body.value.seq) });
        return newerThanList();
      }
      case "friendRequested":
        return this.#tied(body.value.userId, body.value.outgoing ? "requested" : "asked");
      case "friendAdded":
        return this.#tied(body.value.userId, "friends");
      case "friendRemoved":
        return this.#tied(body.value.userId, null);
      case "userBlocked":
      case "userUnblocked":
        friends.blocks(bytesToId(body.value.userId), body.case === "userBlocked");
        // What mentions the user counts anew.
        return void this.#parts.refreshRooms();
      default:
    }
  }

  #tied(user: Uint8Array, tie: Tie | null): void {
    const id = bytesToId(user);
    this.#parts.people.need([id]);
    this.#parts.friends.tied(id, tie);
  }
}
