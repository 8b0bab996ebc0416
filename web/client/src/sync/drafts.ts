// What was begun and not posted, by room: kept on this device at once, on the
// server a second later, and shown as another device wrote it last.
import { idToBytes, newId } from "../net/id.js";
import { Refused, type SessionLike } from "../net/session.js";
import { Store } from "../store.js";

/** The server hears of a text that has not changed for this long (PROTOCOL 3.17). */
const SEND_AFTER_MS = 1_000;
/** As long as this after a key stroke the text is being written: nothing replaces it. */
const WRITING_MS = 10_000;

interface Draft {
  text: string;
  /** Seq of the message it answers. */
  replyTo: number | null;
}

/** As it is kept on this device. */
export interface KeptDraft extends Partial<Draft> {
  roomId: string;
  text: string;
  /** The server has it too. */
  sent?: boolean;
}

export interface DraftDeps {
  fetch(): Promise<readonly { room_id: string; text: string; reply_to: string | null }[]>;
  session(): SessionLike | null;
  /** Keeps it on this device; what is empty and sent need not be kept. */
  keep(draft: KeptDraft): void;
}

const NONE: Draft = { text: "", replyTo: null };

/** What is known of the draft of one room. */
interface Page {
  mine: Draft;
  /** As the server has it, and the event that says so; null while that is not known. */
  held: Draft | null;
  heldAt: bigint;
  /** `mine` was changed here, and the server has not confirmed it. */
  unsent: boolean;
  /** The session that was asked and has not answered. */
  asked: SessionLike | null;
  wroteAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class DraftStore extends Store<ReadonlyMap<string, string>> {
  readonly #deps: DraftDeps;
  readonly #pages = new Map<string, Page>();
  #loading: Promise<void> | null = null;
  #again = false;
  /** True once the list has come from the server in this page's life. */
  isFresh = false;

  constructor(deps: DraftDeps) {
    super(new Map());
    this.#deps = deps;
  }

  stop(): void {
    for (const { timer } of this.#pages.values()) clearTimeout(timer);
  }

  /** The user writes here. */
  write(roomId: string, text: string): void {
    const page = this.#page(roomId);
    page.wroteAt = performance.now();
    this.#change(roomId, page, text === "" ? NONE : { ...page.mine, text }, SEND_AFTER_MS);
  }

  /** What was begun is posted: it goes from the other devices too. */
  posted(roomId: string): void {
    const page = this.#page(roomId);
    page.wroteAt = Number.NEGATIVE_INFINITY;
    this.#change(roomId, page, NONE, 0);
  }

  /** The user has turned to something else. */
  leave(roomId: string): void {
    const page = this.#pages.get(roomId);
    if (page === undefined) return;
    page.wroteAt = Number.NEGATIVE_INFINITY;
    if (page.unsent) this.#send(roomId, page);
    else this.#settle(roomId, page);
  }

  /** The user's own log tells of it. */
  told(roomId: string, at: bigint, draft: Draft): void {
    if (this.#loading !== null) this.#again = true;
    const page = this.#page(roomId);
    if (at <= page.heldAt) return;
    page.held = draft;
    page.heldAt = at;
    this.#settle(roomId, page);
  }

  /** The user is not in this room any more. */
  forget(roomId: string): void {
    const page = this.#pages.get(roomId);
    if (page === undefined) return;
    clearTimeout(page.timer);
    this.#pages.delete(roomId);
    this.#show(roomId, NONE);
    this.#deps.keep({ roomId, ...NONE, sent: true });
  }

  /** A session began: it is told what the one before was not. */
  begin(): void {
    for (const [roomId, page] of this.#pages) if (page.unsent) this.#send(roomId, page);
    if (!this.isFresh) void this.load();
  }

  /** Fetches all of them; what is told meanwhile has them fetched again. */
  load(): Promise<void> {
    if (this.#loading !== null) {
      this.#again = true;
      return this.#loading;
    }
    this.#loading = this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    let list: Awaited<ReturnType<DraftDeps["fetch"]>>;
    do {
      this.#again = false;
      try {
        list = await this.#deps.fetch();
      } catch {
        // The next session asks again.
        return;
      }
    } while (this.#again);
    this.isFresh = true;
    const held = new Map(list.map(({ room_id, ...draft }) => [room_id, draft]));
    for (const roomId of new Set([...held.keys(), ...this.#pages.keys()])) {
      const { text, reply_to } = held.get(roomId) ?? { text: "", reply_to: null };
      const page = this.#page(roomId);
      page.held = { text, replyTo: reply_to === null ? null : Number(reply_to) };
      this.#settle(roomId, page);
    }
  }

  /** What was kept on this device; one that an older version kept was never sent. */
  restore(kept: readonly KeptDraft[]): void {
    for (const { roomId, text, replyTo = null, sent = false } of kept) {
      if (this.#pages.has(roomId)) continue;
      const page = this.#page(roomId);
      page.mine = { text, replyTo };
      page.unsent = !sent;
      this.#show(roomId, page.mine);
      if (page.unsent) this.#send(roomId, page);
    }
  }

  #page(roomId: string): Page {
    let page = this.#pages.get(roomId);
    if (page === undefined) {
      page = {
        mine: NONE,
        held: this.isFresh ? NONE : null,
        heldAt: -1n,
        unsent: false,
        asked: null,
        wroteAt: Number.NEGATIVE_INFINITY,
        timer: undefined,
      };
      this.#pages.set(roomId, page);
    }
    return page;
  }

  #change(roomId: string, page: Page, mine: Draft, afterMs: number): void {
    page.mine = mine;
    page.unsent = page.asked !== null || page.held === null || !same(mine, page.held);
    this.#show(roomId, mine);
    this.#keep(roomId, page);
    clearTimeout(page.timer);
    if (page.unsent) page.timer = setTimeout(() => this.#send(roomId, page), afterMs);
  }

  #send(roomId: string, page: Page): void {
    clearTimeout(page.timer);
    const session = this.#deps.session();
    // Without a session the next one is told; an answer on its way has it sent after.
    if (session === null || page.asked === session) return;
    const { mine } = page;
    page.asked = session;
    const value = { roomId: idToBytes(roomId), text: mine.text, replyTo: BigInt(mine.replyTo ?? 0) };
    const answered = (at: bigint) => {
      if (this.#pages.get(roomId) !== page || page.asked !== session) return;
      page.asked = null;
      if (at >= page.heldAt) {
        page.held = mine;
        page.heldAt = at;
      }
      if (!same(page.mine, mine)) {
        page.timer = setTimeout(() => this.#send(roomId, page), SEND_AFTER_MS);
        return;
      }
      page.unsent = false;
      this.#settle(roomId, page);
    };
    session.request(newId(), { case: "setDraft", value }).then(
      ({ seq }) => answered(seq),
      (cause: unknown) => {
        // Without an answer the next session is told.
        if (!(cause instanceof Refused) || page.asked !== session) return;
        // What the server will not have is kept on this device alone, as it is.
        if (cause.isFinal) return answered(page.heldAt);
        page.asked = null;
        page.timer = setTimeout(() => this.#send(roomId, page), Math.max(cause.retryAfterMs, SEND_AFTER_MS));
      },
    );
  }

  /** Shows what the server has, unless the user is writing here. */
  #settle(roomId: string, page: Page): void {
    if (page.unsent || page.held === null) return;
    const restsIn = page.wroteAt + WRITING_MS - performance.now();
    clearTimeout(page.timer);
    if (!same(page.mine, page.held)) {
      if (restsIn > 0) {
        page.timer = setTimeout(() => this.#settle(roomId, page), restsIn);
        return;
      }
      page.mine = page.held;
      this.#show(roomId, page.mine);
    }
    this.#keep(roomId, page);
  }

  #show(roomId: string, { text }: Draft): void {
    if ((this.getSnapshot().get(roomId) ?? "") === text) return;
    this.update((texts) => {
      const next = new Map(texts);
      if (text === "") next.delete(roomId);
      else next.set(roomId, text);
      return next;
    });
  }

  #keep(roomId: string, { mine, unsent }: Page): void {
    this.#deps.keep({ roomId, ...mine, sent: !unsent });
  }
}

function same(a: Draft, b: Draft): boolean {
  return a.text === b.text && a.replyTo === b.replyTo;
}
