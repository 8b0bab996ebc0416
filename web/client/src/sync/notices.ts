// What in the list of rooms is worth telling somebody who looks elsewhere. Pure.
import { type RoomEntry, unreadOf } from "./rooms.js";

/** A room in which more is unread than before that its user wants to hear of. */
export interface Notice {
  room: RoomEntry;
  /** Up to here the room was known before. */
  after: number;
  /** Nothing but mentions is wanted of this room. */
  onlyMentions: boolean;
}

type Rooms = readonly RoomEntry[];

/** What the second list tells that the first did not; a room that was not in it tells nothing. */
export function noticesBetween(before: Rooms, now: Rooms): Notice[] {
  const known = new Map(before.map((room) => [room.id, room]));
  return now.flatMap((room) => {
    const old = known.get(room.id);
    // More unread at the same place was read before and marked unread again.
    if (old === undefined || room.head <= old.head || unreadOf(room) <= unreadOf(old)) return [];
    return [{ room, after: old.head, onlyMentions: room.notify === "mentions" }];
  });
}

/** Somebody was mentioned who was not before. */
export function mentionedBetween(before: Rooms, now: Rooms): boolean {
  const known = new Map(before.map(({ id, mentions }) => [id, mentions]));
  return now.some(({ id, mentions, notify }) => notify !== "none" && mentions > (known.get(id) ?? mentions));
}
