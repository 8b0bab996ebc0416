// A part of a room's history that is not the newest: where a hit or a link leads to. It
// grows in both directions, and hears what changes in it, until it meets what is loaded of
// the room and becomes a part of that.
import type { Event } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import type { MessagePage } from "../net/rest.js";
import { Log } from "./log.js";
import { RoomView } from "./room.js";

export interface PastPages {
  around(seq: number): Promise<MessagePage>;
  before(seq: number): Promise<MessagePage>;
  after(seq: number): Promise<MessagePage>;
  /** Makes what is loaded a part of the room as it is, if it reaches that. */
  join(): boolean;
}

export class Past extends RoomView {
  readonly #pages: PastPages;
  readonly #log: Log;
  /** The message that it was made for. */
  seq = 0;
  /** The last message that is loaded; what the log knows after it is not shown yet. */
  #until = 0;

  constructor(roomId: string, pages: PastPages) {
    super(roomId);
    this.#pages = pages;
    this.#log = new Log(roomId);
    this.note({ entered: true });
  }

  /** Loads a message with those around it; true where it is there. */
  async load(seq: number): Promise<boolean> {
    this.seq = seq;
    this.note({ status: "loading", error: null });
    try {
      const page = await this.#pages.around(seq);
      this.#log.load(page);
      this.#reach(page);
      return page.messages.some((message) => Number(message.seq) === seq);
    } catch (cause) {
      this.failed(cause);
      return true;
    }
  }

  /** Loads the same once more. */
  async reload(): Promise<void> {
    await this.load(this.seq);
  }

  /** The page before the oldest message, as {@link RoomView} has it. */
  async loadOlder(): Promise<void> {
    const { older, moreBefore } = this.getSnapshot();
    if (older === "loading" || !moreBefore) return;
    this.note({ older: "loading" });
    try {
      this.#log.prepend(await this.#pages.before(this.#log.oldestSeq));
      this.note({ older: "idle" });
      this.#show();
    } catch {
      this.note({ older: "error" });
    }
  }

  async loadNewer(): Promise<void> {
    const { newer, moreAfter } = this.getSnapshot();
    if (newer === "loading" || !moreAfter) return;
    this.note({ newer: "loading" });
    try {
      const page = await this.#pages.after(this.#until);
      this.#log.add(page);
      this.note({ newer: "idle" });
      this.#reach(page);
    } catch {
      this.note({ newer: "error" });
    }
  }

  /** Gives what is loaded to the room's own log, if no message between them is missing. */
  joinTo(log: Log): boolean {
    const { loaded, epoch, entries, moreBefore } = this.#log;
    if (!loaded || !log.loaded || log.epoch !== epoch || this.#until < log.oldestSeq) return false;
    log.join(entries, moreBefore);
    return true;
  }

  /** What happened in the room. */
  apply(epoch: bigint, events: readonly Event[]): void {
    if (this.#log.apply({ epoch, events }).length > 0) this.#show();
  }

  #reach(page: MessagePage): void {
    this.#until = Number(page.messages.at(-1)?.seq ?? this.#until);
    const joined = this.#pages.join();
    this.note({ joined, moreAfter: page.more_after });
    this.#show();
  }

  #show(): void {
    if (!this.#log.loaded) return;
    this.show(this.#log);
    const { entries, moreAfter } = this.getSnapshot();
    if (moreAfter) this.note({ entries: entries.filter(({ seq }) => seq <= this.#until) });
  }
}
