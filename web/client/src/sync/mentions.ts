// Whom a message mentions, what is unread of a room, and the name being written
// after an `@`. Pure. Who is mentioned is for the server to decide.
import type { Entry } from "./log.js";
import type { Person } from "./people.js";

export interface Mentions {
  /** Members called by name. */
  users: readonly string[];
  /** All members were called. */
  room: boolean;
}

/** Who can be called by name. */
export type Callable = Pick<Person, "id" | "name" | "display_name">;

export const NOBODY: Mentions = { users: [], room: false };
/** Calls everybody in the room. */
export const EVERYBODY = "room";

export function mentioned({ users, room }: Mentions, user: string): boolean {
  return room || users.includes(user);
}

export interface Counts {
  unread: number;
  mentions: number;
}

/** As the server counts (PROTOCOL 3.13); who is blocked calls nobody. */
export function countUnread(
  entries: readonly Entry[],
  after: number,
  me: string,
  blocked: ReadonlySet<string>,
): Counts {
  const counts = { unread: 0, mentions: 0 };
  for (const entry of entries) {
    if (entry.kind !== "message" || entry.seq <= after || entry.authorId === me || entry.deleted) continue;
    counts.unread += 1;
    if (mentioned(entry.mentions, me) && !blocked.has(entry.authorId)) counts.mentions += 1;
  }
  return counts;
}

const NAME = "[\\p{Alphabetic}\\p{N}._-]";
const BEFORE_CARET = new RegExp(`(?<!${NAME}|@)@(${NAME}{0,32})$`, "u");
const CALL = new RegExp(`(?<!${NAME}|@)@(${NAME}+)`, "gu");

/** What has been written of a name that ends at the caret, and where its `@` is. */
export function nameBefore(text: string, caret: number): { at: number; begun: string } | null {
  const match = BEFORE_CARET.exec(text.slice(0, caret));
  return match === null ? null : { at: match.index, begun: (match[1] ?? "").toLowerCase() };
}

/**
 * Members whose name may be meant, those that begin with it first; and all of them, where that is
 * what was begun: nobody calls a whole room by accident.
 */
export function fitting(members: readonly Callable[], begun: string, everybody: Callable): Callable[] {
  const rank = ({ name, display_name }: Callable) => {
    const shown = display_name.toLowerCase();
    if (name.startsWith(begun)) return 0;
    if (shown.startsWith(begun) || shown.includes(` ${begun}`)) return 1;
    return name.includes(begun) || shown.includes(begun) ? 2 : 3;
  };
  return [...members, ...(rank(everybody) < 2 ? [everybody] : [])]
    .map((member) => ({ member, rank: rank(member) }))
    .filter((ranked) => ranked.rank < 3)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        Number(a.member === everybody) - Number(b.member === everybody) ||
        a.member.name.localeCompare(b.member.name),
    )
    .map(({ member }) => member);
}

/** A text in pieces; those that call one of the names are marked. */
export function pieces(text: string, called: ReadonlySet<string>): { text: string; call: boolean }[] {
  const all: { text: string; call: boolean }[] = [];
  let from = 0;
  for (const match of text.matchAll(CALL)) {
    const word = match[1] ?? "";
    const bare = word.replace(/[._-]+$/, "");
    const name = [word, bare].find((candidate) => called.has(candidate.toLowerCase()));
    if (name === undefined) continue;
    if (match.index > from) all.push({ text: text.slice(from, match.index), call: false });
    from = match.index + 1 + name.length;
    all.push({ text: text.slice(match.index, from), call: true });
  }
  if (from < text.length) all.push({ text: text.slice(from), call: false });
  return all;
}
