import { expect, test } from "vitest";
import { summary } from "../../test/fake-rest.js";
import { mentionedBetween, noticesBetween } from "./notices.js";
import { type RoomEntry, summaryEntry } from "./rooms.js";

const room = (head: number, change: Partial<RoomEntry> = {}): RoomEntry => ({
  ...summaryEntry(summary({ head: `${head}` })),
  ...change,
});
const told = (before: RoomEntry, now: RoomEntry) =>
  noticesBetween([before], [now]).map(({ after, onlyMentions }) => [after, onlyMentions]);

test("what is new is told as the room's level has it", () => {
  const now = { unread: 2, mentions: 0 };
  const called = { unread: 3, mentions: 1 };
  expect(told(room(5, { unread: 1 }), room(6, now))).toEqual([[5, false]]);
  expect(told(room(5, { notify: "mentions" }), room(6, { ...now, notify: "mentions" }))).toEqual([]);
  expect(told(room(6, { notify: "mentions" }), room(7, { ...called, notify: "mentions" }))).toEqual([
    [6, true],
  ]);
  expect(told(room(6, { notify: "none" }), room(7, { ...called, notify: "none" }))).toEqual([]);
});

test("what was read and marked unread again is no news, nor is a room that was just joined", () => {
  expect(told(room(6), room(6, { unread: 3 }))).toEqual([]);
  expect(told(room(6, { unread: 3 }), room(7, { unread: 3 }))).toEqual([]);
  expect(noticesBetween([], [room(6, { unread: 3 })])).toEqual([]);
});

test("the first mention is seen, unless the room is silent", () => {
  expect(mentionedBetween([room(5)], [room(6, { mentions: 1 })])).toBe(true);
  expect(mentionedBetween([room(5, { mentions: 1 })], [room(6, { mentions: 1 })])).toBe(false);
  expect(mentionedBetween([room(5)], [room(6, { mentions: 1, notify: "none" })])).toBe(false);
  expect(mentionedBetween([], [room(6, { mentions: 1 })])).toBe(false);
});
