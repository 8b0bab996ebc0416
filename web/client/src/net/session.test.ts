import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeServer, ROOM } from "../../test/fake-server.js";
import { CloseReason, ErrorCode } from "./gen/parlor/realtime/v1/realtime_pb.js";
import { idToBytes, newId } from "./id.js";
import { type Refused, type RequestBody, Session, SessionEnded } from "./session.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
const hello = () => ({ accessToken: "token", deviceName: "test", client: "test/1", resume: [] });
const post = (text: string): RequestBody => ({
  case: "post",
  value: { roomId: idToBytes(ROOM), text, replyTo: 0n },
});

async function begin(server: FakeServer) {
  const [target] = server.targets;
  if (target === undefined) throw new Error("no target");
  const session = await Session.open(server.open, target, hello, () => 7n, never);
  const seen = {
    frames: [] as (string | undefined)[],
    ended: null as SessionEnded | null,
    probes: [] as (number | null)[],
    goAways: 0,
  };
  session.attach({
    frame: ({ case: kind }) => seen.frames.push(kind),
    goAway: () => {
      seen.goAways += 1;
    },
    probed: (ms) => seen.probes.push(ms),
    ended: (cause) => {
      seen.ended = cause;
    },
  });
  return { session, seen, peer: server.last };
}

describe("beginning", () => {
  test("rule_2_1 Hello is the first frame", async () => {
    const { peer } = await begin(new FakeServer());
    expect(peer.received[0]?.case).toBe("hello");
    expect(peer.all("hello")[0]?.accessToken).toBe("token");
  });

  test("rule_1_3 events that overtake Welcome on another stream wait for it", async () => {
    const server = new FakeServer();
    server.onHello = (peer) => {
      peer.events(1, [{ body: { case: "messagePosted", value: { text: "early" } } }]);
      peer.welcome();
    };
    const { seen } = await begin(server);
    expect(seen.frames).toEqual(["events"]);
  });

  test("rule_2_2 a Close in place of Welcome tells its reason", async () => {
    const server = new FakeServer();
    server.onHello = (peer) => peer.say({ case: "close", value: { reason: CloseReason.UNAUTHENTICATED } });
    await expect(begin(server)).rejects.toMatchObject({ reason: CloseReason.UNAUTHENTICATED });
    expect(server.last.closedByClient).toBe(true);
  });

  test("a server that never says Welcome is given up", async () => {
    const server = new FakeServer();
    server.autoWelcome = false;
    const attempt = begin(server).catch((cause) => cause);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await attempt).toBeInstanceOf(SessionEnded);
    expect(server.last.closedByClient).toBe(true);
  });
});

describe("requests", () => {
  test("rule_3_1 a reply finds its request by id", async () => {
    const server = new FakeServer();
    const asked: Uint8Array[] = [];
    server.onRequest = (_, { requestId }) => asked.push(requestId);
    const { session, peer } = await begin(server);
    const first = session.request(newId(), post("a"));
    const second = session.request(newId(), post("b"));
    peer.ok(asked[1] as Uint8Array, 2);
    peer.ok(asked[0] as Uint8Array, 1);
    expect((await first).seq).toBe(1n);
    expect((await second).seq).toBe(2n);
  });

  test("rule_3_5 codes below 16 are final, those from 16 on are not", async () => {
    const server = new FakeServer();
    const { session } = await begin(server);
    server.onRequest = (peer, { requestId }) => peer.refuse(requestId, ErrorCode.ROOM_ARCHIVED);
    const archived: Refused = await session.request(newId(), post("a")).catch((cause) => cause);
    expect([archived.isFinal, archived.code]).toEqual([true, ErrorCode.ROOM_ARCHIVED]);
    server.onRequest = (peer, { requestId }) => peer.refuse(requestId, ErrorCode.RATE_LIMITED, 700);
    const limited: Refused = await session.request(newId(), post("a")).catch((cause) => cause);
    expect([limited.isFinal, limited.retryAfterMs]).toEqual([false, 700]);
  });

  test("rule_3_1 what is unanswered at the end has an unknown outcome", async () => {
    const server = new FakeServer();
    server.onRequest = () => {};
    const { session, peer, seen } = await begin(server);
    const asked = session.request(newId(), post("a")).catch((cause) => cause);
    peer.die();
    expect(await asked).toBeInstanceOf(SessionEnded);
    expect(seen.ended).toBeInstanceOf(SessionEnded);
  });

  test("rule_3_6 no more requests are under way than the server takes", async () => {
    const server = new FakeServer();
    server.onHello = (peer) => peer.welcome({ limits: { unansweredRequests: 2 } });
    server.onRequest = () => {};
    const { session, peer } = await begin(server);
    const asked = ["a", "b", "c"].map((text) => session.request(newId(), post(text)));
    expect(peer.all("request")).toHaveLength(2);
    peer.ok(peer.all("request")[0]?.requestId as Uint8Array, 1);
    await asked[0];
    expect(peer.all("request")).toHaveLength(3);
  });
});

describe("liveness", () => {
  test("with something in flight a silent lane is dead within 5 s", async () => {
    const server = new FakeServer();
    const { session, seen, peer } = await begin(server);
    await vi.advanceTimersByTimeAsync(2_000);
    peer.cut = true;
    session.request(newId(), post("into the void")).catch(() => {});
    await vi.advanceTimersByTimeAsync(4_000);
    expect(seen.ended).toBeNull();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.ended).not.toBeNull();
  });

  test("idle, a silent lane is dead within 15 s", async () => {
    const { seen, peer } = await begin(new FakeServer());
    peer.cut = true;
    await vi.advanceTimersByTimeAsync(14_500);
    expect(seen.ended).not.toBeNull();
  });

  test("a lane that answers lives, also while a request takes its time", async () => {
    const server = new FakeServer();
    server.onRequest = () => {};
    const { session, seen } = await begin(server);
    session.request(newId(), post("slow")).catch(() => {});
    await vi.advanceTimersByTimeAsync(19_000);
    expect(seen.ended).toBeNull();
  });

  test("a lost datagram alone ends nothing: the probe is repeated on the stream", async () => {
    const { seen, peer } = await begin(new FakeServer());
    vi.spyOn(peer, "sendDatagram").mockImplementation(() => {});
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.ended).toBeNull();
    expect(seen.probes.length).toBeGreaterThan(10);
    // The first went out before: each after it was lost, and the one on the stream came back.
    expect(seen.probes.slice(1, 7)).toEqual([null, 0, null, 0, null, 0]);
  });

  test("a page that was asleep asks again before it gives up", async () => {
    const { seen, peer } = await begin(new FakeServer());
    peer.cut = true;
    await vi.advanceTimersByTimeAsync(6_000);
    peer.cut = false;
    // The machine sleeps: the clock jumps, no timer runs meanwhile.
    const now = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now + 60_000);
    await vi.advanceTimersByTimeAsync(9_000);
    clock.mockRestore();
    expect(seen.ended).toBeNull();
  });

  test("a lane in doubt must answer soon", async () => {
    const { session, seen, peer } = await begin(new FakeServer());
    session.suspect();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(seen.ended).toBeNull();
    peer.cut = true;
    session.suspect();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(seen.ended).not.toBeNull();
  });

  test("rule_5_1 and rule_5_3 heartbeats carry the digest", async () => {
    const { peer } = await begin(new FakeServer());
    await vi.advanceTimersByTimeAsync(40_100);
    expect(peer.all("heartbeat").map(({ digest }) => digest)).toEqual([7n, 7n, 7n]);
  });
});

describe("ending", () => {
  test("rule_6_1 the typed reason survives the lane", async () => {
    const { seen, peer } = await begin(new FakeServer());
    peer.say({ case: "close", value: { reason: CloseReason.DRAIN, resumeAfterMs: 300 } });
    expect(seen.ended).toMatchObject({ reason: CloseReason.DRAIN, resumeAfterMs: 300 });
  });

  test("rule_6_4 a retired session waits for what is in flight", async () => {
    const server = new FakeServer();
    server.onRequest = () => {};
    const { session, peer } = await begin(server);
    const asked = session.request(newId(), post("a"));
    const retired = session.retire(2_000);
    expect(peer.closedByClient).toBe(false);
    peer.ok(peer.all("request")[0]?.requestId as Uint8Array, 9);
    expect((await asked).seq).toBe(9n);
    await retired;
    expect(peer.closedByClient).toBe(true);
  });
});
