import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ROOM, USER } from "../../test/fake-server.js";
import { ErrorCode, type Ok, OkSchema } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { Refused, SessionEnded } from "../net/session.js";
import { type Files, type Intent, Outbox } from "./outbox.js";
import { forgetStorage, MemoryStorage, openStorage, type Storage } from "./storage.js";

const OTHER_ROOM = "55555555-5555-4555-8555-555555555555";
const post = (text: string) => ({ what: "post" as const, text, replyTo: null });

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** No message here has any. */
const NO_FILES: Files = {
  owners: async () => [],
  adopt: async () => {},
  take: async () => {},
  where: () => "up",
  retry: () => {},
  forget: () => {},
  drop: () => {},
};

/** A server that a test answers for. */
function world(storage: Storage = new MemoryStorage()) {
  const sent: { intent: Intent; ok(seq: number): void; fail(cause: Error): void }[] = [];
  const now = { live: true, shownUpTo: 0 };
  const outbox = new Outbox({
    storage,
    files: NO_FILES,
    isLive: () => now.live,
    isShown: (_, seq) => seq <= now.shownUpTo,
    send: (intent) =>
      new Promise<Ok>((resolve, reject) => {
        sent.push({
          intent,
          ok: (seq) => resolve(create(OkSchema, { seq: BigInt(seq) })),
          fail: reject,
        });
      }),
  });
  return {
    sent,
    now,
    outbox,
    states: () => outbox.getSnapshot().map(({ state }) => state),
    texts: () => sent.map(({ intent: { body } }) => ("text" in body ? body.text : "")),
  };
}
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("sending", () => {
  test("c4 one after another within a room, side by side across rooms", async () => {
    const { outbox, sent, texts } = world();
    void outbox.add(ROOM, post("a"));
    void outbox.add(ROOM, post("b"));
    void outbox.add(OTHER_ROOM, post("c"));
    await settle();
    expect(texts()).toEqual(["a", "c"]);
    sent[0]?.ok(1);
    await settle();
    expect(texts()).toEqual(["a", "c", "b"]);
  });

  test("c5 nothing is called sent before the server said ok", async () => {
    const { outbox, sent, states } = world();
    void outbox.add(ROOM, post("a"));
    expect(states()).toEqual(["queued"]);
    await settle();
    expect(states()).toEqual(["sending"]);
    sent[0]?.ok(4);
    await settle();
    expect(states()).toEqual(["sent"]);
  });

  test("what is written down is written before it is sent", async () => {
    const storage = new MemoryStorage();
    let done = () => {};
    vi.spyOn(storage, "put").mockImplementation(() => new Promise((resolve) => (done = resolve)));
    const { outbox, sent } = world(storage);
    void outbox.add(ROOM, post("a"));
    await settle();
    outbox.drainAll();
    expect(sent).toHaveLength(0);
    done();
    await settle();
    expect(sent).toHaveLength(1);
  });

  test("c2 an unknown outcome is repeated under the same request id", async () => {
    const { outbox, sent, states } = world();
    void outbox.add(ROOM, post("a"));
    await settle();
    sent[0]?.fail(new SessionEnded("gone"));
    await settle();
    expect(states()).toEqual(["queued"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.intent.requestId).toBe(sent[0]?.intent.requestId);
  });

  test.each([
    [ErrorCode.RATE_LIMITED, 2_000],
    [ErrorCode.RETRY_IN_ORDER, 2_000],
    [ErrorCode.UNAVAILABLE, 2_000],
  ])("rule_3_5 code %i waits as long as it was told, and later lines wait with it", async (code, waitMs) => {
    const { outbox, sent, texts } = world();
    void outbox.add(ROOM, post("a"));
    void outbox.add(ROOM, post("b"));
    await settle();
    sent[0]?.fail(new Refused(code, "wait", waitMs));
    await settle();
    outbox.drainAll();
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(texts()).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(texts()).toEqual(["a", "a"]);
  });

  test("rule_3_5 a final refusal is shown as failed and holds nobody up", async () => {
    const { outbox, sent, states, texts } = world();
    void outbox.add(ROOM, post("a"));
    void outbox.add(ROOM, post("b"));
    await settle();
    sent[0]?.fail(new Refused(ErrorCode.ROOM_ARCHIVED, "archived", 0));
    await settle();
    expect(states()).toEqual(["failed", "sending"]);
    expect(outbox.getSnapshot()[0]?.failure?.message).toBe("archived");
    sent[1]?.ok(2);
    await outbox.retry(sent[0]?.intent.requestId ?? "");
    await settle();
    expect(texts()).toEqual(["a", "b", "a"]);
  });

  test("what failed can be discarded", async () => {
    const storage = new MemoryStorage();
    const { outbox, sent, states } = world(storage);
    void outbox.add(ROOM, post("a"));
    await settle();
    sent[0]?.fail(new Refused(ErrorCode.NOT_FOUND, "gone", 0));
    await settle();
    await outbox.discard(sent[0]?.intent.requestId ?? "");
    expect(states()).toEqual([]);
    expect(await storage.all("outbox")).toEqual([]);
  });

  test("without a session everything waits, and goes when there is one", async () => {
    const it = world();
    it.now.live = false;
    void it.outbox.add(ROOM, post("a"));
    await settle();
    expect([it.sent.length, it.states()]).toEqual([0, ["queued"]]);
    it.now.live = true;
    it.outbox.drainAll();
    expect(it.sent).toHaveLength(1);
  });
});

describe("making room for the real message", () => {
  test("the event with the request id takes the place of the line", async () => {
    const { outbox, sent, states } = world();
    void outbox.add(ROOM, post("a"));
    await settle();
    outbox.settle(ROOM, new Set([sent[0]?.intent.requestId ?? ""]));
    expect(states()).toEqual([]);
    sent[0]?.ok(3);
    await settle();
    expect(states()).toEqual([]);
  });

  test("an answered line stays until the log shows its seq", async () => {
    const it = world();
    void it.outbox.add(ROOM, post("a"));
    await settle();
    it.sent[0]?.ok(3);
    await settle();
    expect(it.states()).toEqual(["sent"]);
    it.now.shownUpTo = 3;
    it.outbox.settle(ROOM, new Set());
    expect(it.states()).toEqual([]);
  });
});

test("a reload loses nothing and changes no order or request id", async () => {
  vi.useRealTimers();
  const before = world(await openStorage(USER));
  before.now.live = false;
  await before.outbox.add(ROOM, post("a"));
  await before.outbox.add(ROOM, post("b"));
  before.outbox.stop();

  const after = world(await openStorage(USER));
  await after.outbox.start();
  expect(after.texts()).toEqual(["a"]);
  after.sent[0]?.ok(1);
  await vi.waitFor(() => expect(after.texts()).toEqual(["a", "b"]));
  const ids = before.outbox.getSnapshot().map(({ requestId }) => requestId);
  expect(after.sent.map(({ intent }) => intent.requestId)).toEqual(ids);
  after.outbox.stop();
  await forgetStorage(USER);
});

describe("several tabs", () => {
  test("one does not send what another is sending, and takes over when it is gone", async () => {
    vi.useRealTimers();
    vi.stubGlobal("navigator", { locks: new FakeLocks() });
    const storage = new MemoryStorage();
    const [first, second] = [world(storage), world(storage)];
    first.now.live = false;
    await first.outbox.start();
    await second.outbox.start();
    await first.outbox.add(ROOM, post("from the first tab"));
    await second.outbox.adopt();
    expect(second.outbox.getSnapshot()).toEqual([]);
    first.outbox.stop();
    await vi.waitFor(() => expect(second.texts()).toEqual(["from the first tab"]));
    second.outbox.stop();
    vi.unstubAllGlobals();
  });
});

/** Exclusive locks by name, granted in the order they were asked for. */
class FakeLocks {
  readonly #tails = new Map<string, Promise<unknown>>();
  request(name: string, act: () => Promise<unknown>): Promise<unknown> {
    const held = (this.#tails.get(name) ?? Promise.resolve()).then(act);
    this.#tails.set(name, held);
    return held;
  }
}
