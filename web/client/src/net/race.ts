// The race of the lanes: the first *authenticated* session wins.
import type { LaneKind } from "./lane.js";

/** Head start of the lane that is tried first, in milliseconds. */
export const HEAD_START_MS = 500;

export interface Contender<T> {
  kind: LaneKind;
  /** Resolves with an authenticated session; `signal` gives up. */
  start(signal: AbortSignal): Promise<T>;
}

export interface Won<T> {
  kind: LaneKind;
  value: T;
}

/** No contender arrived. */
export class RaceLost extends Error {
  override name = "RaceLost";
  readonly causes: readonly unknown[];
  constructor(causes: readonly unknown[]) {
    super("no lane could be opened");
    this.causes = causes;
  }
}

/**
 * Starts the contenders in order, each `headStartMs` after the one before it or
 * as soon as that one failed. The losers are told to give up; one that arrives
 * all the same is handed to `discard`.
 */
export function race<T>(
  contenders: readonly Contender<T>[],
  headStartMs: number,
  discard: (late: T) => void,
  signal: AbortSignal,
): Promise<Won<T>> {
  return new Promise((resolve, reject) => {
    const losers = new AbortController();
    const causes: unknown[] = [];
    let started = 0;
    let settled = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const settle = (act: () => void, reason: unknown) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      act();
      losers.abort(reason);
    };
    const giveUp = () => settle(() => reject(signal.reason), signal.reason);

    const startNext = () => {
      clearTimeout(timer);
      const contender = contenders[started];
      if (settled || contender === undefined) return;
      started += 1;
      if (started < contenders.length) timer = setTimeout(startNext, headStartMs);
      contender.start(losers.signal).then(
        (value) => {
          if (settled) discard(value);
          else settle(() => resolve({ kind: contender.kind, value }), new Error("another lane was faster"));
        },
        (cause: unknown) => {
          causes.push(cause);
          if (causes.length === contenders.length) settle(() => reject(new RaceLost(causes)), cause);
          else startNext();
        },
      );
    };

    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp);
    if (contenders.length === 0) return settle(() => reject(new RaceLost([])), undefined);
    startNext();
  });
}
