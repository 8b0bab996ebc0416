import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LaneKind } from "./lane.js";
import { type Contender, HEAD_START_MS, RaceLost, race } from "./race.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A contender that a test lets arrive or fail. */
function runner(kind: LaneKind) {
  let settle: { resolve(value: string): void; reject(cause: unknown): void } | undefined;
  let signal: AbortSignal | undefined;
  const contender: Contender<string> = {
    kind,
    start: (given) => {
      signal = given;
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
  };
  return {
    contender,
    started: () => settle !== undefined,
    arrive: () => settle?.resolve(kind),
    fail: () => settle?.reject(new Error(kind)),
    toldToStop: () => signal?.aborted === true,
  };
}
const never = new AbortController().signal;
const flush = () => vi.advanceTimersByTimeAsync(0);

test("the second lane starts after the head start, and the first to arrive wins", async () => {
  const [wt, ws] = [runner("webtransport"), runner("websocket")];
  const late: string[] = [];
  const won = race([wt.contender, ws.contender], HEAD_START_MS, (value) => late.push(value), never);
  expect([wt.started(), ws.started()]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(HEAD_START_MS - 1);
  expect(ws.started()).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(ws.started()).toBe(true);
  ws.arrive();
  expect(await won).toEqual({ kind: "websocket", value: "websocket" });
  expect(wt.toldToStop()).toBe(true);
  wt.arrive();
  await flush();
  expect(late).toEqual(["webtransport"]);
});

test("a refused lane hands over at once", async () => {
  const [wt, ws] = [runner("webtransport"), runner("websocket")];
  const won = race([wt.contender, ws.contender], HEAD_START_MS, () => {}, never);
  wt.fail();
  await flush();
  expect(ws.started()).toBe(true);
  ws.arrive();
  expect((await won).kind).toBe("websocket");
});

test("when all fail the race is lost, with every cause", async () => {
  const [wt, ws] = [runner("webtransport"), runner("websocket")];
  const lost = race([wt.contender, ws.contender], HEAD_START_MS, () => {}, never).catch((cause) => cause);
  wt.fail();
  await flush();
  ws.fail();
  const cause = await lost;
  expect(cause).toBeInstanceOf(RaceLost);
  expect(cause.causes).toHaveLength(2);
});

test("giving up ends every runner", async () => {
  const wt = runner("webtransport");
  const given = new AbortController();
  const lost = race([wt.contender], HEAD_START_MS, () => {}, given.signal).catch((cause) => cause);
  given.abort(new Error("enough"));
  expect((await lost).message).toBe("enough");
  expect(wt.toldToStop()).toBe(true);
});
