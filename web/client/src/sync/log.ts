// One log as this client knows it: a position, the newest messages (a user's own
// log has none), and the events that wait for a hole before them to be filled.
// Pure: no network, no clock, no storage.
import { roleOf } from "../net/enums.js";
import type { Event } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "../net/id.js";
import type { Message, MessagePage, Role } from "../net/rest.js";
import { type Attachment, fromRest as fileFromRest, fromWire } from "./attachments.js";
import { type Forwarded, fromRest as saidFromRest, fromWire as saidFromWire } from "./forwards.js";
import { type Mentions, NOBODY } from "./mentions.js";
import { added, type Reaction, removed } from "./reactions.js";

export interface ChatMessage {
  kind: "message";
  seq: number;
  authorId: string;
  text: string;
  mentions: Mentions;
  replyTo: number | null;
  /** Milliseconds since the Unix epoch. */
  at: number;
  editedAt: number | null;
  deleted: boolean;
  pinned: boolean;
  reactions: readonly Reaction[];
  attachments: readonly Attachment[];
  forwarded: Forwarded | null;
  /** Seq of the newest event that touched it; the greater version wins. */
  version: number;
}

export type SystemChange =
  | { what: "created" | "renamed"; name: string; topic: string }
  | { what: "archived" | "restored" | "roomDeleted" | "roomRestored" }
  | { what: "joined" | "left" | "banned" | "unbanned"; userId: string }
  | { what: "role"; userId: string; role: Role }
  | { what: "pinned" | "unpinned"; seq: number };

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
  /** Until when it is complete, by `Date.now()`; older versions kept none. */
  completeAt?: number | null;
}

/** What an event changes in a message. */
type Change = (message: ChatMessage) => Partial<ChatMessage>;
/** One whose message is not loaded, kept while its page is on the way. */
interface LateChange {
  version: number;
  change: Change;
}

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
  /** The greatest seq that is known to exist in that epoch. */
  #reaches = 0;
  readonly #late = new Map<number, LateChange[]>();

  constructor(id: string) {
    this.id = id;
  }

  /** True while an event that is known to exist was not applied. */
  get hasHole(): boolean {
    return this.loaded && this.#heldEpoch === this.epoch && this.seq < this.#reaches;
  }

  /** The first message's seq, or what the next page must end before. */
  get oldestSeq(): number {
    return this.entries.find((entry) => entry.kind === "message")?.seq ?? this.seq + 1;
  }

  message(seq: number): ChatMessage | undefined {
    return messageIn(this.entries, seq);
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

  /** Lets go of all but the newest entries, which can be loaded again. */
  trim(limit: number): void {
    if (this.entries.length <= limit) return;
    this.entries = this.entries.slice(-limit);
    this.moreBefore = true;
  }

  /** Adds a page of older messages. */
  prepend(page: MessagePage): void {
    const first = page.messages[0];
    // Older ones may have come meanwhile from somewhere else.
    if (first === undefined || Number(first.seq) < this.oldestSeq) this.moreBefore = page.more_before;
    this.#put(page.messages.map(fromRest));
    this.settleLate();
  }

  /** Adds older entries that reach what is loaded, and says whether there are more before them. */
  join(entries: readonly Entry[], moreBefore: boolean): void {
    const oldest = this.oldestSeq;
    const older = entries.filter(({ seq }) => seq < oldest);
    if (older.length > 0) this.moreBefore = moreBefore;
    this.#put(older);
    this.settleLate();
  }

  /** Adds a page of messages that are not the newest. */
  add(page: MessagePage): void {
    this.#put(page.messages.map(fromRest));
  }

  /** Follows the log; returns the events that were new, in order. */
  apply({ epoch, events }: { epoch: bigint; events: readonly Event[] }): Event[] {
    if (this.loaded && epoch !== this.epoch) return [];
    if (epoch !== this.#heldEpoch) {
      this.#held.clear();
      this.#heldEpoch = epoch;
      this.#reaches = 0;
    }
    for (const event of events) {
      const seq = Number(event.seq);
      if (seq > this.seq) this.#held.set(seq, event);
      this.#reaches = Math.max(this.#reaches, seq);
    }
    const applied = this.#drain();
    if (this.#held.size > HELD_EVENTS) {
      // The newest give way: an older one may be what all others wait for.
      const seqs = [...this.#held.keys()].sort((a, b) => a - b);
      for (const seq of seqs.slice(HELD_EVENTS)) this.#held.delete(seq);
    }
    return applied;
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
      if (entry === null || entry.kind === "system") {
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
    this.#reaches = 0;
  }

  /** No page is on the way any more: what was kept for one is not needed. */
  settleLate(): void {
    for (const [seq, changes] of this.#late) {
      for (const { version, change } of changes) this.#replace(seq, version, change);
    }
    this.#late.clear();
  }

  #change(event: Event): void {
    const { body } = event;
    const version = Number(event.seq);
    if (body.case === "messageEdited") {
      const { text, erased, messageSeq } = body.value;
      const mentions = called(body.value);
      // The text of what was deleted later is gone; its deletion follows.
      if (erased) return;
      const editedAt = milliseconds(event.atUs);
      this.#replace(Number(messageSeq), version, () => ({ text, mentions, editedAt }));
    } else if (body.case === "messageDeleted") {
      const gone = {
        text: "",
        mentions: NOBODY,
        deleted: true,
        pinned: false,
        reactions: [],
        attachments: [],
        forwarded: null,
      };
      this.#replace(Number(body.value.messageSeq), version, () => gone);
    } else if (body.case === "messagePinned" || body.case === "messageUnpinned") {
      const pinned = body.case === "messagePinned";
      this.#replace(Number(body.value.messageSeq), version, () => ({ pinned }));
    } else if (body.case === "reactionAdded" || body.case === "reactionRemoved") {
      const { messageSeq, emoji } = body.value;
      const put = body.case === "reactionAdded" ? added : removed;
      const user = bytesToId(event.actorId);
      this.#replace(Number(messageSeq), version, ({ reactions }) => ({
        reactions: put(reactions, emoji, user),
      }));
    }
  }

  /** Makes a new version of a message; a page may have brought it already. */
  #replace(seq: number, version: number, change: Change): void {
    const message = this.message(seq);
    if (message === undefined) {
      if (this.moreBefore) this.#late.set(seq, [...(this.#late.get(seq) ?? []), { version, change }]);
    } else if (message.version < version) {
      const entries = [...this.entries];
      entries[placeOf(entries, seq)] = { ...message, ...change(message), version };
      this.entries = entries;
    }
  }

  #put(fresh: readonly Entry[]): void {
    const first = fresh[0];
    if (first === undefined) return;
    const last = this.entries[this.entries.length - 1];
    if (last === undefined || last.seq < first.seq) {
      this.entries = [...this.entries, ...fresh];
      return;
    }
    if ((fresh[fresh.length - 1]?.seq ?? 0) < (this.entries[0]?.seq ?? 0)) {
      this.entries = [...fresh, ...this.entries];
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
}

/** Where the first entry of at least this seq stands among entries by ascending seq. */
function placeOf(entries: readonly Entry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The message of this seq among entries by ascending seq. */
export function messageIn(entries: readonly Entry[], seq: number): ChatMessage | undefined {
  const entry = entries[placeOf(entries, seq)];
  return entry?.seq === seq && entry.kind === "message" ? entry : undefined;
}

export function milliseconds(us: bigint): number {
  return Number(us / 1_000n);
}

function called({ mentionIds, mentionsRoom }: { mentionIds: Uint8Array[]; mentionsRoom: boolean }): Mentions {
  return { users: mentionIds.map(bytesToId), room: mentionsRoom };
}

/** A message as REST gives it. */
export function fromRest(message: Message): ChatMessage {
  return {
    kind: "message",
    seq: Number(message.seq),
    authorId: message.author_id,
    text: message.text,
    mentions: { users: message.mention_ids, room: message.mentions_room },
    replyTo: message.reply_to === null ? null : Number(message.reply_to),
    at: Date.parse(message.posted_at),
    editedAt: message.edited_at === null ? null : Date.parse(message.edited_at),
    deleted: message.deleted,
    pinned: message.pinned,
    reactions: message.reactions.map(({ emoji, count, user_ids }) => ({ emoji, count, users: user_ids })),
    attachments: message.attachments.map(fileFromRest),
    forwarded: saidFromRest(message.forwarded),
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
        mentions: called(body.value),
        replyTo: Number(body.value.replyTo) || null,
        at,
        editedAt: null,
        deleted: body.value.erased,
        pinned: false,
        reactions: [],
        attachments: body.value.attachments.map(fromWire),
        forwarded: saidFromWire(body.value.forwarded),
        version: seq,
      };
    case "roomCreated":
      return line({ what: "created", name: body.value.name, topic: body.value.topic });
    case "roomRenamed":
      return line({ what: "renamed", name: body.value.name, topic: body.value.topic });
    case "roomArchived":
      return line({ what: body.value.archived ? "archived" : "restored" });
    case "roomDeleted":
    case "roomRestored":
      return line({ what: body.case });
    case "messagePinned":
    case "messageUnpinned": {
      const what = body.case === "messagePinned" ? "pinned" : "unpinned";
      return line({ what, seq: Number(body.value.messageSeq) });
    }
    case "memberJoined":
      return line({ what: "joined", userId: bytesToId(body.value.userId) });
    case "memberLeft":
      return line({ what: "left", userId: bytesToId(body.value.userId) });
    case "roleChanged":
      return line({ what: "role", userId: bytesToId(body.value.userId), role: roleOf(body.value.role) });
    case "memberBanned":
      return line({ what: "banned", userId: bytesToId(body.value.userId) });
    case "memberUnbanned":
      return line({ what: "unbanned", userId: bytesToId(body.value.userId) });
    default:
      return null;
  }
}
