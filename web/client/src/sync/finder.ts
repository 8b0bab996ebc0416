// Looking for people while somebody types.
import { Store } from "../store.js";
import type { Person } from "./people.js";

export interface FinderState {
  /** What the people below were looked for by. */
  text: string;
  status: "idle" | "looking" | "ready" | "error";
  people: readonly Person[];
}

/** Between keys of somebody who types; the server is asked after this pause. */
const PAUSE_MS = 150;
const IDLE: FinderState = { text: "", status: "idle", people: [] };

export class PeopleFinder extends Store<FinderState> {
  readonly #find: (text: string) => Promise<readonly Person[]>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted = "";

  constructor(find: (text: string) => Promise<readonly Person[]>) {
    super(IDLE);
    this.#find = find;
  }

  /** Looks for this from now on, and for nothing where it is empty. What was
      found before stays until there is something else. */
  look(text: string): void {
    const wanted = text.trim();
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    if (wanted === "" || wanted === "@") return this.set(IDLE);
    this.update((state) => ({ ...state, status: "looking" }));
    this.#timer = setTimeout(() => void this.#ask(wanted), PAUSE_MS);
  }

  /** Asks for the same once more. */
  again(): void {
    const wanted = this.#wanted;
    this.#wanted = "";
    this.look(wanted);
  }

  async #ask(text: string): Promise<void> {
    try {
      const people = await this.#find(text);
      // An answer to what was typed before is of no use any more.
      if (text === this.#wanted) this.set({ text, status: "ready", people });
    } catch {
      if (text === this.#wanted) this.set({ text, status: "error", people: [] });
    }
  }
}
