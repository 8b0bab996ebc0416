// The order of the room list: what is unread first, then favourites, people and
// rooms, each by name.
import { isUnused, type RoomEntry, unreadOf } from "parlor-client/sync/rooms";

export interface Sections {
  unread: RoomEntry[];
  favourites: RoomEntry[];
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
  const result: Sections = { unread: [], favourites: [], directs: [], rooms: [], archived: [] };
  for (const room of rooms) {
    const stays = shownUnread && room.notify !== "none";
    const unread = room.id === current ? stays : unreadOf(room) > 0;
    if (unread) result.unread.push(room);
    else if (room.favourite) result.favourites.push(room);
    else if (room.visibility === "direct") {
      if (room.id === current || !isUnused(room)) result.directs.push(room);
    } else if (room.archived) result.archived.push(room);
    else result.rooms.push(room);
  }
  return result;
}

/** The room that opens where nobody chose one: the last one of this device, else one in which
    nothing waits, since opening it is reading it. */
export function firstRoom(rooms: readonly RoomEntry[], last: string | null): RoomEntry | undefined {
  return (
    rooms.find(({ id }) => id === last) ?? rooms.find(({ archived, unread }) => !archived && unread === 0)
  );
}

export function inOrder({ unread, favourites, directs, rooms, archived }: Sections): RoomEntry[] {
  return [...unread, ...favourites, ...directs, ...rooms, ...archived];
}
