import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, test, vi } from "vitest";
import { ROOM, USER } from "../../../test/fake-server.js";
import { positionDigest } from "../digest.js";
import type { ClientKind, ServerKind } from "../frame.js";
import {
  ErrorCode,
  EventSchema,
  EventsSchema,
  HeartbeatSchema,
  type Ok,
  OkSchema,
  PositionSchema,
  PresenceSchema,
  PresenceState,
  WelcomeSchema,
} from "../gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes, newId } from "../id.js";
import { Refused, type RequestBody, type ResumePosition, type SessionLike } from "../session.js";
import { Hub } from "./hub.js";
import type { Tell } from "./messages.js";
import { Reach } from "./reach.js";

const OTHER_ROOM = "55555555-5555-4555-8555-555555555555";

let asked: RequestBody[];
let sent: ClientKind[];
let answer: (body: RequestBody) => Promise<Ok>;
let told: [string, Tell][];
let hub: Hub;

function session(resumed: readonly ResumePosition[] = [], openLogs = 64): SessionLike {
  const userLog = create(PositionSchema, { logId: idToBytes(USER), epoch: 1n, seq: 5n });
  return {
    welcome: create(WelcomeSchema, { userLog, limits: { openLogs } }),
    resumed,
    request: (_, body) => {
      asked.push(body);
      return answer(body);
    },
    send: (kind) => sent.push(kind),
  };
}
beforeEach(() => {
  asked = [];
  sent = [];
  told = [];
  answer = async () => create(OkSchema, {});
  hub = new Hub(USER, (tabs, message) => told.push(...tabs.map((tab): [string, Tell] => [tab, message])));
});

const at = (id: string, seq: number): ResumePosition => ({
  logId: idToBytes(id),
  epoch: 1n,
  seq: BigInt(seq),
});
const request = (body: RequestBody): ClientKind => ({
  case: "request",
  value: { requestId: idToBytes(newId()), body },
});
const open = (room: string, seq: number) =>
  request({ case: "open", value: { roomId: idToBytes(room), epoch: 1n, afterSeq: BigInt(seq) } });
const frames = <C extends ServerKind["case"]>(tab: string, which: C) =>
  told.flatMap(([to, { what, ...message }]) => {
    const { kind } = message as { kind?: ServerKind };
    return to === tab && what === "tell" && kind?.case === which
      ? [kind.value as Extract<ServerKind, { case: C }>["value"]]
      : [];
  });
const events = (room: string, first: number, count: number): ServerKind => ({
  case: "events",
  value: create(EventsSchema, {
    logId: idToBytes(room),
    epoch: 1n,
    firstSeq: BigInt(first),
    events: Array.from({ length: count }, (_, index) => create(EventSchema, { seq: BigInt(first + index) })),
  }),
});
const positions = () => hub.resume().map(({ logId, seq }) => [bytesToId(logId as Uint8Array), Number(seq)]);

test("c7 what is resumed is what all tabs have", () => {
  hub.hello("a", [at(ROOM, 9), at(USER, 4)]);
  hub.hello("b", [at(ROOM, 7), at(OTHER_ROOM, 1), at(USER, 3)]);
  expect(positions()).toEqual([
    [ROOM, 7],
    [OTHER_ROOM, 1],
    [USER, 3],
  ]);
});

test("what was opened while the session began is opened, what nobody wants any more is closed", () => {
  hub.hello("a", [at(ROOM, 9)]);
  const resumed = hub.resume();
  hub.bye("a");
  hub.hello("b", [at(OTHER_ROOM, 1)]);
  hub.welcomed(session(resumed));
  expect(asked.map(({ case: what }) => what)).toEqual(["open", "close"]);
});

test("c22 each tab is told the digest of what it has open itself", () => {
  hub.hello("a", [at(ROOM, 9)]);
  hub.hello("b", [at(OTHER_ROOM, 1)]);
  hub.welcomed(session(hub.resume()));
  hub.frame(events(ROOM, 10, 1));
  const own = positionDigest(USER, 1n, 5);
  const all = positionDigest(ROOM, 1n, 10) ^ positionDigest(OTHER_ROOM, 1n, 1) ^ own;
  expect(hub.digest()).toBe(all);
  hub.frame({ case: "heartbeat", value: create(HeartbeatSchema, { digest: all }) });
  expect(frames("a", "heartbeat")[0]?.digest).toBe(positionDigest(ROOM, 1n, 10) ^ own);
  expect(frames("b", "heartbeat")[0]?.digest).toBe(positionDigest(OTHER_ROOM, 1n, 1) ^ own);
  // A server that knows of more proves nothing.
  hub.frame({ case: "heartbeat", value: create(HeartbeatSchema, { digest: all ^ 1n }) });
  expect(frames("a", "heartbeat")[1]?.digest).toBe(0n);
});

test("c22 a tab that stands elsewhere is told all heads", () => {
  hub.hello("a", [at(ROOM, 9)]);
  hub.welcomed(session(hub.resume()));
  hub.receive("a", { case: "heartbeat", value: { digest: 1n } });
  expect(frames("a", "heartbeat")[0]?.heads.map(({ seq }) => seq)).toEqual([9n, 5n]);
});

test("rule_4_4 a room opened again is opened from where all tabs have it", async () => {
  hub.hello("a", [at(ROOM, 5)]);
  hub.hello("b", []);
  hub.welcomed(session(hub.resume()));
  hub.receive("b", open(ROOM, 8));
  expect(asked).toEqual([]);
  hub.receive("b", open(ROOM, 8));
  expect(asked.map(({ value }) => value)).toMatchObject([{ afterSeq: 5n }]);
});

test("rule_4_5 more rooms than a session may have: the oldest gives way, unless it is looked at", () => {
  hub.hello("a", []);
  hub.welcomed(session([], 2));
  const rooms = [newId(), newId(), newId()];
  const [one = "", two = "", three = ""] = rooms;
  hub.receive("a", { case: "focus", value: { roomId: idToBytes(one) } });
  for (const room of rooms) hub.receive("a", open(room, 1));
  expect(told.filter(([, { what }]) => what === "closed")).toEqual([["a", { what: "closed", roomId: two }]]);
  expect(positions().map(([id]) => id)).toEqual([one, three, USER]);
});

test("a room that is refused to a tab is not kept open for it", async () => {
  hub.hello("a", []);
  hub.welcomed(session());
  answer = async () => {
    throw new Refused(ErrorCode.NOT_FOUND, "no", 0);
  };
  hub.receive("a", open(ROOM, 1));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(frames("a", "reply")[0]?.result.case).toBe("error");
  expect(positions().map(([id]) => id)).toEqual([USER]);
});

test("a tab that missed what its user did elsewhere gets it from the log", async () => {
  hub.hello("a", []);
  hub.welcomed(session());
  const missed = events(USER, 4, 2);
  answer = async () => create(OkSchema, { events: missed.value as never });
  hub.hello("b", [at(USER, 3)]);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(asked.map(({ case: what }) => what)).toEqual(["fetch"]);
  expect(frames("b", "events")[0]?.firstSeq).toBe(4n);
});

test("rule_5_6 all who are on screen in any tab are watched, and each tab is told how they are", async () => {
  hub.hello("a", []);
  hub.hello("b", []);
  hub.welcomed(session());
  const [one, two] = [newId(), newId()].sort() as [string, string];
  hub.receive("a", { case: "watchPresence", value: { userIds: [idToBytes(one)] } });
  await vi.waitFor(() => expect(sent.map(({ case: what }) => what)).toContain("watchPresence"));
  const entries = [{ userId: idToBytes(one), state: PresenceState.ONLINE }];
  hub.frame({ case: "presence", value: create(PresenceSchema, { entries }) });
  hub.receive("b", { case: "watchPresence", value: { userIds: [idToBytes(one), idToBytes(two)] } });
  // Of the first the server tells no more; the hub knows.
  expect(frames("b", "presence")).toHaveLength(2);
  await vi.waitFor(
    () =>
      expect(sent.filter(({ case: what }) => what === "watchPresence").at(-1)?.value).toEqual({
        userIds: [idToBytes(one), idToBytes(two)],
      }),
    { timeout: 2_000 },
  );
});

test("rule_5_7 whoever uses one of the tabs is there", () => {
  hub.hello("a", []);
  hub.hello("b", []);
  hub.welcomed(session());
  const says = (tab: string, state: PresenceState) =>
    hub.receive(tab, { case: "setPresence", value: { state } });
  const states = () => sent.flatMap((kind) => (kind.case === "setPresence" ? [kind.value.state] : []));
  says("a", PresenceState.AWAY);
  expect(states()).toEqual([]);
  says("b", PresenceState.AWAY);
  expect(states()).toEqual([PresenceState.AWAY]);
  says("a", PresenceState.ONLINE);
  expect(states()).toEqual([PresenceState.AWAY, PresenceState.ONLINE]);
  hub.bye("a");
  expect(states().at(-1)).toBe(PresenceState.AWAY);
});

test("a log reaches as far as its events have no hole, in whatever order they come", () => {
  const reach = new Reach(1n, 4);
  reach.came(1n, { first: 8, last: 9 });
  reach.came(1n, { first: 5, last: 6 });
  expect(reach.seq).toBe(6);
  reach.came(2n, { first: 7, last: 7 });
  expect(reach.seq).toBe(6);
  reach.came(1n, { first: 6, last: 7 });
  expect(reach.seq).toBe(9);
});
