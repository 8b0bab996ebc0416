// Full-jitter backoff: after a failure shared by many clients their attempts
// spread over the whole interval instead of arriving together.

const BASE_MS = 300;
/** Ten thousand clients come back at a thousand a second, which a node takes. */
const CAP_MS = 10_000;

/** How long to wait before attempt number `attempt` (0 is the first). */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  if (attempt === 0) return 0;
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * ceiling);
}
