// What shall be kept on this device is kept soon: not with every change, and before the page goes.

const SAVE_AFTER_MS = 800;

export class Saver {
  readonly #waiting = new Map<string, { timer: ReturnType<typeof setTimeout>; save: () => Promise<void> }>();
  readonly #leaving: () => void;

  /** `leaving` is called where the page may be gone in a moment, and may still ask to save. */
  constructor(leaving: () => void) {
    this.#leaving = leaving;
  }

  start(): void {
    globalThis.addEventListener?.("pagehide", this.#flush);
    globalThis.document?.addEventListener("visibilitychange", this.#flushHidden);
  }

  /** Ends it; what waits is not kept. */
  stop(): void {
    globalThis.removeEventListener?.("pagehide", this.#flush);
    globalThis.document?.removeEventListener("visibilitychange", this.#flushHidden);
    for (const key of [...this.#waiting.keys()]) this.cancel(key);
  }

  /** Saves within a moment; what is asked for under the same key meanwhile is saved with it. */
  later(key: string, save: () => Promise<void>): void {
    if (this.#waiting.has(key)) return;
    const timer = setTimeout(() => this.#now(key), SAVE_AFTER_MS);
    this.#waiting.set(key, { timer, save });
  }

  cancel(key: string): void {
    clearTimeout(this.#waiting.get(key)?.timer);
    this.#waiting.delete(key);
  }

  #now(key: string): void {
    const waiting = this.#waiting.get(key);
    this.cancel(key);
    // What cannot be kept is loaded again next time.
    waiting?.save().catch(() => {});
  }

  readonly #flush = (): void => {
    this.#leaving();
    for (const key of [...this.#waiting.keys()]) this.#now(key);
  };

  readonly #flushHidden = (): void => {
    if (document.visibilityState === "hidden") this.#flush();
  };
}
