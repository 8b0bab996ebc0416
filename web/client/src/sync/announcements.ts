// What those who run the server tell everybody. State with a hint: the server says
// when to ask again, and a new session asks by itself.
import type { Announcement } from "../net/rest.js";
import { Store } from "../store.js";

const KEY = "parlor.dismissed";
/** Many clients hear of it at the same moment; they ask within this time. */
const SPREAD_MS = 2_000;

export class AnnouncementStore extends Store<readonly Announcement[]> {
  readonly #fetch: () => Promise<readonly Announcement[]>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;
  /** True once the list has come in this page's life. */
  isFresh = false;

  constructor(fetch: () => Promise<readonly Announcement[]>) {
    super([]);
    this.#fetch = fetch;
  }

  /** Asks what is told; what came before stays where that does not work. */
  async load(): Promise<void> {
    try {
      const all = await this.#fetch();
      this.isFresh = true;
      const known = new Set(all.map(({ id }) => id));
      const dismissed = readDismissed().filter((id) => known.has(id));
      writeDismissed(dismissed);
      this.#show(all.filter(({ id }) => !dismissed.includes(id)));
    } catch {
      // The next session asks again.
    }
  }

  /** Asks within a while, once for all who wanted it meanwhile. */
  loadWithin(ms: number = SPREAD_MS): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.load();
    }, ms * Math.random());
  }

  /** Not shown again on this device. */
  dismiss(id: string): void {
    writeDismissed([...readDismissed(), id]);
    this.#show(this.getSnapshot().filter((told) => told.id !== id));
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
  }

  /** Shows them until the first of them ends by itself. */
  #show(all: readonly Announcement[]): void {
    this.set(all);
    clearTimeout(this.#end);
    const ends = all.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
    if (ends.length === 0) return;
    // Beyond what a timer holds it is asked for anew, by then at the latest.
    const left = Math.min(Math.max(Math.min(...ends) - Date.now(), 0) + 1_000, 2 ** 31 - 1);
    this.#end = setTimeout(() => void this.load(), left);
  }
}

function readDismissed(): string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

function writeDismissed(ids: readonly string[]): void {
  localStorage.setItem(KEY, JSON.stringify(ids));
}
