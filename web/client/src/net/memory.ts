// Which lane worked last on this network, so that the next page need not wait
// for one that did not get through.
import { LANES, type LaneKind } from "./lane.js";

const KEY = "parlor.lane.worked";
const FORCED_KEY = "parlor.lane";
/** Networks change, and so does what they let through. */
const WORTH_MS = 5 * 60_000;

export class LaneMemory {
  note(lane: LaneKind): void {
    localStorage.setItem(KEY, `${lane} ${Date.now()}`);
  }

  recall(): LaneKind | null {
    const [lane, at] = (localStorage.getItem(KEY) ?? "").split(" ");
    const age = Date.now() - Number(at);
    return age >= 0 && age < WORTH_MS ? (LANES.find((known) => known === lane) ?? null) : null;
  }

  forget(): void {
    localStorage.removeItem(KEY);
  }
}

/** A switch for tests and for networks that need it: one lane and no other. */
export function forcedLane(): LaneKind | null {
  const forced = localStorage.getItem(FORCED_KEY);
  return forced === "websocket" || forced === "webtransport" ? forced : null;
}

export function forceLane(lane: LaneKind | null): void {
  if (lane === null) localStorage.removeItem(FORCED_KEY);
  else localStorage.setItem(FORCED_KEY, lane);
}
