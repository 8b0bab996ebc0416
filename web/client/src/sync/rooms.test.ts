import { describe, expect, test } from "vitest";
import { summary } from "../../test/fake-rest.js";
import { ROOM } from "../../test/fake-server.js";
import type { RoomSummary } from "../net/rest.js";
import { keptEntry, type RoomEntry, RoomList, summaryEntry } from "./rooms.js";

const listed = (change: Partial<RoomSummary>) => summaryEntry(summary(change));
const nobody = () => false;

function list(change: Partial<RoomSummary>): RoomList {
  const rooms = new RoomList();
  rooms.load([listed(change)]);
  return rooms;
}

describe("merging a fetched list", () => {
  test("preferences are as it says, but for those that are on their way from here", () => {
    const rooms = list({ head: "5", notify: "none", favourite: true });
    rooms.merge([listed({ head: "6" })], (id) => id === ROOM);
    expect(rooms.get(ROOM)).toMatchObject({ head: 6, notify: "none", favourite: true });
    rooms.merge([listed({ head: "6", notify: "mentions" })], nobody);
    expect(rooms.get(ROOM)).toMatchObject({ notify: "mentions", favourite: false });
  });

  test("a room that is ahead of it keeps what its log counted, and takes the rest", () => {
    const rooms = list({ head: "5", members: 3, role: "member" });
    rooms.change(ROOM, { head: 6, members: 4 });
    rooms.merge([listed({ head: "5", members: 3, role: "admin", notify: "none" })], nobody);
    expect(rooms.get(ROOM)).toMatchObject({ head: 6, members: 4, role: "admin", notify: "none" });
  });
});

test("a list of the same place counts without whom the user blocks by now", () => {
  const at = { head: "5", read_seq: "2", unread: 3 };
  const rooms = list({ ...at, mentions: 2 });
  rooms.merge([listed({ ...at, mentions: 1 })], nobody);
  expect(rooms.get(ROOM)).toMatchObject({ unread: 3, mentions: 1 });
  rooms.change(ROOM, { readSeq: 5, unread: 0, mentions: 0 });
  rooms.merge([listed({ ...at, mentions: 1 })], nobody);
  expect(rooms.get(ROOM), "what was read meanwhile stays read").toMatchObject({ unread: 0, mentions: 0 });
});

describe("what a room tells of itself", () => {
  test("leaves counts and preferences of a known one as they are", () => {
    const rooms = list({ head: "5", read_seq: "2", unread: 3, mentions: 1, favourite: true, notify: "none" });
    const before = rooms.get(ROOM);
    const { notify: _, favourite: __, ...room } = summary({ name: "new", archived: true, head: "7" });
    rooms.put(room);
    expect(rooms.get(ROOM)).toEqual({ ...before, name: "new", archived: true });
  });

  test("begins a new one with nothing unread and nothing chosen", () => {
    const rooms = new RoomList();
    rooms.put(summary({ head: "7", unread: 4 }));
    expect(rooms.get(ROOM)).toMatchObject({
      readSeq: 7,
      unread: 0,
      members: 2,
      notify: "all",
      favourite: false,
    });
  });
});

test("what an older version kept is completed", () => {
  const { notify: _, favourite: __, peerId: ___, ...old } = listed({ unread: 2 });
  expect(keptEntry(old as RoomEntry)).toEqual(listed({ unread: 2 }));
  expect(keptEntry(listed({ notify: "none" })).notify).toBe("none");
});
