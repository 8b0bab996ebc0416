// Who is typing where; forgotten by itself after a few seconds.
import { Store } from "../store.js";

/** A typist who goes on is announced again within this time. */
const FADES_MS = 5_000;
/** At most one announcement of our own per this time. */
const EVERY_MS = 2_500;

export type Typists = ReadonlyMap<string, readonly string[]>;

export class TypingStore extends Store<Typists> {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #saidAt = Number.NEGATIVE_INFINITY;
  #saidIn = "";

  constructor() {
    super(new Map());
  }

  seen(roomId: string, userId: string): void {
    const key = `${roomId} ${userId}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.stopped(roomId, userId), FADES_MS),
    );
    const there = this.getSnapshot().get(roomId) ?? [];
    if (!there.includes(userId)) this.set(new Map(this.getSnapshot()).set(roomId, [...there, userId]));
  }

  stopped(roomId: string, userId: string): void {
    const key = `${roomId} ${userId}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const there = this.getSnapshot().get(roomId) ?? [];
    if (!there.includes(userId)) return;
    this.set(
      new Map(this.getSnapshot()).set(
        roomId,
        there.filter((other) => other !== userId),
      ),
    );
  }

  /** True where it is time to tell the others that we type. */
  shouldSay(roomId: string): boolean {
    const now = performance.now();
    if (roomId === this.#saidIn && now - this.#saidAt < EVERY_MS) return false;
    this.#saidAt = now;
    this.#saidIn = roomId;
    return true;
  }

  /** The line is sent: the next key stroke is worth telling at once. */
  reset(): void {
    this.#saidAt = Number.NEGATIVE_INFINITY;
  }
}
