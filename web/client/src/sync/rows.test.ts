import { expect, test } from "vitest";
import { OTHER, ROOM, USER } from "../../test/fake-server.js";
import type { ChatMessage, Entry } from "./log.js";
import { NOBODY } from "./mentions.js";
import type { IntentBody, Pending } from "./outbox.js";
import { buildRows, type Row } from "./rows.js";

const NOON = new Date(2026, 10, 21, 12, 0, 0).getTime();
const MINUTE = 60_000;

const said = (seq: number, at: number, authorId = OTHER): ChatMessage => ({
  kind: "message",
  seq,
  authorId,
  text: `text ${seq}`,
  mentions: NOBODY,
  replyTo: null,
  at,
  editedAt: null,
  deleted: false,
  pinned: false,
  reactions: [],
  attachments: [],
  forwarded: null,
  version: seq,
});
const pending = (body: IntentBody, change: Partial<Pending> = {}): Pending => ({
  requestId: "r",
  roomId: ROOM,
  owner: "tab",
  order: 1,
  at: NOON + 2 * MINUTE,
  body,
  failure: null,
  state: "queued",
  seq: null,
  ...change,
});
const rows = (entries: Entry[], change: Partial<Parameters<typeof buildRows>[0]> = {}) =>
  buildRows({
    entries,
    pending: [],
    divider: null,
    moreBefore: false,
    me: USER,
    blocked: new Set(),
    ...change,
  });
const keys = (all: Row[]) => all.map(({ key, kind }) => (kind === "day" ? "day" : key));

test("each day is named once", () => {
  const day = 24 * 60 * MINUTE;
  expect(keys(rows([said(1, NOON), said(2, NOON + MINUTE), said(3, NOON + day)]))).toEqual([
    "day",
    "m1",
    "m2",
    "day",
    "m3",
  ]);
});

test("the first day is not named while older messages of it may come: no line moves when they do", () => {
  expect(keys(rows([said(1, NOON)], { moreBefore: true }))).toEqual(["m1"]);
});

test("the divider stands before the first unread message of somebody else", () => {
  const entries = [said(1, NOON), said(2, NOON, USER), said(3, NOON)];
  expect(keys(rows(entries, { divider: 1 }))).toEqual(["day", "m1", "m2", "unread", "m3"]);
  expect(keys(rows(entries, { divider: 3 }))).not.toContain("unread");
});

test("an author is named again after a pause, and a minute is told once", () => {
  const all = rows([
    said(1, NOON),
    said(2, NOON + 1_000),
    said(3, NOON + MINUTE),
    said(4, NOON + 20 * MINUTE),
  ]);
  const flags = all.flatMap((row) => (row.kind === "message" ? [[row.continued, row.sameMinute]] : []));
  expect(flags).toEqual([
    [false, false],
    [true, true],
    [true, false],
    [false, false],
  ]);
});

test("what waits stands at the end with its state", () => {
  const all = rows([said(1, NOON)], { pending: [pending({ what: "post", text: "mine", replyTo: null })] });
  expect(all.at(-1)).toMatchObject({ key: "r", text: "mine", state: "queued", seq: 0, authorId: USER });
});

test("a line that the log shows already is not shown twice", () => {
  const sent = pending({ what: "post", text: "mine", replyTo: null }, { state: "sent", seq: 1 });
  expect(keys(rows([said(1, NOON, USER)], { pending: [sent] }))).toEqual(["day", "m1"]);
});

test("an edit under way shows its text, a deletion under way hides it, a refused one does not", () => {
  const entries = [said(1, NOON, USER)];
  const edit = rows(entries, { pending: [pending({ what: "edit", seq: 1, text: "better" })] });
  expect(edit.at(-1)).toMatchObject({ text: "better", edited: true, state: "queued" });
  const remove = pending({ what: "delete", seq: 1 });
  expect(rows(entries, { pending: [remove] }).at(-1)).toMatchObject({ deleted: true });
  const refused = { ...remove, state: "failed" as const, failure: { code: 3, message: "no" } };
  expect(rows(entries, { pending: [refused] }).at(-1)).toMatchObject({ deleted: false, state: "failed" });
});

test("a reaction under way shows at once and waits, a refused one shows what is", () => {
  const message = { ...said(1, NOON), reactions: [{ emoji: "👍", count: 1, users: [OTHER] }] };
  const react = (emoji: string, on: boolean, change: Partial<Pending> = {}) =>
    pending({ what: "react", seq: 1, emoji, on }, change);
  const chips = (...wishes: Pending[]) => {
    const row = rows([message], { pending: wishes }).at(-1);
    return row?.kind === "message"
      ? row.reactions.map(({ emoji, count, mine, waiting }) => [emoji, count, mine, waiting])
      : [];
  };
  expect(chips(react("👍", true))).toEqual([["👍", 2, true, true]]);
  expect(chips(react("🎉", true, { state: "sent" }))).toEqual([
    ["👍", 1, false, false],
    ["🎉", 1, true, false],
  ]);
  expect(chips(react("👍", true), react("👍", false))).toEqual([["👍", 1, false, true]]);
  const refused = react("👍", true, { state: "failed", failure: { code: 5, message: "no" } });
  expect(chips(refused)).toEqual([["👍", 1, false, false]]);
  expect(rows([message], { pending: [refused] }).at(-1)).toMatchObject({ state: "sent", refused: [refused] });
});

test("a pin under way shows at once, the last wish counts", () => {
  const message = { ...said(1, NOON), pinned: true };
  const pin = (on: boolean, change: Partial<Pending> = {}) => pending({ what: "pin", seq: 1, on }, change);
  const pinned = (...wishes: Pending[]) => {
    const row = rows([message], { pending: wishes }).at(-1);
    return row?.kind === "message" && row.pinned;
  };
  expect([pinned(), pinned(pin(false)), pinned(pin(false), pin(true))]).toEqual([true, false, true]);
  expect(pinned(pin(false, { state: "failed", failure: { code: 5, message: "no" } }))).toBe(true);
});

test("what somebody blocked says is folded, calls nobody, and leaves the others as they are", () => {
  const calls = { users: [USER], room: false };
  const entries = [
    { ...said(1, NOON), mentions: calls },
    { ...said(2, NOON), deleted: true },
    { ...said(3, NOON, USER), mentions: calls },
  ];
  const folds = (blocked: string[]) =>
    rows(entries, { blocked: new Set(blocked) }).flatMap((row) =>
      row.kind === "message" ? [[row.folded, row.callsMe]] : [],
    );
  expect(folds([])).toEqual([
    [false, true],
    [false, false],
    [false, false],
  ]);
  expect(folds([OTHER])[0]).toEqual([true, false]);
  expect(folds([OTHER])[1]?.[0], "a tombstone says nothing").toBe(false);
});

test("what somebody blocked said is folded where others pass it on, and their own words are not", () => {
  const words = { authorId: OTHER, at: NOON, text: "the plan" };
  const entries = [said(1, NOON, USER), { ...said(2, NOON, USER), forwarded: words }];
  const waiting = pending({ what: "forward", source: ROOM, seq: 9, text: "look", said: words });
  const folds = (blocked: string[]) =>
    rows(entries, { blocked: new Set(blocked), pending: [waiting] }).flatMap((row) =>
      row.kind === "message" ? [[row.folded, row.foldsSaid]] : [],
    );
  const nothing = [false, false];
  expect(folds([])).toEqual([nothing, nothing, nothing]);
  expect(folds([OTHER])).toEqual([nothing, [false, true], [false, true]]);
  expect(folds([]), "and unfolded when the block is lifted").toEqual([nothing, nothing, nothing]);
});

test("others' words alone do not stand below a line as if they belonged to it", () => {
  const words = { authorId: OTHER, at: NOON, text: "the plan" };
  const all = rows([
    said(1, NOON, USER),
    { ...said(2, NOON, USER), text: "", forwarded: words },
    { ...said(3, NOON, USER), forwarded: words },
  ]);
  expect(all.flatMap((row) => (row.kind === "message" ? [row.continued] : []))).toEqual([false, false, true]);
});

test("an answer has the message it answers, where that is loaded, and as it is now", () => {
  const answer = { ...said(9, NOON), replyTo: 4 };
  const quotedBy = (entries: Entry[], all: Partial<Parameters<typeof buildRows>[0]> = {}) => {
    const row = rows(entries, all).at(-1);
    return row?.kind === "message" ? [row.replyTo, row.quoted?.text] : null;
  };
  expect(quotedBy([said(2, NOON), said(4, NOON), said(7, NOON), answer])).toEqual([4, "text 4"]);
  expect(quotedBy([said(5, NOON), answer])).toEqual([4, undefined]);
  const waiting = pending({ what: "post", text: "mine", replyTo: 4 });
  expect(quotedBy([said(4, NOON)], { pending: [waiting] })).toEqual([4, "text 4"]);
});

test("x5 what has not changed is the same row again, and what has is another", () => {
  const entries = [said(1, NOON), { ...said(2, NOON + 1), replyTo: 1 }, said(3, NOON + 2)];
  const first = rows(entries);
  const more = rows([...entries, said(4, NOON + 3)]);
  for (const [index, row] of first.entries()) if (row.kind !== "day") expect(more[index]).toBe(row);
  const react = pending({ what: "react", seq: 3, emoji: "👍", on: true });
  expect(rows(entries, { pending: [react] }).at(-1)).toMatchObject({ reactions: [{ count: 1, mine: true }] });
  expect(rows(entries).at(-1)).toBe(first.at(-1));
  const edited = rows([{ ...said(1, NOON), text: "better" }, ...entries.slice(1)]);
  expect(edited[2]).toMatchObject({ key: "m2", quoted: { text: "better" } });
  expect(rows(entries, { blocked: new Set([OTHER]) }).at(-1)).toMatchObject({ folded: true });
  expect(rows(entries, { me: OTHER }).at(-1)).not.toBe(first.at(-1));
  expect(rows(entries.slice(1)).at(1), "it begins a run now").toMatchObject({ key: "m2", continued: false });
});

test("a forward shows what it passes on while it is on its way, and no more once it is deleted", () => {
  const passedOn = { authorId: OTHER, at: NOON, text: "the plan" };
  const forward: IntentBody = { what: "forward", source: ROOM, seq: 1, text: "look", said: passedOn };
  const all = rows([said(1, NOON)], { pending: [pending(forward)] });
  expect(all.at(-1)).toMatchObject({
    text: "look",
    forwarded: passedOn,
    seq: 0,
    state: "queued",
    uploads: [],
  });
  const there = { ...said(2, NOON), forwarded: passedOn };
  expect(rows([there]).at(-1)).toMatchObject({ seq: 2, forwarded: passedOn });
  const remove = pending({ what: "delete", seq: 2 });
  expect(rows([there], { pending: [remove] }).at(-1)).toMatchObject({ deleted: true, forwarded: null });
});
