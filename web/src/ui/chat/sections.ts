// The order of the room list: what is unread first, then by name.
import type { RoomEntry } from "../../sync/rooms";

export interface Sections {
  unread: RoomEntry[];
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
  const result: Sections = { unread: [], rooms: [], archived: [] };
  for (const room of rooms) {
    const unread = room.id === current ? shownUnread : room.unread > 0;
    if (unread) result.unread.push(room);
    else if (room.archived) result.archived.push(room);
    else result.rooms.push(room);
  }
  return result;
}

export function inOrder({ unread, rooms, archived }: Sections): RoomEntry[] {
  return [...unread, ...rooms, ...archived];
}
