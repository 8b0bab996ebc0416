// What messages pass on: who said it first, when, and its words. Pure.
import type { Forwarded as WireForwarded } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "../net/id.js";
import type { Forwarded as RestForwarded } from "../net/rest.js";

/** Its files are those of the message that passes it on. */
export interface Forwarded {
  authorId: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  text: string;
}

export function fromWire(said: WireForwarded | undefined): Forwarded | null {
  if (said === undefined) return null;
  return { authorId: bytesToId(said.authorId), at: Number(said.saidAtUs / 1_000n), text: said.text };
}

export function fromRest(said: RestForwarded | null): Forwarded | null {
  return said === null ? null : { authorId: said.author_id, at: Date.parse(said.said_at), text: said.text };
}

/** Whose words `wordsOf` tells. */
export function speakerOf({ authorId, text, forwarded }: Spoken): string {
  return text === "" && forwarded !== null ? forwarded.authorId : authorId;
}

/** A message, as far as it says whose words it holds. */
export interface Spoken {
  authorId: string;
  text: string;
  forwarded: { authorId: string } | null;
}

/** What is shown of a message in few words: its own, else those it passes on. */
export function wordsOf({ text, forwarded }: { text: string; forwarded: { text: string } | null }): string {
  return text || (forwarded?.text ?? "");
}
