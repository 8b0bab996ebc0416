// The lines of a timeline, from the log, the outbox and the divider. Pure.
import type { Attachment } from "./attachments.js";
import type { Forwarded } from "./forwards.js";
import { type ChatMessage, type Entry, messageIn, type SystemLine } from "./log.js";
import { type Mentions, mentioned, NOBODY } from "./mentions.js";
import type { Pending } from "./outbox.js";
import { has, type Reaction, wished } from "./reactions.js";

export type MessageState = "queued" | "sending" | "sent" | "failed";

export interface MessageRow {
  kind: "message";
  key: string;
  /** 0 until the server has given it one. */
  seq: number;
  authorId: string;
  text: string;
  mentions: Mentions;
  /** The message it answers. */
  replyTo: number | null;
  /** That message, where it is loaded. */
  quoted: ChatMessage | null;
  /** By somebody whom its reader blocks: shown only when asked for. */
  folded: boolean;
  /** What it passes on is by such a person. */
  foldsSaid: boolean;
  /** It mentions whoever reads it. */
  callsMe: boolean;
  at: number;
  edited: boolean;
  deleted: boolean;
  pinned: boolean;
  reactions: readonly Chip[];
  attachments: readonly Attachment[];
  /** What it passes on, with its files. */
  forwarded: Forwarded | null;
  /** Keys of its files, while they are on the way with it. */
  uploads: readonly string[];
  state: MessageState;
  /** The intent behind the state, for retry and discard. */
  pending: Pending | null;
  /** Reactions and pins that were refused, for retry and discard. */
  refused: readonly Pending[];
  /** Same author shortly before: the name is not said again. Not so where nothing but others'
      words stands below: they would seem to belong to the line above. */
  continued: boolean;
  /** Within the same minute as the row above: the time is not said again. */
  sameMinute: boolean;
}
/** An emoji below a message. */
export interface Chip extends Reaction {
  mine: boolean;
  /** One's own wish about it is not confirmed yet. */
  waiting: boolean;
}
export interface SystemRow {
  kind: "system";
  key: string;
  line: SystemLine;
}
export interface DayRow {
  kind: "day";
  key: string;
  at: number;
}
export interface UnreadRow {
  kind: "unread";
  key: string;
}
export type Row = MessageRow | SystemRow | DayRow | UnreadRow;

/** A pause longer than this names the author again. */
const CONTINUED_MS = 5 * 60_000;

export interface RowsInput {
  entries: readonly Entry[];
  /** The room's part of the outbox, in order. */
  pending: readonly Pending[];
  /** Read position when the room was entered; null for no divider. */
  divider: number | null;
  /** Older messages exist: where the first day began is not known yet. */
  moreBefore: boolean;
  me: string;
  /** Whose messages are folded. */
  blocked: ReadonlySet<string>;
}

/** Rows that were made before, by what they show: what has not changed is the same row
    again, so that a long history costs little and its lines are not drawn anew. */
const madeMessages = new WeakMap<ChatMessage, { row: MessageRow; me: string }>();
const madeLines = new WeakMap<SystemLine, SystemRow>();

export function buildRows({ entries, pending, divider, moreBefore, me, blocked }: RowsInput): Row[] {
  const rows: Row[] = [];
  const overlays = new Map<number, Pending>();
  const wishes = new Map<number, Pending[]>();
  for (const intent of pending) {
    const { body } = intent;
    if (body.what === "react" || body.what === "pin")
      wishes.set(body.seq, [...(wishes.get(body.seq) ?? []), intent]);
    else if (body.what !== "post" && body.what !== "forward") overlays.set(body.seq, intent);
  }
  let previous: { authorId: string; at: number } | null = null;
  let today = { begins: Number.NaN, ends: Number.NaN };
  let divided = divider === null;

  const day = (at: number) => {
    if (at >= today.begins && at < today.ends) return;
    const first = Number.isNaN(today.begins);
    today = dayOf(at);
    previous = null;
    // A line that moves up when older ones arrive would take the reader along.
    if (first && moreBefore) return;
    rows.push({ kind: "day", key: `day ${new Date(at).toDateString()}`, at });
  };
  const isByBlocked = (said: Forwarded | null) => said !== null && blocked.has(said.authorId);
  /** How a line follows the one above it. */
  const follows = (authorId: string, at: number, said: Forwarded | null, text: string) => {
    const isNear = previous !== null && previous.authorId === authorId && at - previous.at < CONTINUED_MS;
    const continued = isNear && (said === null || text !== "");
    const sameMinute =
      continued && previous !== null && Math.floor(previous.at / 60_000) === Math.floor(at / 60_000);
    previous = { authorId, at };
    return { continued, sameMinute };
  };

  for (const entry of entries) {
    day(entry.at);
    if (entry.kind === "system") {
      previous = null;
      const made = madeLines.get(entry) ?? { kind: "system", key: `s${entry.seq}`, line: entry };
      madeLines.set(entry, made);
      rows.push(made);
      continue;
    }
    if (!divided && entry.seq > (divider ?? 0) && entry.authorId !== me) {
      divided = true;
      previous = null;
      rows.push({ kind: "unread", key: "unread" });
    }
    const { continued, sameMinute } = follows(entry.authorId, entry.at, entry.forwarded, entry.text);
    const overlay = overlays.get(entry.seq) ?? null;
    const wished = wishes.get(entry.seq) ?? NO_WISHES;
    const quoted = answered(entries, entry.replyTo);
    const folded = blocked.has(entry.authorId) && !entry.deleted;
    const foldsSaid = isByBlocked(entry.forwarded);
    const made = madeMessages.get(entry);
    if (
      made !== undefined &&
      overlay === null &&
      wished.length === 0 &&
      made.me === me &&
      made.row.continued === continued &&
      made.row.sameMinute === sameMinute &&
      made.row.folded === folded &&
      made.row.foldsSaid === foldsSaid &&
      made.row.quoted === quoted
    ) {
      rows.push(made.row);
      continue;
    }
    const plain = { ...messageRow(entry, overlay, wished, me), quoted, foldsSaid, continued, sameMinute };
    const row = folded && !plain.deleted ? { ...plain, folded: true, callsMe: false } : plain;
    if (overlay === null && wished.length === 0) madeMessages.set(entry, { row, me });
    rows.push(row);
  }
  const shown = entries[entries.length - 1]?.seq ?? 0;
  for (const intent of pending) {
    const { body } = intent;
    if (body.what !== "post" && body.what !== "forward") continue;
    if (intent.seq !== null && intent.seq <= shown) continue;
    const replyTo = body.what === "post" ? body.replyTo : null;
    const said = body.what === "forward" ? body.said : null;
    day(intent.at);
    rows.push({
      kind: "message",
      key: intent.requestId,
      seq: intent.seq ?? 0,
      authorId: me,
      text: body.text,
      mentions: NOBODY,
      replyTo,
      quoted: answered(entries, replyTo),
      folded: false,
      foldsSaid: isByBlocked(said),
      callsMe: false,
      at: intent.at,
      edited: false,
      deleted: false,
      pinned: false,
      reactions: [],
      attachments: [],
      forwarded: said,
      uploads: (body.what === "post" && body.files) || [],
      state: intent.state,
      pending: intent,
      refused: [],
      ...follows(me, intent.at, said, body.text),
    });
  }
  return rows;
}

const NO_WISHES: readonly Pending[] = [];

/** The day that a moment is in, where the reader is; it may have 23 hours or 25. */
function dayOf(at: number): { begins: number; ends: number } {
  const begins = new Date(at);
  begins.setHours(0, 0, 0, 0);
  const ends = new Date(begins);
  ends.setDate(ends.getDate() + 1);
  return { begins: begins.getTime(), ends: ends.getTime() };
}

function answered(entries: readonly Entry[], seq: number | null): ChatMessage | null {
  return seq === null ? null : (messageIn(entries, seq) ?? null);
}

/** What is on a message, with what its reader wished to put there or take back. */
function chips(all: readonly Reaction[], wishes: readonly Pending[], me: string): Chip[] {
  const waiting = new Set<string>();
  let shown = all;
  for (const { body, state } of wishes) {
    if (body.what !== "react" || state === "failed") continue;
    if (state !== "sent") waiting.add(body.emoji);
    shown = wished(shown, body.emoji, me, body.on);
  }
  return shown.map((reaction) => ({
    ...reaction,
    mine: has(shown, reaction.emoji, me),
    waiting: waiting.has(reaction.emoji),
  }));
}

function pinned(message: ChatMessage, wishes: readonly Pending[]): boolean {
  const wish = wishes.findLast(({ body, state }) => body.what === "pin" && state !== "failed");
  return wish?.body.what === "pin" ? wish.body.on : message.pinned;
}

function messageRow(
  message: ChatMessage,
  overlay: Pending | null,
  wishes: readonly Pending[],
  me: string,
): MessageRow {
  const { body } = overlay ?? { body: null };
  const deleting = body?.what === "delete" && overlay?.state !== "failed";
  return {
    kind: "message",
    key: `m${message.seq}`,
    seq: message.seq,
    authorId: message.authorId,
    text: body?.what === "edit" ? body.text : message.text,
    mentions: message.mentions,
    replyTo: message.replyTo,
    quoted: null,
    folded: false,
    foldsSaid: false,
    callsMe: message.authorId !== me && mentioned(message.mentions, me),
    at: message.at,
    edited: message.editedAt !== null || body?.what === "edit",
    deleted: message.deleted || deleting,
    pinned: !deleting && pinned(message, wishes),
    reactions: deleting ? [] : chips(message.reactions, wishes, me),
    attachments: deleting ? [] : message.attachments,
    forwarded: deleting ? null : message.forwarded,
    uploads: [],
    state: overlay?.state ?? "sent",
    pending: overlay,
    refused: wishes.filter(({ state }) => state === "failed"),
    continued: false,
    sameMinute: false,
  };
}
