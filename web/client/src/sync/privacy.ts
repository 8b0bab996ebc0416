// What the user lets others know: shown at once as it is wished, and as the
// server has it as soon as nothing is on its way.
import type { Privacy } from "../net/rest.js";
import { Store } from "../store.js";

export interface PrivacyDeps {
  fetch(): Promise<Privacy>;
  ask(change: Partial<Privacy>): Promise<Privacy>;
}

/** Null while it is not known. */
export class PrivacyStore extends Store<Privacy | null> {
  readonly #deps: PrivacyDeps;
  /** The newest that the server said. */
  #held: Privacy | null = null;
  #waiting = 0;
  /** Counts what was said, so that an older answer does not replace it. */
  #told = 0;
  isFresh = false;

  constructor(deps: PrivacyDeps) {
    super(null);
    this.#deps = deps;
  }

  async load(): Promise<void> {
    const before = this.#told;
    try {
      const held = await this.#deps.fetch();
      if (this.#told === before) this.told(held);
    } catch {
      // The next session asks again.
    }
  }

  /** The server said what holds now. */
  told(held: Privacy): void {
    this.#told += 1;
    this.#held = held;
    this.isFresh = true;
    if (this.#waiting === 0) this.set(held);
  }

  /** Rejects where the server does not agree; all is as it was then. */
  async wish(change: Partial<Privacy>): Promise<void> {
    this.#waiting += 1;
    this.update((state) => (state === null ? state : { ...state, ...change }));
    try {
      this.told(await this.#deps.ask(change));
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.set(this.#held);
    }
  }
}
