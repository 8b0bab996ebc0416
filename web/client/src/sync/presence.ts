// How the people on screen are: what is shown says whom it shows, and the server
// is asked for these and no others.
import { type Presence, PresenceState } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes } from "../net/id.js";
import type { SessionLike } from "../net/session.js";
import { Store } from "../store.js";
import { milliseconds } from "./log.js";

/** The server's limits (PROTOCOL 5.6). */
const WATCHED = 100;
const ASK_EVERY_MS = 1_000;

export interface PersonPresence {
  state: "online" | "away" | "offline";
  /** When last seen, cut to the minute; null where that is not told. */
  lastSeen: number | null;
}

const STATES = {
  [PresenceState.ONLINE]: "online",
  [PresenceState.AWAY]: "away",
  [PresenceState.OFFLINE]: "offline",
} as const;

/** Who is missing is not known. */
export class PresenceStore extends Store<ReadonlyMap<string, PersonPresence>> {
  readonly #session: () => SessionLike | null;
  /** How often each is on screen. */
  readonly #shown = new Map<string, number>();
  #asked: { session: SessionLike; ids: string } | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: () => SessionLike | null) {
    super(new Map());
    this.#session = session;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** These are on screen until what is returned is called. */
  watch(ids: readonly string[]): () => void {
    for (const id of ids) this.#shown.set(id, (this.#shown.get(id) ?? 0) + 1);
    this.#askSoon();
    return () => {
      for (const id of ids) {
        const rest = (this.#shown.get(id) ?? 1) - 1;
        if (rest > 0) this.#shown.set(id, rest);
        else this.#shown.delete(id);
      }
      this.#askSoon();
    };
  }

  /** A session began, which watches nobody yet. */
  begin(): void {
    this.#asked = null;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    this.#askSoon();
  }

  told({ entries }: Presence): void {
    const known = new Map(this.getSnapshot());
    for (const { userId, state, lastSeenUs } of entries) {
      const id = bytesToId(userId);
      if (state === PresenceState.UNSPECIFIED || !this.#shown.has(id)) continue;
      known.set(id, {
        state: STATES[state],
        lastSeen: lastSeenUs === 0n ? null : milliseconds(lastSeenUs),
      });
    }
    this.set(known);
  }

  #askSoon(): void {
    clearTimeout(this.#timer);
    const inMs = Math.max(0, this.#askedAt + ASK_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#ask(), inMs);
  }

  #ask(): void {
    const session = this.#session();
    if (session === null) return;
    const ids = [...this.#shown.keys()].slice(0, WATCHED).sort();
    if (this.#asked?.session === session && this.#asked.ids === ids.join()) return;
    if (ids.length === 0 && this.#asked?.session !== session) return;
    this.#asked = { session, ids: ids.join() };
    this.#askedAt = performance.now();
    const known = [...this.getSnapshot()].filter(([id]) => this.#shown.has(id));
    this.set(new Map(known));
    session.send({ case: "watchPresence", value: { userIds: ids.map(idToBytes) } });
  }
}
