// Where reading stands: shown at once, told to the server in the end, and as the
// server has it as soon as nothing is on its way.
import { idToBytes, newId } from "../net/id.js";
import { Refused, type SessionLike } from "../net/session.js";
import type { Log } from "./log.js";
import type { Counts } from "./mentions.js";
import type { RoomEntry, RoomList } from "./rooms.js";

const MARK_AFTER_MS = 400;

/** A `ReadMoved` that came: its seq in the user's log, and what it says. */
interface Moved {
  at: bigint;
  seq: number;
}

/** Where reading shall stand; its request is repeated under the same id. */
interface Wish {
  requestId: string;
  kind: "markRead" | "markUnread";
  /** The session that was asked and has not answered. */
  asked: SessionLike | null;
  /** As the request names it. */
  seq: number;
  /** The newest that came meanwhile. */
  moved: Moved | null;
}

/** A wish as it is kept on this device. */
export interface KeptRead extends Pick<Wish, "requestId" | "kind" | "seq"> {
  roomId: string;
}

export interface ReadDeps {
  rooms: RoomList;
  log(roomId: string): Log;
  /** What is unread after a position, in a log that reaches so far. */
  count(log: Log, after: number): Counts;
  session(): SessionLike | null;
  /** The wishes changed and shall be kept. */
  changed(): void;
}

export class ReadWishes {
  readonly #deps: ReadDeps;
  /** Positions that are not confirmed, by room. */
  readonly #wishes = new Map<string, Wish>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: ReadDeps) {
    this.#deps = deps;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Takes up what an earlier page could not tell the server any more. */
  restore(kept: readonly KeptRead[]): void {
    for (const { roomId, ...wish } of kept) {
      if (!this.#wishes.has(roomId)) this.#wishes.set(roomId, { ...wish, asked: null, moved: null });
    }
    this.show();
    this.send();
  }

  /** The list of rooms came from a server that was not told yet. */
  show(): void {
    for (const [roomId, { kind, seq }] of this.#wishes) {
      const room = this.#deps.rooms.get(roomId);
      if (kind === "markRead" && room !== undefined && room.readSeq < seq) this.#move(roomId, seq);
    }
  }

  toKeep(): KeptRead[] {
    return [...this.#wishes].map(([roomId, { requestId, kind, seq }]) => ({ roomId, requestId, kind, seq }));
  }

  #wish(roomId: string, kind: Wish["kind"], seq: number): void {
    this.#wishes.set(roomId, { requestId: newId(), kind, asked: null, seq, moved: null });
    this.#deps.changed();
  }

  /** What the room shows is not yet what the server has. */
  isWaiting(roomId: string): boolean {
    return this.#wishes.has(roomId);
  }

  markRead(roomId: string, seq: number): void {
    const room = this.#deps.rooms.get(roomId);
    if (room === undefined || (room.readSeq >= seq && room.unread === 0)) return;
    this.#deps.rooms.change(roomId, {
      readSeq: Math.max(room.readSeq, seq),
      ...this.#unreadAfter(roomId, seq),
    });
    this.#wish(roomId, "markRead", seq);
    this.#sendIn(MARK_AFTER_MS);
  }

  markUnread(roomId: string, seq: number): void {
    const room = this.#deps.rooms.get(roomId);
    if (room === undefined || room.readSeq < seq) return;
    const counts = this.#deps.count(this.#deps.log(roomId), seq - 1);
    this.#deps.rooms.change(roomId, { readSeq: seq - 1, ...counts });
    this.#wish(roomId, "markUnread", seq);
    this.send();
  }

  /** Asks the session for all that it was not asked for yet. */
  send(): void {
    const session = this.#deps.session();
    if (session === null) return;
    for (const [roomId, wish] of this.#wishes) {
      if (wish.asked === session) continue;
      wish.asked = session;
      const value = { roomId: idToBytes(roomId), seq: BigInt(wish.seq) };
      const settled = (last: bigint) => {
        if (this.#wishes.get(roomId) !== wish) return;
        this.#wishes.delete(roomId);
        this.#deps.changed();
        // Another device had the last word meanwhile.
        if (wish.moved !== null && wish.moved.at > last) this.#move(roomId, wish.moved.seq);
      };
      session.request(wish.requestId, { case: wish.kind, value }).then(
        ({ seq }) => settled(seq),
        (cause: unknown) => {
          // Without an answer it is said again, under the same id, by the next session.
          if (!(cause instanceof Refused)) return;
          if (cause.isFinal) return settled(0n);
          wish.asked = null;
          this.#sendIn(Math.max(cause.retryAfterMs, MARK_AFTER_MS));
        },
      );
    }
  }

  /** The user's own log says where reading stands. */
  moved(roomId: string, moved: Moved): void {
    const wish = this.#wishes.get(roomId);
    if (wish === undefined) this.#move(roomId, moved.seq);
    else wish.moved = moved;
  }

  /** What is unread after a message has changed; nothing where it cannot be told. */
  recount(log: Log, room: RoomEntry): Partial<Counts> {
    const whole = !log.moreBefore || log.oldestSeq <= room.readSeq + 1;
    return whole && log.seq >= room.head ? this.#deps.count(log, room.readSeq) : {};
  }

  #sendIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), ms);
  }

  #move(roomId: string, seq: number): void {
    if (this.#deps.rooms.get(roomId)?.readSeq === seq) return;
    this.#deps.rooms.change(roomId, { readSeq: seq, ...this.#unreadAfter(roomId, seq) });
  }

  /** Counted in the log where it reaches so far, else estimated by the head. */
  #unreadAfter(roomId: string, seq: number): Counts {
    const room = this.#deps.rooms.get(roomId);
    if (room === undefined || seq >= room.head) return { unread: 0, mentions: 0 };
    const log = this.#deps.log(roomId);
    if (!log.loaded || log.seq < room.head) {
      const most = room.head - seq;
      return { unread: Math.min(room.unread, most), mentions: Math.min(room.mentions, most) };
    }
    return this.#deps.count(log, seq);
  }
}
