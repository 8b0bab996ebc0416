// The order of the room list: what is unread first, then people, then rooms,
// each by name.
import { isUnused, type RoomEntry } from "../../sync/rooms";

export interface Sections {
  unread: RoomEntry[];
  directs: RoomEntry[];
  rooms: RoomEntry[];
  archived: RoomEntry[];
}

/** `shownUnread` is the room on screen where it was unread when it was entered:
    it stays where it is while it is read. */
export function sections(
  rooms: readonly RoomEntry[],
  current: string | null,
  shownUnread: boolean,
): Sections {
  const result: Sections = { unread: [], directs: [], rooms: [], archived: [] };
  for (const room of rooms) {
    const unread = room.id === current ? shownUnread : room.unread > 0;
    if (unread) result.unread.push(room);
    else if (room.visibility === "direct") {
      if (room.id === current || !isUnused(room)) result.directs.push(room);
    } else if (room.archived) result.archived.push(room);
    else result.rooms.push(room);
  }
  return result;
}

export function inOrder({ unread, directs, rooms, archived }: Sections): RoomEntry[] {
  return [...unread, ...directs, ...rooms, ...archived];
}
