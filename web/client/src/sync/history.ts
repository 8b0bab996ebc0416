// The messages of rooms that are not the newest: pages before what is loaded, and parts of the
// past that somebody was led to.
import type { Event } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { type MessagePage, Unreachable } from "../net/rest.js";
import type { Api } from "./api.js";
import type { Log } from "./log.js";
import { Joined } from "./once.js";
import { Past } from "./past.js";
import type { PeopleStore } from "./people.js";
import type { RoomView } from "./room.js";

export interface HistoryParts {
  api: Pick<Api, "around" | "before" | "after">;
  people: Pick<PeopleStore, "add" | "need">;
  log(roomId: string): Log;
  view(roomId: string): RoomView;
  /** When the newest page is there, where it is on its way. */
  settled(roomId: string): Promise<void>;
}

export class History {
  readonly #parts: HistoryParts;
  /** Parts of the past that are on screen. */
  readonly #pasts = new Set<Past>();
  readonly #older = new Joined((roomId) => this.#loadOlder(roomId));

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** The page before the oldest message; whoever asks while it comes waits for the same one. */
  loadOlder(roomId: string): Promise<void> {
    return this.#older.run(roomId);
  }

  async #loadOlder(roomId: string): Promise<void> {
    const view = this.#parts.view(roomId);
    const log = this.#parts.log(roomId);
    if (!log.loaded || !log.moreBefore) return;
    view.note({ older: "loading" });
    try {
      const page = await this.#parts.api.before(roomId, log.oldestSeq);
      this.meet(page);
      log.prepend(page);
      view.note({ older: "idle" });
      view.show(log);
    } catch (cause) {
      log.settleLate();
      view.note({ older: cause instanceof Unreachable ? "offline" : "error" });
    }
  }

  /** Where a message can be shown: in the room as it is loaded, in a part of its past, which is
      on screen until {@link leave}, or nowhere. However far back it is, one page is asked for. */
  async find(roomId: string, seq: number): Promise<"here" | Past | null> {
    const { api, log: logOf, settled } = this.#parts;
    const log = logOf(roomId);
    // What is loaded at once when the room is entered may hold it.
    if (!log.loaded) await settled(roomId);
    const isHere = () => log.loaded && log.entries.some((entry) => entry.seq === seq);
    if (isHere()) return "here";
    const past = new Past(roomId, {
      around: async (at) => this.meet(await api.around(roomId, at)),
      before: async (at) => this.meet(await api.before(roomId, at)),
      after: async (at) => this.meet(await api.after(roomId, at)),
      join: () => this.#join(past),
    });
    if (!(await past.load(seq))) return null;
    if (past.getSnapshot().joined && isHere()) return "here";
    this.#pasts.add(past);
    return past;
  }

  leave(past: Past): void {
    this.#pasts.delete(past);
  }

  /** What is loaded of the past may reach what is loaded of the room: then it is a part of it. */
  #join(past: Past): boolean {
    const log = this.#parts.log(past.id);
    const joined = past.joinTo(log);
    if (joined) this.#parts.view(past.id).show(log);
    return joined;
  }

  /** What happened in a room. */
  apply(log: Log, events: readonly Event[]): void {
    for (const past of this.#pasts) if (past.id === log.id) past.apply(log.epoch, events);
  }

  /** Learns the names of those who wrote a page, and of those it mentions. */
  meet(page: MessagePage): MessagePage {
    const { people } = this.#parts;
    people.add(page.authors);
    people.need(page.messages.flatMap(({ mention_ids }) => mention_ids));
    return page;
  }
}
