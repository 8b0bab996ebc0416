// What survives a reload: one IndexedDB per user. Where the browser gives none
// (some private windows), the same face keeps it in memory.
import { deleteDB, type IDBPDatabase, type IDBPObjectStore, openDB } from "idb";
import type { KeptDraft } from "./drafts.js";
import type { KeptFriends } from "./friends.js";
import type { CachedLog } from "./log.js";
import type { Intent } from "./outbox.js";
import type { Person } from "./people.js";
import type { KeptRead } from "./reads.js";
import type { RoomEntry } from "./rooms.js";
import type { KeptUpload } from "./uploads.js";

interface Kinds {
  outbox: Intent;
  drafts: KeptDraft;
  logs: CachedLog;
  uploads: KeptUpload;
  /** The bytes of uploads; apart, since they never change. */
  blobs: { blob: Blob };
  state: { rooms?: RoomEntry[]; users?: Person[]; friends?: KeptFriends; reads?: KeptRead[] };
}
export type Box = keyof Kinds;
const BOXES: readonly Box[] = ["outbox", "drafts", "logs", "uploads", "blobs", "state"];
/** Raised when a page learns new kinds of events: what it kept of logs lacks them. */
const VERSION = 7;

type WriteStore = IDBPObjectStore<unknown, [Box], Box, "readwrite">;

export interface Storage {
  readonly durable: boolean;
  get<B extends Box>(box: B, key: string): Promise<Kinds[B] | undefined>;
  all<B extends Box>(box: B): Promise<Kinds[B][]>;
  put<B extends Box>(box: B, key: string, value: Kinds[B]): Promise<void>;
  delete(box: Box, key: string): Promise<void>;
  close(): void;
}

const databaseName = (userId: string) => `parlor-${userId}`;

export async function openStorage(userId: string): Promise<Storage> {
  try {
    const db = await openDB(databaseName(userId), VERSION, {
      upgrade(fresh) {
        if (fresh.objectStoreNames.contains("logs")) fresh.deleteObjectStore("logs");
        for (const box of BOXES) {
          if (!fresh.objectStoreNames.contains(box)) fresh.createObjectStore(box);
        }
      },
      // Another tab wants to delete or upgrade: never stand in its way.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new IndexedStorage(db);
  } catch {
    return new MemoryStorage();
  }
}

/** Removes everything kept for a user who signed out. */
export async function forgetStorage(userId: string): Promise<void> {
  await deleteDB(databaseName(userId)).catch(() => {});
}

class IndexedStorage implements Storage {
  readonly durable = true;
  readonly #db: IDBPDatabase;
  constructor(db: IDBPDatabase) {
    this.#db = db;
  }
  get<B extends Box>(box: B, key: string): Promise<Kinds[B] | undefined> {
    return this.#db.get(box, key).catch(() => undefined);
  }
  all<B extends Box>(box: B): Promise<Kinds[B][]> {
    return this.#db.getAll(box).catch(() => []);
  }
  put<B extends Box>(box: B, key: string, value: Kinds[B]): Promise<void> {
    return this.#change(box, (store) => store.put(value, key));
  }
  delete(box: Box, key: string): Promise<void> {
    return this.#change(box, (store) => store.delete(key));
  }
  /** One change, committed at once: a page that goes does not come to hear of what it asked
      for, and what is not committed by then is undone. */
  async #change(box: Box, make: (store: WriteStore) => Promise<unknown>): Promise<void> {
    const change = this.#db.transaction(box, "readwrite");
    const made = make(change.store);
    change.commit();
    await Promise.all([made, change.done]);
  }
  close(): void {
    this.#db.close();
  }
}

export class MemoryStorage implements Storage {
  readonly durable = false;
  readonly #boxes = new Map<Box, Map<string, unknown>>(BOXES.map((box) => [box, new Map()]));
  #box(box: Box): Map<string, unknown> {
    return this.#boxes.get(box) as Map<string, unknown>;
  }
  async get<B extends Box>(box: B, key: string): Promise<Kinds[B] | undefined> {
    return this.#box(box).get(key) as Kinds[B] | undefined;
  }
  async all<B extends Box>(box: B): Promise<Kinds[B][]> {
    return [...this.#box(box).values()] as Kinds[B][];
  }
  async put<B extends Box>(box: B, key: string, value: Kinds[B]): Promise<void> {
    this.#box(box).set(key, value);
  }
  async delete(box: Box, key: string): Promise<void> {
    this.#box(box).delete(key);
  }
  close(): void {}
}
