// Looking for messages while somebody types.
import { Problem, type SearchHit, type SearchPage } from "../net/rest.js";
import { Store } from "../store.js";

export type SearchSort = "newest" | "best";

export interface SearchAsked {
  text: string;
  sort: SearchSort;
  cursor: string | null;
}

export interface SearchState {
  /** What the hits below were looked for by. */
  text: string;
  sort: SearchSort;
  /** `refused`: the server does not look for this; `detail` says why. */
  status: "idle" | "looking" | "ready" | "error" | "refused";
  detail: string;
  hits: readonly SearchHit[];
  /** Parts of the text that nothing can fit. */
  unknown: readonly string[];
  /** False while the server still makes old messages ready to be found. */
  complete: boolean;
  cursor: string | null;
  more: "idle" | "loading" | "error";
}

/** Between keys of somebody who types; the server is asked after this pause. */
const PAUSE_MS = 200;
/** Pages without a hit that are passed by themselves before somebody must ask for more. */
const EMPTY_PAGES = 5;

const NOTHING: SearchState = {
  text: "",
  sort: "newest",
  status: "idle",
  detail: "",
  hits: [],
  unknown: [],
  complete: true,
  cursor: null,
  more: "idle",
};

type Find = (asked: SearchAsked, signal: AbortSignal) => Promise<SearchPage>;

export class MessageSearch extends Store<SearchState> {
  readonly #find: Find;
  #wanted = { text: "", sort: "newest" as SearchSort };
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Ends the request under way. */
  #asking: AbortController | null = null;

  constructor(find: Find) {
    super(NOTHING);
    this.#find = find;
  }

  /** Looks for this from now on, and for nothing where it is empty. What was found before
      stays until there is something else. */
  look(text: string, sort: SearchSort): void {
    const wanted = { text: text.trim(), sort };
    if (wanted.text === this.#wanted.text && sort === this.#wanted.sort) return;
    const typed = wanted.text !== this.#wanted.text;
    this.#wanted = wanted;
    this.stop();
    if (wanted.text === "") return this.set({ ...NOTHING, sort });
    this.update((state) => ({ ...state, status: "looking", more: "idle" }));
    if (typed) this.#timer = setTimeout(() => void this.#ask(), PAUSE_MS);
    else void this.#ask();
  }

  /** Asks for the same once more. */
  again(): void {
    if (this.#wanted.text === "") return;
    this.stop();
    this.update((state) => ({ ...state, status: "looking" }));
    void this.#ask();
  }

  /** The page that follows. */
  async more(): Promise<void> {
    const { status, cursor, more } = this.getSnapshot();
    if (status !== "ready" || cursor === null || more === "loading") return;
    this.update((state) => ({ ...state, more: "loading" }));
    const asking = this.#begin();
    try {
      const page = await this.#pages(cursor, asking.signal);
      if (asking.signal.aborted) return;
      this.update((state) => ({
        ...state,
        hits: [...state.hits, ...page.items],
        cursor: page.next_cursor,
        more: "idle",
      }));
    } catch {
      if (!asking.signal.aborted) this.update((state) => ({ ...state, more: "error" }));
    }
  }

  /** Nothing that is under way is waited for. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  #begin(): AbortController {
    this.#asking?.abort();
    this.#asking = new AbortController();
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { text, sort } = this.#wanted;
    const asking = this.#begin();
    try {
      const page = await this.#pages(null, asking.signal);
      if (asking.signal.aborted) return;
      const { items: hits, unknown, complete, next_cursor: cursor } = page;
      this.set({ ...NOTHING, text, sort, status: "ready", hits, unknown, complete, cursor });
    } catch (cause) {
      if (asking.signal.aborted) return;
      // Whoever asks too often may ask again; what is not looked for, not.
      const refused = cause instanceof Problem && cause.status < 429;
      const detail = cause instanceof Problem ? cause.message : "";
      this.set({ ...NOTHING, text, sort, status: refused ? "refused" : "error", detail });
    }
  }

  /** A page with hits: one without may have others behind it. */
  async #pages(cursor: string | null, signal: AbortSignal): Promise<SearchPage> {
    let page = await this.#find({ ...this.#wanted, cursor }, signal);
    for (let n = 0; n < EMPTY_PAGES && page.items.length === 0 && page.next_cursor !== null; n += 1) {
      page = await this.#find({ ...this.#wanted, cursor: page.next_cursor }, signal);
    }
    return page;
  }
}

/** A part of a text, and whether it is what was looked for. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** Characters of a text that are shown before the first place found in it. */
const LEAD = 60;

/** Cuts the text of a hit at the places found, and off what stands far before them: line
    breaks become spaces. Places count characters, not UTF-16 units. Of the rest only what
    `isShown`, by UTF-16 units, is left. */
export function pieces(
  text: string,
  matches: readonly { start: number; end: number }[],
  isShown: (unit: number) => boolean = () => true,
): Piece[] {
  const chars = [...text];
  let unit = 0;
  const shown = chars.map((char) => {
    unit += char.length;
    return isShown(unit - char.length);
  });
  const first = matches[0]?.start ?? 0;
  let at = first > LEAD * 2 ? first - LEAD : 0;
  const found: Piece[] = at > 0 ? [{ text: "… ", hit: false }] : [];
  const push = (to: number, hit: boolean) => {
    const part = chars.slice(at, to).filter((_, index) => hit || shown[at + index]);
    const piece = part.join("").replace(/\s+/g, " ");
    if (piece !== "") found.push({ text: piece, hit });
    at = Math.max(at, to);
  };
  for (const { start, end } of matches) {
    push(start, false);
    push(end, true);
  }
  push(chars.length, false);
  return found;
}
