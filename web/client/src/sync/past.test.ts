import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { OTHER, ROOM } from "../../test/fake-server.js";
import { message, page } from "../../test/page.js";
import { EventSchema } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { idToBytes } from "../net/id.js";
import { Problem, Unreachable } from "../net/rest.js";
import { Past } from "./past.js";

const HEAD = 100;
const PAGE = 10;

/** Pages of a room with so many messages; `away` fails the next one. */
function room() {
  const server = { away: false };
  const cut = async (from: number, to: number) => {
    if (server.away) throw new Unreachable("away");
    const [first, last] = [Math.max(1, from), Math.min(HEAD, to)];
    const messages = Array.from({ length: last - first + 1 }, (_, at) => message(first + at));
    return page(messages, HEAD, { more_before: first > 1, more_after: last < HEAD });
  };
  const past = new Past(ROOM, {
    around: (seq) => cut(seq - PAGE / 2, seq + PAGE / 2 - 1),
    before: (seq) => cut(seq - PAGE, seq - 1),
    after: (seq) => cut(seq + 1, seq + PAGE),
    join: () => false,
  });
  return { server, past };
}

const seqs = (past: Past) => past.getSnapshot().entries.map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

function events(
  firstSeq: number,
  ...bodies: NonNullable<Parameters<typeof create<typeof EventSchema>>[1]>["body"][]
) {
  return bodies.map((body, at) => {
    const actorId = idToBytes(OTHER);
    return create(EventSchema, { seq: BigInt(firstSeq + at), atUs: 1n, actorId, body });
  });
}

test("it grows in both directions from a message until it meets the newest", async () => {
  const { past } = room();
  expect(await past.load(50)).toBe(true);
  expect(past.getSnapshot()).toMatchObject({ status: "ready", moreBefore: true, moreAfter: true });
  expect(seqs(past)).toEqual(range(45, 54));
  await past.loadOlder();
  await past.loadNewer();
  expect(seqs(past)).toEqual(range(35, 64));
  while (past.getSnapshot().moreBefore) await past.loadOlder();
  while (past.getSnapshot().moreAfter) await past.loadNewer();
  expect(seqs(past)).toEqual(range(1, HEAD));
});

test("it hears what changes in it, and what is new only where it has met the newest", async () => {
  const { past } = room();
  await past.load(50);
  const edit = { messageSeq: 50n, text: "changed" };
  past.apply(
    1n,
    events(
      HEAD + 1,
      { case: "messageEdited", value: edit },
      { case: "messagePosted", value: { text: "new" } },
    ),
  );
  expect(past.getSnapshot().entries.find(({ seq }) => seq === 50)).toMatchObject({ text: "changed" });
  expect(seqs(past)).toEqual(range(45, 54));
  while (past.getSnapshot().moreAfter) await past.loadNewer();
  expect(seqs(past).at(-1)).toBe(HEAD + 2);
});

test("a message that is not there, and a server that is away, are told apart", async () => {
  const { past, server } = room();
  expect(await past.load(HEAD + 3)).toBe(false);
  server.away = true;
  const other = room();
  other.server.away = true;
  expect(await other.past.load(50)).toBe(true);
  expect(other.past.getSnapshot()).toMatchObject({ status: "error", error: "offline" });
  other.server.away = false;
  await other.past.load(50);
  other.server.away = true;
  await other.past.loadNewer();
  await other.past.loadOlder();
  expect(other.past.getSnapshot()).toMatchObject({ status: "ready", newer: "error", older: "error" });
  const gone = new Past(ROOM, {
    around: () => Promise.reject(new Problem(404, "NOT_FOUND", "", null, 0)),
    before: () => Promise.reject(new Error()),
    after: () => Promise.reject(new Error()),
    join: () => false,
  });
  await gone.load(1);
  expect(gone.getSnapshot().status).toBe("missing");
});
