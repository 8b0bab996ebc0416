import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OTHER as ELSEWHERE, ROOM } from "../../test/fake-server.js";
import { ErrorCode, type Ok } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { Refused, type RequestBody, type Session, SessionEnded } from "../net/session.js";
import { DraftStore, type KeptDraft } from "./drafts.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Listed = { room_id: string; text: string; reply_to: string | null };

/** A store whose server answers when the test says so. */
function desk(list: Listed[] = []) {
  const asked: { text: string; replyTo: number; ok(seq: number): void; no(cause: Error): void }[] = [];
  const session = () =>
    ({
      request: (_: string, body: RequestBody) =>
        new Promise<Ok>((resolve, reject) => {
          if (body.case !== "setDraft") throw new Error("not a draft");
          const { text = "", replyTo = 0n } = body.value;
          const ok = (seq: number) => resolve({ seq: BigInt(seq) } as Ok);
          asked.push({ text, replyTo: Number(replyTo), ok, no: reject });
        }),
    }) as unknown as Session;
  const at: { session: Session | null; list: Listed[] } = { session: session(), list };
  const kept = new Map<string, KeptDraft>();
  const store = new DraftStore({
    fetch: async () => at.list,
    session: () => at.session,
    keep: (draft) => kept.set(draft.roomId, draft),
  });
  /** The lane is lost and another one found. */
  const reconnect = () => {
    at.session = session();
    store.begin();
  };
  return { store, asked, at, kept, reconnect, text: () => store.getSnapshot().get(ROOM) };
}
const draft = (text: string, replyTo: number | null = null) => ({ text, replyTo });
const settle = () => vi.advanceTimersByTimeAsync(0);

test("rule_3_17 a text is sent a second after its last change, and only what differs", async () => {
  const { store, asked, text } = desk();
  await store.load();
  for (const so of ["H", "Ha", "Hal"]) {
    store.write(ROOM, so);
    await vi.advanceTimersByTimeAsync(600);
  }
  expect(text()).toBe("Hal");
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(400);
  expect(asked).toMatchObject([{ text: "Hal" }]);
  // While one is on its way no other is sent.
  store.write(ROOM, "Hallo");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveLength(1);
  asked[0]?.ok(1);
  await vi.advanceTimersByTimeAsync(999);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked[1]).toMatchObject({ text: "Hallo" });
  asked[1]?.ok(2);
  store.write(ROOM, "Hallo!");
  store.write(ROOM, "Hallo");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked, "as the server has it").toHaveLength(2);
});

test("what is posted within a second is never sent as a draft", async () => {
  const { store, asked, text } = desk();
  await store.load();
  store.write(ROOM, "quick");
  store.posted(ROOM);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(text()).toBeUndefined();
  expect(asked).toEqual([]);
});

test("what was kept is taken away at once when it is posted", async () => {
  const { store, asked } = desk([{ room_id: ROOM, text: "slow", reply_to: null }]);
  await store.load();
  store.posted(ROOM);
  await settle();
  expect(asked).toMatchObject([{ text: "" }]);
});

test("another device's text is shown where nothing is written here", async () => {
  const { store, text, kept } = desk();
  await store.load();
  store.told(ROOM, 1n, draft("from the phone"));
  expect(text()).toBe("from the phone");
  store.told(ROOM, 2n, draft(""));
  expect(text()).toBeUndefined();
  expect(kept.get(ROOM)).toEqual({ roomId: ROOM, text: "", replyTo: null, sent: true });
});

test("u5 what is being written is not replaced, and the last writer wins when it rests", async () => {
  const { store, asked, text } = desk();
  await store.load();
  store.write(ROOM, "mine");
  store.told(ROOM, 5n, draft("theirs"));
  expect(text()).toBe("mine");
  await vi.advanceTimersByTimeAsync(1_000);
  asked[0]?.ok(6);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(text(), "written after theirs").toBe("mine");
  // Theirs comes after mine was kept, and while I still write.
  store.write(ROOM, "mine too");
  await vi.advanceTimersByTimeAsync(1_000);
  asked[1]?.ok(7);
  await settle();
  store.told(ROOM, 8n, draft("theirs again"));
  expect(text()).toBe("mine too");
  await vi.advanceTimersByTimeAsync(8_999);
  expect(text()).toBe("mine too");
  await vi.advanceTimersByTimeAsync(1);
  expect(text(), "nobody writes here any more").toBe("theirs again");
});

test("who turns to something else sees the other's text at once", async () => {
  const { store, asked, text } = desk();
  await store.load();
  store.write(ROOM, "mine");
  store.leave(ROOM);
  expect(asked, "not in a second").toMatchObject([{ text: "mine" }]);
  asked[0]?.ok(1);
  await settle();
  store.told(ROOM, 1n, draft("mine"));
  store.write(ROOM, "mine");
  store.told(ROOM, 2n, draft("theirs"));
  expect(text()).toBe("mine");
  store.leave(ROOM);
  expect(text()).toBe("theirs");
});

test("an answer that comes after a newer event does not bring back what it asked for", async () => {
  const { store, asked, text } = desk();
  await store.load();
  store.write(ROOM, "mine");
  store.leave(ROOM);
  store.told(ROOM, 4n, draft("mine"));
  store.told(ROOM, 5n, draft("theirs"));
  asked[0]?.ok(4);
  await settle();
  expect(text()).toBe("theirs");
});

test("what the lost session was asked is asked of the next one", async () => {
  const { store, asked, at, kept, reconnect } = desk();
  await store.load();
  store.write(ROOM, "half a thou");
  await vi.advanceTimersByTimeAsync(1_000);
  at.session = null;
  asked[0]?.no(new SessionEnded("gone"));
  store.write(ROOM, "half a thought");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kept.get(ROOM)).toMatchObject({ text: "half a thought", sent: false });
  reconnect();
  expect(asked[1]).toMatchObject({ text: "half a thought" });
  asked[1]?.ok(1);
  await settle();
  expect(kept.get(ROOM)).toMatchObject({ sent: true });
});

test("what is refused for now is sent again, and what is refused stays on this device", async () => {
  const { store, asked, text } = desk();
  await store.load();
  store.write(ROOM, "long");
  await vi.advanceTimersByTimeAsync(1_000);
  asked[0]?.no(new Refused(ErrorCode.RATE_LIMITED, "", 3_000));
  await vi.advanceTimersByTimeAsync(2_999);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(2);
  asked[1]?.no(new Refused(ErrorCode.INVALID_ARGUMENT, "too long", 0));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(2);
  expect(text()).toBe("long");
});

test("what was not sent before a reload is sent after it, and outlives the list", async () => {
  const list = [
    { room_id: ROOM, text: "older", reply_to: null },
    { room_id: ELSEWHERE, text: "of the phone", reply_to: "7" },
  ];
  const { store, asked, reconnect } = desk(list);
  store.restore([
    { roomId: ROOM, text: "newer" },
    { roomId: ELSEWHERE, text: "of before", replyTo: null, sent: true },
  ]);
  expect(asked).toMatchObject([{ text: "newer" }]);
  await store.load();
  expect([...store.getSnapshot()]).toEqual([
    [ROOM, "newer"],
    [ELSEWHERE, "of the phone"],
  ]);
  reconnect();
  asked[1]?.ok(9);
  // What it answers stays with it while it is written on.
  store.write(ELSEWHERE, "of the phone, and here");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked.at(-1)).toMatchObject({ text: "of the phone, and here", replyTo: 7 });
});

test("what is told while the list is on its way outlives the list", async () => {
  const { store, at, text } = desk([{ room_id: ROOM, text: "listed", reply_to: null }]);
  const loading = store.load();
  store.told(ROOM, 3n, draft("told"));
  at.list = [{ room_id: ROOM, text: "told", reply_to: null }];
  await loading;
  expect(text()).toBe("told");
});

test("a room that is left takes its draft along", async () => {
  const { store, kept, text, asked } = desk();
  await store.load();
  store.write(ROOM, "I quit");
  store.forget(ROOM);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(text()).toBeUndefined();
  expect(asked).toEqual([]);
  expect(kept.get(ROOM)).toEqual({ roomId: ROOM, text: "", replyTo: null, sent: true });
});
