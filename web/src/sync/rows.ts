// The lines of a timeline, from the log, the outbox and the divider. Pure.
import type { ChatMessage, Entry, SystemLine } from "./log";
import type { Pending } from "./outbox";

export type MessageState = "queued" | "sending" | "sent" | "failed";

export interface MessageRow {
  kind: "message";
  key: string;
  /** 0 until the server has given it one. */
  seq: number;
  authorId: string;
  text: string;
  at: number;
  edited: boolean;
  deleted: boolean;
  state: MessageState;
  /** The intent behind the state, for retry and discard. */
  pending: Pending | null;
  /** Same author shortly before: the name is not said again. */
  continued: boolean;
  /** Within the same minute as the row above: the time is not said again. */
  sameMinute: boolean;
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
}

export function buildRows({ entries, pending, divider, moreBefore, me }: RowsInput): Row[] {
  const rows: Row[] = [];
  const overlays = new Map<number, Pending>();
  for (const intent of pending) {
    if (intent.body.what !== "post") overlays.set(intent.body.seq, intent);
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
    push(messageRow(entry, overlays.get(entry.seq) ?? null));
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
      at: intent.at,
      edited: false,
      deleted: false,
      state: intent.state,
      pending: intent,
      continued: false,
      sameMinute: false,
    });
  }
  return rows;
}

function messageRow(message: ChatMessage, overlay: Pending | null): MessageRow {
  const { body } = overlay ?? { body: null };
  const deleting = body?.what === "delete" && overlay?.state !== "failed";
  return {
    kind: "message",
    key: `m${message.seq}`,
    seq: message.seq,
    authorId: message.authorId,
    text: body?.what === "edit" ? body.text : message.text,
    at: message.at,
    edited: message.editedAt !== null || body?.what === "edit",
    deleted: message.deleted || deleting,
    state: overlay?.state ?? "sent",
    pending: overlay,
    continued: false,
    sameMinute: false,
  };
}
