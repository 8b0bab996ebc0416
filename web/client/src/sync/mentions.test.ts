import { expect, test } from "vitest";
import type { ChatMessage } from "./log.js";
import { countUnread, fitting, NOBODY, nameBefore, pieces } from "./mentions.js";

const said = (seq: number, change: Partial<ChatMessage> = {}): ChatMessage => ({
  kind: "message",
  seq,
  authorId: "ben",
  text: "",
  mentions: NOBODY,
  replyTo: null,
  at: 0,
  editedAt: null,
  deleted: false,
  pinned: false,
  reactions: [],
  attachments: [],
  forwarded: null,
  version: seq,
  ...change,
});

test("rule_3_13 unread is what others wrote and did not delete, mentions are those of it that call one", () => {
  const me = { users: ["ada"], room: false };
  const entries = [
    said(1, { mentions: me }),
    said(2, { authorId: "ada", mentions: me }),
    said(3, { mentions: me }),
    said(4, { mentions: { users: [], room: true } }),
    said(5, { mentions: me, deleted: true }),
    said(6),
  ];
  expect(countUnread(entries, 1, "ada", new Set())).toEqual({ unread: 3, mentions: 2 });
  const without = countUnread(entries, 1, "ada", new Set([said(1).authorId]));
  expect(without, "who is blocked calls nobody").toEqual({ unread: 3, mentions: 0 });
  expect(countUnread(entries, 6, "ada", new Set())).toEqual({ unread: 0, mentions: 0 });
});

test("a name is being written after an at sign that ends no word", () => {
  expect(nameBefore("hi @Ad", 6)).toEqual({ at: 3, begun: "ad" });
  expect(nameBefore("@", 1)).toEqual({ at: 0, begun: "" });
  expect(nameBefore("你好 @小", 5)).toEqual({ at: 3, begun: "小" });
  expect(nameBefore("hi @ad", 4)).toEqual({ at: 3, begun: "" });
  for (const text of ["ada@ex", "@ada ", "@@a", "hi"]) expect(nameBefore(text, text.length), text).toBeNull();
});

test("those whose name begins so come first", () => {
  const person = (name: string, display_name: string) => ({ id: name, name, display_name });
  const all = [
    person("bo", "Lada"),
    person("adam", "Adam"),
    person("cy", "Cy Adler"),
    person("dan", "Dan"),
    person("小艾", ""),
  ];
  const everybody = person("room", "everybody in this room");
  const found = (begun: string) => fitting(all, begun, everybody).map(({ name }) => name);
  expect(found("ad")).toEqual(["adam", "cy", "bo"]);
  expect(found(""), "nor by the key after an @").toEqual(["adam", "bo", "cy", "dan", "小艾", "room"]);
  expect(found("ro")).toEqual(["room"]);
  expect(found("b"), "nobody calls a whole room by accident").toEqual(["bo"]);
});

test("only names that the server has found are marked in a text", () => {
  const called = new Set(["ada", "room"]);
  const marked = (text: string) => pieces(text, called).flatMap(({ text, call }) => (call ? [text] : []));
  expect(marked("@Ada, @ben and @room.")).toEqual(["@Ada", "@room"]);
  expect(marked("ada@ada @@ada @adam")).toEqual([]);
  expect(pieces("to @ada.", called)).toEqual([
    { text: "to ", call: false },
    { text: "@ada", call: true },
    { text: ".", call: false },
  ]);
});
