// Messages that others answer, and that are older than what is loaded.
import type { Message } from "../net/rest.js";
import { Store } from "../store.js";
import { type Attachment, fromRest } from "./attachments.js";
import { type Forwarded, fromRest as saidFromRest } from "./forwards.js";

/** What is shown of a message that is answered. */
export interface Quoted {
  authorId: string;
  text: string;
  attachments: readonly Attachment[];
  forwarded: Forwarded | null;
  deleted: boolean;
}

/** By room and seq; null for what is not there. What is not in it is on its way, or was not asked for. */
export type Quotes = ReadonlyMap<string, Quoted | null>;

export const quoteKey = (roomId: string, seq: number) => `${roomId} ${seq}`;

export class QuoteStore extends Store<Quotes> {
  readonly #fetch: (roomId: string, seq: number) => Promise<Message | null>;
  /** Of what is on its way: the last asking, whose answer counts. */
  readonly #asked = new Map<string, object>();

  constructor(fetch: (roomId: string, seq: number) => Promise<Message | null>) {
    super(new Map());
    this.#fetch = fetch;
  }

  /** Asks for a message, unless it is there or on its way. */
  need(roomId: string, seq: number): void {
    const key = quoteKey(roomId, seq);
    if (this.getSnapshot().has(key) || this.#asked.has(key)) return;
    const asking = {};
    this.#asked.set(key, asking);
    this.#fetch(roomId, seq).then(
      (message) => {
        if (this.#asked.get(key) !== asking) return;
        this.#asked.delete(key);
        const quoted =
          message === null
            ? null
            : {
                authorId: message.author_id,
                text: message.text,
                attachments: message.attachments.map(fromRest),
                forwarded: saidFromRest(message.forwarded),
                deleted: message.deleted,
              };
        this.set(new Map(this.getSnapshot()).set(key, quoted));
      },
      () => {
        // Whoever shows it next asks again.
        if (this.#asked.get(key) === asking) this.#asked.delete(key);
      },
    );
  }

  /** The message is another now: whoever shows it asks anew. */
  changed(roomId: string, seq: number): void {
    const key = quoteKey(roomId, seq);
    this.#asked.delete(key);
    if (!this.getSnapshot().has(key)) return;
    const rest = new Map(this.getSnapshot());
    rest.delete(key);
    this.set(rest);
  }
}
