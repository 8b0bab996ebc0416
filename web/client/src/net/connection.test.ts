import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeServer } from "../../test/fake-server.js";
import { SignedOut } from "./auth.js";
import { Connection, type ConnectionDeps } from "./connection.js";
import { CloseReason } from "./gen/parlor/realtime/v1/realtime_pb.js";
import { LaneMemory } from "./memory.js";

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
});
const started: Connection[] = [];
afterEach(() => {
  for (const connection of started.splice(0)) connection.stop();
  vi.useRealTimers();
});

function connect(server: FakeServer, deps: Partial<ConnectionDeps> = {}) {
  const connection = new Connection({
    targets: async () => server.targets,
    token: async () => "token",
    refresh: async () => "fresh token",
    renewInMs: () => 600_000,
    openers: server.openers,
    supported: () => true,
    forcedLane: () => null,
    memory: new LaneMemory(),
    deviceName: "test",
    resume: () => [],
    digest: () => 0n,
    onWelcome: () => {},
    onFrame: () => {},
    ...deps,
  });
  started.push(connection);
  connection.start();
  return connection;
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("which lane", () => {
  test("WebTransport where it works", async () => {
    const server = new FakeServer();
    const connection = connect(server);
    await pass(0);
    expect(connection.getSnapshot()).toMatchObject({ state: "live", lane: "webtransport", fallback: null });
    expect(server.peers.map(({ kind }) => kind)).toEqual(["webtransport"]);
  });

  test("f23 UDP into the void: WebSocket half a second later", async () => {
    const server = new FakeServer();
    server.void.add("webtransport");
    const connection = connect(server);
    await pass(600);
    expect(connection.getSnapshot()).toMatchObject({ state: "live", lane: "websocket", fallback: "failed" });
  });

  test("what worked is remembered for the next page, for some minutes", async () => {
    const server = new FakeServer();
    server.void.add("webtransport");
    connect(server).stop();
    const first = connect(server);
    await pass(600);
    first.stop();
    const second = connect(server);
    await pass(0);
    expect(second.getSnapshot().lane).toBe("websocket");
    second.stop();
    server.void.clear();
    await pass(6 * 60_000);
    const third = connect(server);
    await pass(0);
    expect(third.getSnapshot().lane).toBe("webtransport");
  });

  test("a forced lane is the only one tried", async () => {
    const server = new FakeServer();
    const connection = connect(server, { forcedLane: () => "websocket" });
    await pass(60_000);
    expect(server.peers.map(({ kind }) => kind)).toEqual(["websocket"]);
    expect(connection.getSnapshot().fallback).toBe("forced");
  });

  test("an upgrade back to WebTransport leaves no moment without a session", async () => {
    const server = new FakeServer();
    server.void.add("webtransport");
    const connection = connect(server);
    await pass(600);
    const socket = server.last;
    server.void.clear();
    const states = new Set<string>();
    connection.subscribe(() => states.add(connection.getSnapshot().state));
    await connection.upgrade();
    expect(connection.getSnapshot()).toMatchObject({ lane: "webtransport", upgrading: false });
    await pass(10);
    expect(socket.closedByClient).toBe(true);
    expect([...states]).toEqual(["live"]);
  });

  test("the upgrade is also tried by itself, and a failed one does no harm", async () => {
    const server = new FakeServer();
    server.void.add("webtransport");
    const connection = connect(server);
    await pass(600);
    await pass(25_000);
    expect(connection.getSnapshot()).toMatchObject({ state: "live", lane: "websocket" });
    server.void.clear();
    await pass(120_000);
    expect(connection.getSnapshot().lane).toBe("webtransport");
  });
});

describe("coming back", () => {
  test("f24 a lane that goes silent: both lanes at once, without waiting for a head start", async () => {
    const server = new FakeServer();
    const connection = connect(server);
    await pass(0);
    server.last.cut = true;
    server.void.add("webtransport");
    await pass(14_100);
    expect(connection.getSnapshot()).toMatchObject({ state: "live", lane: "websocket" });
  });

  test("certificates are asked for before every attempt", async () => {
    const server = new FakeServer();
    const targets = vi.fn(async () => server.targets);
    connect(server, { targets });
    await pass(0);
    server.last.die();
    await pass(0);
    expect(targets).toHaveBeenCalledTimes(2);
    expect(server.peers).toHaveLength(2);
  });

  test("c20 a server that is away is tried again with growing patience, and at once when asked", async () => {
    const server = new FakeServer();
    const targets = vi.fn(() => Promise.reject(new Error("away")));
    const connection = connect(server, { targets });
    await pass(120_000);
    const tries = targets.mock.calls.length;
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(60);
    expect(connection.getSnapshot().state).toBe("reconnecting");
    connection.tryNow();
    await pass(0);
    expect(targets.mock.calls.length).toBe(tries + 1);
  });

  test("rule_6_2 a token that is not taken is exchanged before the next try", async () => {
    const server = new FakeServer();
    server.onHello = (peer) =>
      server.peers.length < 3
        ? peer.say({ case: "close", value: { reason: CloseReason.UNAUTHENTICATED } })
        : peer.welcome();
    const refresh = vi.fn(async () => "fresh");
    const connection = connect(server, { refresh });
    await pass(5_000);
    expect(refresh).toHaveBeenCalled();
    expect(connection.getSnapshot().state).toBe("live");
  });

  test("rule_2_8 a revoked device stops trying", async () => {
    const server = new FakeServer();
    const connection = connect(server, { refresh: () => Promise.reject(new SignedOut()) });
    await pass(0);
    server.last.say({ case: "close", value: { reason: CloseReason.REVOKED } });
    await pass(120_000);
    expect(server.peers).toHaveLength(1);
    expect(connection.session).toBeNull();
  });

  test("rule_6_2 a fault of ours is not repeated in haste", async () => {
    const server = new FakeServer();
    connect(server);
    await pass(0);
    server.last.say({ case: "close", value: { reason: CloseReason.PROTOCOL } });
    await pass(14_000);
    expect(server.peers).toHaveLength(1);
    await pass(40_000);
    expect(server.peers.length).toBeGreaterThan(1);
  });

  test("rule_6_4 a draining node is left when the next session is there", async () => {
    const server = new FakeServer();
    const connection = connect(server);
    await pass(0);
    const old = server.last;
    old.say({ case: "goAway", value: { reason: CloseReason.DRAIN, resumeAfterMs: 1_000 } });
    expect(connection.getSnapshot().state).toBe("moving");
    await pass(900);
    expect([server.peers.length, old.closedByClient]).toEqual([1, false]);
    await pass(200);
    expect(connection.getSnapshot().state).toBe("live");
    expect([server.peers.length, old.closedByClient]).toEqual([2, true]);
  });
});

test("rule_2_7 the token is renewed in the session before it ends", async () => {
  const server = new FakeServer();
  let left = 60_000;
  const refresh = vi.fn(async () => {
    left = 600_000;
    return "fresh token";
  });
  connect(server, { refresh, renewInMs: () => left });
  await pass(61_000);
  expect(server.last.all("renew").map(({ accessToken }) => accessToken)).toEqual(["fresh token"]);
  expect(refresh).toHaveBeenCalledTimes(1);
});

test("the probes of the last minute are kept, lost ones among them", async () => {
  const server = new FakeServer();
  const connection = connect(server);
  await pass(30_000);
  const lost = vi.spyOn(server.last, "sendDatagram").mockImplementation(() => {});
  await pass(10_000);
  lost.mockRestore();
  await pass(10_000);
  const { probes, rttMs } = connection.getSnapshot();
  const datagrams = probes.filter(({ byDatagram }) => byDatagram);
  expect([datagrams.length, datagrams.filter(({ ms }) => ms === null).length, rttMs]).toEqual([11, 2, 0]);
  await pass(120_000);
  expect(connection.getSnapshot().probes.length).toBeLessThanOrEqual(13);
  expect(connection.getSnapshot().probes.every(({ ms }) => ms !== null)).toBe(true);
});
