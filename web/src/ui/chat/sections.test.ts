import type { RoomSummary } from "parlor-client/net/rest";
import { summaryEntry, unreadOf } from "parlor-client/sync/rooms";
import { describe, expect, test } from "vitest";
import { summary } from "../../../client/test/fake-rest";
import { firstRoom, inOrder, sections } from "./sections";

/** A room that is called like its id. */
const room = (id: string, change: Partial<RoomSummary> = {}) =>
  summaryEntry(summary({ id, name: id, head: "9", ...change }));
const ids = (rooms: readonly { id: string }[]) => rooms.map(({ id }) => id);

describe("unread", () => {
  test("is what the user wants to be told of", () => {
    const counts = { unread: 3, mentions: 1 };
    expect(unreadOf(room("all", counts))).toBe(3);
    expect(unreadOf(room("mentions", { ...counts, notify: "mentions" }))).toBe(1);
    expect(unreadOf(room("none", { ...counts, notify: "none" }))).toBe(0);
  });

  test("is a section of its own, before all others", () => {
    const rooms = [
      room("read"),
      room("unread", { unread: 1 }),
      room("favourite", { unread: 1, favourite: true }),
      room("talked in", { unread: 5, notify: "mentions" }),
      room("called in", { unread: 5, mentions: 1, notify: "mentions" }),
      room("muted", { unread: 5, mentions: 1, notify: "none" }),
    ];
    const parts = sections(rooms, null, false);
    expect(ids(parts.unread)).toEqual(["unread", "favourite", "called in"]);
    expect(ids(parts.rooms)).toEqual(["read", "talked in", "muted"]);
  });

  test("the room on screen stays where it was when it was entered, unless it is muted", () => {
    expect(ids(sections([room("a")], "a", true).unread)).toEqual(["a"]);
    expect(ids(sections([room("a", { unread: 2 })], "a", false).rooms)).toEqual(["a"]);
    expect(ids(sections([room("a", { notify: "none" })], "a", true).rooms)).toEqual(["a"]);
  });
});

test("a new device reads nothing by itself", () => {
  const rooms = [
    room("unread", { unread: 2 }),
    room("muted", { unread: 1, notify: "none" }),
    room("archived", { archived: true }),
    room("read"),
  ];
  expect(firstRoom(rooms, null)?.id).toBe("read");
  expect(firstRoom(rooms.slice(0, 3), "gone")).toBeUndefined();
  expect(firstRoom(rooms, "unread")?.id).toBe("unread");
});

test("favourites of every kind come after what is unread, then people, rooms and the archive", () => {
  const rooms = [
    room("room"),
    room("archived", { archived: true }),
    room("person", { visibility: "direct" }),
    room("nobody yet", { visibility: "direct", head: "3" }),
    room("unread", { unread: 1 }),
    room("favourite room", { favourite: true }),
    room("favourite person", { favourite: true, visibility: "direct", head: "3" }),
    room("favourite, archived", { favourite: true, archived: true }),
  ];
  const parts = sections(rooms, null, false);
  expect(ids(parts.favourites)).toEqual(["favourite room", "favourite person", "favourite, archived"]);
  expect(ids(inOrder(parts))).toEqual(["unread", ...ids(parts.favourites), "person", "room", "archived"]);
});
