// The lines of a timeline, from the log, the outbox and the divider. Pure.
import type { ChatMessage, Entry, SystemLine } from "./log.js";
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
  /** By somebody whom its reader blocks: shown only when asked for. */
  folded: boolean;
  /** It mentions whoever reads it. */
  callsMe: boolean;
  at: number;
  edited: boolean;
  deleted: boolean;
  pinned: boolean;
  reactions: readonly Chip[];
  state: MessageState;
  /** The intent behind the state, for retry and discard. */
  pending: Pending | null;
  /** Reactions and pins that were refused, for retry and discard. */
  refused: readonly Pending[];
  /** Same author shortly before: the name is not said again. */
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

export function buildRows({ entries, pending, divider, moreBefore, me, blocked }: RowsInput): Row[] {
  const rows: Row[] = [];
  const overlays = new Map<number, Pending>();
  const wishes = new Map<number, Pending[]>();
  for (const intent of pending) {
    const { body } = intent;
    if (body.what === "react" || body.what === "pin")
      wishes.set(body.seq, [...(wishes.get(body.seq) ?? []), intent]);
    else if (body.what !== "post") overlays.set(body.seq, intent);
  }
  let previous: MessageRow | null = null;
  let dayBefore = "";
  let divided = divider === null;

  const day = (at: number) => {
    const key = new Date(at).toDateString();
    if (key === dayBefore) return;
    const first = dayBefore === "";
    dayBefore = key;
    previous = null;
    // A line that moves up when older ones arrive would take the reader along.
    if (first && moreBefore) return;
    rows.push({ kind: "day", key: `day ${key}`, at });
  };
  const push = (row: MessageRow) => {
    if (previous !== null && previous.authorId === row.authorId && row.at - previous.at < CONTINUED_MS) {
      row.continued = true;
      row.sameMinute = Math.floor(previous.at / 60_000) === Math.floor(row.at / 60_000);
    }
    previous = row;
    rows.push(row);
  };

  for (const entry of entries) {
    day(entry.at);
    if (entry.kind === "system") {
      previous = null;
      rows.push({ kind: "system", key: `s${entry.seq}`, line: entry });
      continue;
    }
    if (!divided && entry.seq > (divider ?? 0) && entry.authorId !== me) {
      divided = true;
      previous = null;
      rows.push({ kind: "unread", key: "unread" });
    }
    const row = messageRow(entry, overlays.get(entry.seq) ?? null, wishes.get(entry.seq) ?? [], me);
    push(blocked.has(entry.authorId) && !row.deleted ? { ...row, folded: true, callsMe: false } : row);
  }
  const shown = entries[entries.length - 1]?.seq ?? 0;
  for (const intent of pending) {
    if (intent.body.what !== "post" || (intent.seq !== null && intent.seq <= shown)) continue;
    day(intent.at);
    push({
      kind: "message",
      key: intent.requestId,
      seq: intent.seq ?? 0,
      authorId: me,
      text: intent.body.text,
      mentions: NOBODY,
      folded: false,
      callsMe: false,
      at: intent.at,
      edited: false,
      deleted: false,
      pinned: false,
      reactions: [],
      state: intent.state,
      pending: intent,
      refused: [],
      continued: false,
      sameMinute: false,
    });
  }
  return rows;
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
    folded: false,
    callsMe: message.authorId !== me && mentioned(message.mentions, me),
    at: message.at,
    edited: message.editedAt !== null || body?.what === "edit",
    deleted: message.deleted || deleting,
    pinned: !deleting && pinned(message, wishes),
    reactions: deleting ? [] : chips(message.reactions, wishes, me),
    state: overlay?.state ?? "sent",
    pending: overlay,
    refused: wishes.filter(({ state }) => state === "failed"),
    continued: false,
    sameMinute: false,
  };
}
