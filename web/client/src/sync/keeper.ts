// What of a user's page survives a reload, and when it is written down.
import type { KeptDraft } from "./drafts.js";
import type { KeptFriends } from "./friends.js";
import type { Log } from "./log.js";
import type { Person } from "./people.js";
import type { KeptRead } from "./reads.js";
import type { RoomEntry } from "./rooms.js";
import { Saver } from "./saver.js";
import type { Storage } from "./storage.js";

/** The newest entries of a room, small enough to be written often. */
const CACHED_ENTRIES = 200;

/** What there is to keep, asked for when it is written. */
export interface KeeperDeps {
  rooms(): RoomEntry[];
  people(): Person[];
  /** Null while they are not known. */
  friends(): KeptFriends | null;
  reads(): KeptRead[];
  /** Until when what is known of a room is proven complete. */
  completeAt(roomId: string): number | null;
  /** The page may be gone in a moment. */
  leaving(): void;
}

/** What was kept; undefined where nothing was. */
export interface Kept {
  rooms: RoomEntry[] | undefined;
  people: Person[];
  friends: KeptFriends | undefined;
  reads: KeptRead[];
  drafts: KeptDraft[];
}

export class Keeper {
  readonly #storage: Storage;
  readonly #deps: KeeperDeps;
  readonly #saver: Saver;
  /** Drafts that wait to be written. */
  readonly #drafts = new Map<string, KeptDraft>();

  constructor(storage: Storage, deps: KeeperDeps) {
    this.#storage = storage;
    this.#deps = deps;
    this.#saver = new Saver(() => deps.leaving());
  }

  start(): void {
    this.#saver.start();
  }

  /** Ends it; what waits is not kept. */
  stop(): void {
    this.#saver.stop();
  }

  /** All of it but the logs, as it was kept by the page before. */
  async read(): Promise<Kept> {
    const [rooms, people, friends, reads, drafts] = await Promise.all([
      this.#storage.get("state", "rooms"),
      this.#storage.get("state", "users"),
      this.#storage.get("state", "friends"),
      this.#storage.get("state", "reads"),
      this.#storage.all("drafts"),
    ]);
    return {
      rooms: rooms?.rooms,
      people: people?.users ?? [],
      friends: friends?.friends,
      reads: reads?.reads ?? [],
      drafts,
    };
  }

  draft(draft: KeptDraft): void {
    const { roomId } = draft;
    this.#drafts.set(roomId, draft);
    this.#saver.later(`draft ${roomId}`, () => {
      const last = this.#drafts.get(roomId) ?? draft;
      this.#drafts.delete(roomId);
      if (last.text === "" && last.sent) return this.#storage.delete("drafts", roomId);
      return this.#storage.put("drafts", roomId, last);
    });
  }

  log(log: Log): void {
    this.#saver.later(logKey(log.id), () =>
      this.#storage.put("logs", log.id, {
        ...log.toCache(CACHED_ENTRIES),
        completeAt: this.#deps.completeAt(log.id),
      }),
    );
  }

  /** Nor is it kept again by what waits to keep it. */
  forgetLog(roomId: string): void {
    this.#saver.cancel(logKey(roomId));
    this.#storage.delete("logs", roomId).catch(() => {});
  }

  reads(): void {
    this.#saver.later("reads", () => this.#storage.put("state", "reads", { reads: this.#deps.reads() }));
  }

  rooms(): void {
    this.#saver.later("rooms", async () => {
      await this.#storage.put("state", "rooms", { rooms: this.#deps.rooms() });
      await this.#keepPeople();
    });
  }

  friends(): void {
    if (this.#deps.friends() === null) return;
    this.#saver.later("friends", async () => {
      const friends = this.#deps.friends();
      if (friends !== null) await this.#storage.put("state", "friends", { friends });
      await this.#keepPeople();
    });
  }

  #keepPeople(): Promise<void> {
    return this.#storage.put("state", "users", { users: this.#deps.people() });
  }
}

const logKey = (roomId: string) => `log ${roomId}`;
