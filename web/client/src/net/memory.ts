// Which lane worked last on this network, so that the next page need not wait
// for one that did not get through.
import { LANES, type LaneKind } from "./lane.js";

const KEY = "parlor.lane.worked";
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
