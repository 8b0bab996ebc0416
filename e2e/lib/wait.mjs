// Waiting for something to become true, always with an end.

import { setTimeout as pause } from "node:timers/promises";

/** For what has no limit of its own: a machine may be busy with other things. */
const PATIENCE_MS = 30_000;

/** Thrown by a probe when what is waited for can never come: the wait ends at once. */
export class Hopeless extends Error {}

/**
 * Asks `probe` until it returns something true, and returns that. Fails after `ms` with `what`
 * and the last error of the probe.
 */
export async function until(what, probe, ms = PATIENCE_MS) {
  const end = performance.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (performance.now() > end) {
      throw new Error(`not within ${ms} ms: ${what}`, { cause: last });
    }
    await pause(25);
  }
}
