import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { sharedFile } from "../../test/fake-rest.js";
import { OTHER, ROOM } from "../../test/fake-server.js";
import { message, page } from "../../test/page.js";
import {
  type EventSchema,
  type Events,
  EventsSchema,
  FileKind,
  Role,
} from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { idToBytes } from "../net/id.js";
import { Log } from "./log.js";

type Body = NonNullable<MessageInitShape<typeof EventSchema>["body"]>;

function run(firstSeq: number, bodies: Body[], epoch = 1n): Events {
  const events = bodies.map((body, at) => ({
    seq: BigInt(firstSeq + at),
    atUs: BigInt(firstSeq + at) * 1_000_000n,
    actorId: idToBytes(OTHER),
    body,
  }));
  return create(EventsSchema, { logId: idToBytes(ROOM), epoch, firstSeq: BigInt(firstSeq), events });
}
const posted = (text: string): Body => ({ case: "messagePosted", value: { text } });
const edited = (messageSeq: number, text: string): Body => ({
  case: "messageEdited",
  value: { messageSeq: BigInt(messageSeq), text },
});
const deleted = (messageSeq: number): Body => ({
  case: "messageDeleted",
  value: { messageSeq: BigInt(messageSeq) },
});

function loaded(...seqs: number[]): Log {
  const log = new Log(ROOM);
  log.load(
    page(
      seqs.map((seq) => message(seq)),
      seqs.at(-1) ?? 0,
    ),
  );
  return log;
}
const texts = (log: Log) =>
  log.entries.map((entry) => (entry.kind === "message" ? entry.text : entry.change.what));

describe("following", () => {
  test("rule_4_2 events are applied once and in order", () => {
    const log = loaded(1, 2);
    expect(log.apply(run(3, [posted("three"), posted("four")]))).toHaveLength(2);
    expect(log.apply(run(2, [posted("again"), posted("again"), posted("again")]))).toHaveLength(0);
    expect(texts(log)).toEqual(["text 1", "text 2", "three", "four"]);
    expect(log.seq).toBe(4);
  });

  test("rule_4_3 what lies behind a hole waits until the hole is filled", () => {
    const log = loaded(1);
    expect(log.apply(run(3, [posted("three")]))).toHaveLength(0);
    expect([log.seq, log.hasHole]).toEqual([1, true]);
    expect(log.apply(run(2, [posted("two")]))).toHaveLength(2);
    expect([log.seq, log.hasHole]).toEqual([3, false]);
    expect(texts(log)).toEqual(["text 1", "two", "three"]);
  });

  test("events of another epoch prove nothing", () => {
    const log = loaded(1);
    expect(log.apply(run(2, [posted("other")], 2n))).toHaveLength(0);
    expect(log.hasHole).toBe(false);
  });

  test("events that come while the page is loaded are put on top of it", () => {
    const log = new Log(ROOM);
    log.apply(run(2, [posted("two"), posted("three")]));
    expect(log.load(page([message(1), message(2)], 2)).map(({ seq }) => seq)).toEqual([3n]);
    expect(texts(log)).toEqual(["text 1", "text 2", "three"]);
  });

  test("a Reset forgets the position, and what comes after it is not lost", () => {
    const log = loaded(1, 2, 3);
    log.forget();
    log.apply(run(3, [posted("new three")], 2n));
    log.load(page([message(1)], 2, { epoch: "2" }));
    expect(texts(log)).toEqual(["text 1", "new three"]);
    expect([log.epoch, log.seq]).toEqual([2n, 3]);
  });

  test("joins, leaves, names and the archive are lines of the log", () => {
    const log = loaded(1);
    const user = idToBytes(OTHER);
    log.apply(
      run(2, [
        { case: "memberJoined", value: { userId: user } },
        { case: "roomRenamed", value: { name: "new", topic: "" } },
        { case: "roomArchived", value: { archived: true } },
        { case: "roomArchived", value: { archived: false } },
        { case: "memberLeft", value: { userId: user } },
      ]),
    );
    expect(texts(log)).toEqual(["text 1", "joined", "renamed", "archived", "restored", "left"]);
  });

  test("roles and bans are lines of the log", () => {
    const log = loaded(1);
    const userId = idToBytes(OTHER);
    log.apply(
      run(2, [
        { case: "roleChanged", value: { userId, role: Role.ADMIN } },
        { case: "memberBanned", value: { userId, wasMember: true } },
        { case: "memberUnbanned", value: { userId } },
      ]),
    );
    expect(log.entries.slice(1)).toMatchObject([
      { actorId: OTHER, change: { what: "role", userId: OTHER, role: "admin" } },
      { change: { what: "banned", userId: OTHER } },
      { change: { what: "unbanned", userId: OTHER } },
    ]);
  });

  test("rule_1_6 an event of an unknown kind takes its seq and shows nothing", () => {
    const log = loaded(1);
    log.apply(run(2, [{ case: undefined }, posted("three")]));
    expect(texts(log)).toEqual(["text 1", "three"]);
  });
});

describe("holding", () => {
  test("c10 what comes too early never keeps out what it waits for", () => {
    const log = loaded(1);
    const early = Array.from({ length: 5_000 }, (_, n) => posted(`early ${n}`));
    log.apply(run(3, early));
    expect([log.seq, log.hasHole]).toEqual([1, true]);
    expect(log.apply(run(2, [posted("late")])).length).toBe(2_001);
    expect(log.hasHole, "the newest were dropped and are asked for again").toBe(true);
  });
});

describe("versions", () => {
  test("an edit in the same run finds its message", () => {
    const log = loaded(1);
    log.apply(run(2, [posted("two"), edited(2, "two, better"), deleted(1)]));
    expect(texts(log)).toEqual(["", "two, better"]);
    expect(log.message(1)).toMatchObject({ deleted: true, version: 4 });
    expect(log.message(2)).toMatchObject({ version: 3, editedAt: 3_000 });
  });

  test("a page that is older than an event does not undo it", () => {
    const log = loaded(5);
    log.moreBefore = true;
    log.apply(run(6, [edited(4, "edited")]));
    log.prepend(page([message(4, "before the edit")], 5));
    expect(log.message(4)?.text).toBe("edited");
  });

  test("a page that is newer than an event is not undone by it", () => {
    const log = loaded(5);
    log.moreBefore = true;
    log.apply(run(6, [edited(4, "first edit")]));
    log.prepend(page([message(4, "second edit", { version: "7" })], 7));
    expect(log.message(4)?.text).toBe("second edit");
  });

  test("rule_3_9 the text of what was deleted later is not shown from its past", () => {
    const log = loaded(1);
    log.apply(
      run(2, [
        { case: "messagePosted", value: { text: "", erased: true } },
        { case: "messageEdited", value: { messageSeq: 2n, text: "", erased: true } },
        deleted(2),
      ]),
    );
    expect(log.message(2)).toMatchObject({ deleted: true, text: "", editedAt: null });
  });
});

describe("files", () => {
  const file = {
    fileId: idToBytes(OTHER),
    name: "plan.png",
    mediaType: "image/png",
    bytes: 1_234n,
    kind: FileKind.IMAGE,
    width: 800,
    height: 600,
    thumbhash: new Uint8Array([1, 2, 3]),
    thumbnail: true,
  };
  const shared: Body = { case: "messagePosted", value: { text: "", attachments: [file] } };
  const known = {
    id: OTHER,
    name: "plan.png",
    mediaType: "image/png",
    bytes: 1_234,
    kind: "image",
    width: 800,
    height: 600,
    thumbhash: "AQID",
    thumbnail: true,
    durationMs: 0,
  };

  test("c8 they are the same from an event and from a page, and go with the message", () => {
    const log = loaded(1);
    log.apply(run(2, [shared, edited(2, "look")]));
    expect(log.message(2)).toMatchObject({ text: "look", attachments: [known] });
    const told = sharedFile({
      id: OTHER,
      name: "plan.png",
      media_type: "image/png",
      bytes: "1234",
      kind: "image",
      width: 800,
      height: 600,
      thumbhash: "AQID",
      thumbnail: true,
    });
    const other = new Log(ROOM);
    other.load(page([message(2, "look", { attachments: [told] })], 2));
    expect(other.message(2)?.attachments).toEqual(log.message(2)?.attachments);
    log.apply(run(4, [deleted(2)]));
    expect(log.message(2)).toMatchObject({ deleted: true, attachments: [] });
  });
});

describe("reactions", () => {
  const put = (messageSeq: number, emoji: string): Body => ({
    case: "reactionAdded",
    value: { messageSeq: BigInt(messageSeq), emoji },
  });
  const back = (messageSeq: number, emoji: string): Body => ({
    case: "reactionRemoved",
    value: { messageSeq: BigInt(messageSeq), emoji },
  });
  const on = (log: Log, seq: number) =>
    log.message(seq)?.reactions.map(({ emoji, count }) => `${emoji}${count}`);

  test("rule_3_12 they follow the events, and go with the message", () => {
    const log = loaded(1);
    log.apply(run(2, [put(1, "👍"), put(1, "🎉"), back(1, "👍")]));
    expect(on(log, 1)).toEqual(["🎉1"]);
    expect(log.message(1)).toMatchObject({ version: 4, editedAt: null, text: "text 1" });
    log.apply(run(5, [deleted(1)]));
    expect(on(log, 1)).toEqual([]);
  });

  test("one that a page has brought already is not counted twice", () => {
    const log = loaded(5);
    log.moreBefore = true;
    log.apply(run(6, [put(4, "👍"), put(3, "👍")]));
    const there = { reactions: [{ emoji: "👍", count: 1, user_ids: [OTHER] }] };
    log.prepend(page([message(3), message(4, "text 4", { ...there, version: "6" })], 6));
    expect([on(log, 3), on(log, 4)]).toEqual([["👍1"], ["👍1"]]);
  });
});

describe("pins", () => {
  test("rule_3_15 they are lines of the log, and marks of the message", () => {
    const log = loaded(1);
    log.apply(run(2, [posted("two"), { case: "messagePinned", value: { messageSeq: 2n } }]));
    expect(texts(log)).toEqual(["text 1", "two", "pinned"]);
    expect(log.message(2)).toMatchObject({ pinned: true, version: 3 });
    log.apply(run(4, [{ case: "messageUnpinned", value: { messageSeq: 2n } }]));
    expect(log.message(2)).toMatchObject({ pinned: false, version: 4 });
    expect(texts(log)).toEqual(["text 1", "two", "pinned", "unpinned"]);
  });
});

describe("keeping", () => {
  test("the cache holds the newest entries and remembers that there are older ones", () => {
    const log = loaded(1, 2, 3);
    const cached = log.toCache(2);
    expect([cached.entries.length, cached.moreBefore, cached.seq]).toEqual([2, true, 3]);
    const again = new Log(ROOM);
    again.restore(structuredClone(cached));
    again.apply(run(4, [posted("four")]));
    expect(texts(again)).toEqual(["text 2", "text 3", "four"]);
  });

  test("a page that comes after older ones does not say where the log begins", () => {
    const log = new Log(ROOM);
    log.load(page([message(5), message(6)], 6, { more_before: true }));
    const past = new Log(ROOM);
    past.load(
      page(
        [1, 2, 3, 4, 5].map((seq) => message(seq)),
        6,
        { more_after: true },
      ),
    );
    log.join(past.entries, past.moreBefore);
    expect(log.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    log.prepend(page([message(3), message(4)], 6, { more_before: true }));
    expect(log.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(log.moreBefore).toBe(false);
  });

  test("older pages go before, without doubles", () => {
    const log = new Log(ROOM);
    log.load(page([message(3), message(4)], 4, { more_before: true }));
    expect(log.oldestSeq).toBe(3);
    log.prepend(page([message(1), message(2), message(3)], 4));
    expect(texts(log)).toEqual(["text 1", "text 2", "text 3", "text 4"]);
    expect(log.moreBefore).toBe(false);
  });
});
