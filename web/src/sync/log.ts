// One log as this client knows it: a position, the newest messages (a user's own
// log has none), and the events that wait for a hole before them to be filled.
// Pure: no network, no clock, no storage.
import type { Event, Events } from "../net/gen/parlor/realtime/v1/realtime_pb";
import { bytesToId } from "../net/id";
import type { Message, MessagePage } from "../net/rest";

export interface ChatMessage {
  kind: "message";
  seq: number;
  authorId: string;
  text: string;
  replyTo: number | null;
  /** Milliseconds since the Unix epoch. */
  at: number;
  editedAt: number | null;
  deleted: boolean;
  /** Seq of the newest event that touched it; the greater version wins. */
  version: number;
}

export type SystemChange =
  | { what: "created" | "renamed"; name: string; topic: string }
  | { what: "archived" | "restored" }
  | { what: "joined" | "left"; userId: string };

/** What happened to the room itself. */
export interface SystemLine {
  kind: "system";
  seq: number;
  at: number;
  actorId: string;
  change: SystemChange;
}

export type Entry = ChatMessage | SystemLine;

export interface CachedLog {
  epoch: bigint;
  seq: number;
  entries: Entry[];
  moreBefore: boolean;
}

/** A change to a message that is not loaded, kept while its page is on the way. */
type LateChange = (message: ChatMessage) => ChatMessage;

const HELD_EVENTS = 2_000;

export class Log {
  readonly id: string;
  epoch = 0n;
  /** Every event up to and with this one has been applied. */
  seq = 0;
  loaded = false;
  moreBefore = false;
  /** Messages and lines by ascending seq; replaced, never changed in place. */
  entries: readonly Entry[] = [];

  readonly #held = new Map<number, Event>();
  #heldEpoch = 0n;
  readonly #late = new Map<number, LateChange[]>();

  constructor(id: string) {
    this.id = id;
  }

  /** True while an event waits for one before it. */
  get hasHole(): boolean {
    return this.loaded && this.#held.size > 0;
  }

  /** The first message's seq, or what the next page must end before. */
  get oldestSeq(): number {
    return this.entries.find((entry) => entry.kind === "message")?.seq ?? this.seq + 1;
  }

  message(seq: number): ChatMessage | undefined {
    const entry = this.entries[this.#indexOf(seq)];
    return entry?.seq === seq && entry.kind === "message" ? entry : undefined;
  }

  /** Starts anew from the newest page. Events that came meanwhile are applied
      on top; they are returned. */
  load(page: MessagePage): Event[] {
    this.startAt(BigInt(page.epoch), Number(page.head));
    this.moreBefore = page.more_before;
    this.entries = page.messages.map(fromRest);
    this.#late.clear();
    return this.#drain();
  }

  /** Stands at a position with nothing loaded before it. */
  startAt(epoch: bigint, seq: number): void {
    this.epoch = epoch;
    this.seq = seq;
    this.loaded = true;
    this.moreBefore = false;
    this.entries = [];
  }

  restore(cached: CachedLog): void {
    this.epoch = cached.epoch;
    this.seq = cached.seq;
    this.loaded = true;
    this.moreBefore = cached.moreBefore;
    this.entries = cached.entries;
  }

  /** The newest entries, small enough to be written often. */
  toCache(limit: number): CachedLog {
    const entries = this.entries.slice(-limit);
    return {
      epoch: this.epoch,
      seq: this.seq,
      entries,
      moreBefore: this.moreBefore || entries.length < this.entries.length,
    };
  }

  /** Adds a page of older messages. */
  prepend(page: MessagePage): void {
    this.moreBefore = page.more_before;
    this.#put(page.messages.map(fromRest));
    this.settleLate();
  }

  /** Follows the log; returns the events that were new, in order. */
  apply(run: Events): Event[] {
    if (this.loaded && run.epoch !== this.epoch) return [];
    if (run.epoch !== this.#heldEpoch) {
      this.#held.clear();
      this.#heldEpoch = run.epoch;
    }
    for (const event of run.events) {
      const seq = Number(event.seq);
      if (seq > this.seq && this.#held.size < HELD_EVENTS) this.#held.set(seq, event);
    }
    return this.#drain();
  }

  #drain(): Event[] {
    if (!this.loaded) return [];
    if (this.#heldEpoch !== this.epoch) this.#held.clear();
    for (const seq of this.#held.keys()) if (seq <= this.seq) this.#held.delete(seq);
    const applied: Event[] = [];
    const fresh: Entry[] = [];
    for (;;) {
      const event = this.#held.get(this.seq + 1);
      if (event === undefined) break;
      this.#held.delete(this.seq + 1);
      this.seq += 1;
      applied.push(event);
      const entry = toEntry(event);
      if (entry !== null) fresh.push(entry);
      else {
        // An edit must find the message that was posted in this same run.
        if (fresh.length > 0) this.#put(fresh.splice(0));
        this.#change(event);
      }
    }
    if (fresh.length > 0) this.#put(fresh);
    return applied;
  }

  /** The position no longer fits the server's log: load anew. Events that come
      before the new page are kept for it. */
  forget(): void {
    this.loaded = false;
    this.seq = 0;
    this.#held.clear();
  }

  /** No page is on the way any more: what was kept for one is not needed. */
  settleLate(): void {
    for (const [seq, changes] of this.#late) {
      for (const change of changes) this.#replace(seq, change);
    }
    this.#late.clear();
  }

  #change(event: Event): void {
    const { body } = event;
    const version = Number(event.seq);
    if (body.case === "messageEdited") {
      const { text, erased, messageSeq } = body.value;
      // The text of what was deleted later is gone; its deletion follows.
      if (erased) return;
      const editedAt = milliseconds(event.atUs);
      this.#replace(Number(messageSeq), (message) => ({ ...message, text, editedAt, version }));
    } else if (body.case === "messageDeleted") {
      this.#replace(Number(body.value.messageSeq), (message) => ({
        ...message,
        text: "",
        deleted: true,
        version,
      }));
    }
  }

  #replace(seq: number, change: LateChange): void {
    const message = this.message(seq);
    if (message === undefined) {
      if (this.moreBefore) this.#late.set(seq, [...(this.#late.get(seq) ?? []), change]);
    } else this.#put([change(message)]);
  }

  #put(fresh: readonly Entry[]): void {
    const first = fresh[0];
    if (first === undefined) return;
    const last = this.entries[this.entries.length - 1];
    if (last === undefined || last.seq < first.seq) {
      this.entries = [...this.entries, ...fresh];
      return;
    }
    const bySeq = new Map(this.entries.map((entry) => [entry.seq, entry]));
    for (const entry of fresh) {
      const known = bySeq.get(entry.seq);
      const newer = known?.kind !== "message" || entry.kind !== "message" || known.version <= entry.version;
      if (newer) bySeq.set(entry.seq, entry);
    }
    this.entries = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Where an entry of this seq stands or would stand. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function milliseconds(us: bigint): number {
  return Number(us / 1_000n);
}

function fromRest(message: Message): ChatMessage {
  return {
    kind: "message",
    seq: Number(message.seq),
    authorId: message.author_id,
    text: message.text,
    replyTo: message.reply_to === null ? null : Number(message.reply_to),
    at: Date.parse(message.posted_at),
    editedAt: message.edited_at === null ? null : Date.parse(message.edited_at),
    deleted: message.deleted,
    version: Number(message.version),
  };
}

function toEntry(event: Event): Entry | null {
  const seq = Number(event.seq);
  const at = milliseconds(event.atUs);
  const actorId = bytesToId(event.actorId);
  const line = (change: SystemChange): SystemLine => ({ kind: "system", seq, at, actorId, change });
  const { body } = event;
  switch (body.case) {
    case "messagePosted":
      return {
        kind: "message",
        seq,
        authorId: actorId,
        text: body.value.text,
        replyTo: Number(body.value.replyTo) || null,
        at,
        editedAt: null,
        deleted: body.value.erased,
        version: seq,
      };
    case "roomCreated":
      return line({ what: "created", name: body.value.name, topic: body.value.topic });
    case "roomRenamed":
      return line({ what: "renamed", name: body.value.name, topic: body.value.topic });
    case "roomArchived":
      return line({ what: body.value.archived ? "archived" : "restored" });
    case "memberJoined":
      return line({ what: "joined", userId: bytesToId(body.value.userId) });
    case "memberLeft":
      return line({ what: "left", userId: bytesToId(body.value.userId) });
    default:
      return null;
  }
}
