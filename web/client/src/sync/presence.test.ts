import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OTHER, SESSION, USER } from "../../test/fake-server.js";
import type { ClientKind } from "../net/frame.js";
import { PresenceSchema, PresenceState } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes } from "../net/id.js";
import type { Session } from "../net/session.js";
import { Activity } from "./activity.js";
import { PresenceStore } from "./presence.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function desk() {
  const asked: string[][] = [];
  const session = () =>
    ({
      send: (kind: ClientKind) => {
        if (kind.case === "watchPresence") asked.push((kind.value.userIds ?? []).map(bytesToId));
      },
    }) as unknown as Session;
  const at: { session: Session | null } = { session: session() };
  const store = new PresenceStore(() => at.session);
  const told = (state: PresenceState, id = OTHER, lastSeenUs = 0n) =>
    store.told(create(PresenceSchema, { entries: [{ userId: idToBytes(id), state, lastSeenUs }] }));
  const reconnect = () => {
    at.session = session();
    store.begin();
  };
  return { store, asked, told, reconnect };
}

test("rule_5_6 whoever is on screen is asked for, at most once a second", async () => {
  const { store, asked } = desk();
  const gone = store.watch([OTHER]);
  store.watch([USER]);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked, "together").toEqual([[USER, OTHER]]);
  gone();
  store.watch([SESSION]);
  await vi.advanceTimersByTimeAsync(999);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked[1]).toEqual([USER, SESSION]);
  // Off screen for a moment, as when a list is drawn anew.
  store.watch([SESSION])();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveLength(2);
});

test("rule_5_6 no more than the server takes are asked for", async () => {
  const { store, asked } = desk();
  store.watch(Array.from({ length: 130 }, () => crypto.randomUUID()));
  await vi.advanceTimersByTimeAsync(0);
  expect(asked[0]).toHaveLength(100);
});

test("what is told is kept for those on screen, and asked for again by the next session", async () => {
  const { store, asked, told, reconnect } = desk();
  const gone = store.watch([OTHER]);
  await vi.advanceTimersByTimeAsync(0);
  told(PresenceState.ONLINE);
  told(PresenceState.ONLINE, SESSION);
  told(PresenceState.UNSPECIFIED);
  expect([...store.getSnapshot()]).toEqual([[OTHER, { state: "online", lastSeen: null }]]);
  told(PresenceState.OFFLINE, OTHER, 60_000_000n);
  expect(store.getSnapshot().get(OTHER)).toEqual({ state: "offline", lastSeen: 60_000 });
  reconnect();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual([[OTHER], [OTHER]]);
  gone();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked[2]).toEqual([]);
  expect(store.getSnapshot().size).toBe(0);
  reconnect();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked, "nobody to ask for").toHaveLength(3);
});

test("nobody is here after five minutes without input, or half a minute hidden", async () => {
  const said: boolean[] = [];
  const activity = new Activity((away) => said.push(away));
  const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
  const turn = (to: DocumentVisibilityState) => {
    visibility.mockReturnValue(to);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  activity.start();
  await vi.advanceTimersByTimeAsync(4 * 60_000);
  dispatchEvent(new Event("pointermove"));
  await vi.advanceTimersByTimeAsync(5 * 60_000 - 1);
  expect(said).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(said).toEqual([true]);
  dispatchEvent(new Event("keydown"));
  expect(said).toEqual([true, false]);
  turn("hidden");
  await vi.advanceTimersByTimeAsync(20_000);
  turn("visible");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said, "only a look elsewhere").toEqual([true, false]);
  turn("hidden");
  // What moves over a page that nobody sees is no input.
  dispatchEvent(new Event("focus"));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(said).toEqual([true, false, true]);
  activity.stop();
  turn("visible");
  expect(said).toHaveLength(3);
});
