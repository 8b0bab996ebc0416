// What the user wants done and the server has not confirmed. Every intent is
// written down before it is sent, sent in order within its room, and repeated
// under the same request id until it is answered ok or finally refused.
import type { Ok } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { newId } from "../net/id.js";
import { Refused } from "../net/session.js";
import { Store } from "../store.js";
import type { Forwarded } from "./forwards.js";
import type { Storage } from "./storage.js";

export type IntentBody =
  /** `files`: keys of uploads, in order; it waits until they are up. */
  | { what: "post"; text: string; replyTo: number | null; files?: readonly string[] }
  /** `said` is what is shown until it is there. */
  | { what: "forward"; source: string; seq: number; text: string; said: Forwarded }
  | { what: "edit"; seq: number; text: string }
  | { what: "delete"; seq: number }
  | { what: "react"; seq: number; emoji: string; on: boolean }
  | { what: "pin"; seq: number; on: boolean };

export interface Intent {
  requestId: string;
  roomId: string;
  /** The tab that sends it; two tabs would break the order. */
  owner: string;
  /** Ascending within the user's outbox: time of writing, then a counter. */
  order: number;
  at: number;
  body: IntentBody;
  /** Set once it was finally refused, or (code 0) one of its files was; waits for the user. */
  failure: { code: number; message: string } | null;
}

export interface Pending extends Intent {
  state: "queued" | "sending" | "sent" | "failed";
  /** The seq it was given, once answered ok. */
  seq: number | null;
}

/** The files of messages, and where they are. */
export interface Files {
  /** The tabs that files are kept for. */
  owners(): Promise<string[]>;
  /** Takes over the files of a tab that is gone, null: of all; `wanted` are those of
      messages that are not sent yet. */
  adopt(owner: string | null, wanted: ReadonlySet<string>): Promise<void>;
  /** They belong to a message from now on. */
  take(keys: readonly string[]): Promise<void>;
  where(keys: readonly string[]): "up" | "coming" | "failed";
  retry(keys: readonly string[]): void;
  /** Their message is there. */
  forget(keys: readonly string[]): void;
  /** Their message was given up. */
  drop(keys: readonly string[]): void;
}

export interface OutboxDeps {
  storage: Storage;
  files: Files;
  /** Rejects with Refused, or with anything else where the outcome is unknown. */
  send(intent: Intent): Promise<Ok>;
  isLive(): boolean;
  /** True once the room's log shows what was confirmed under this seq. */
  isShown(roomId: string, seq: number): boolean;
}

const RETRY_MS = 500;
const FILES_FAILED = { code: 0, message: "" };

export class Outbox extends Store<readonly Pending[]> {
  readonly tab = newId();
  readonly #deps: OutboxDeps;
  /** Rooms with a request under way. */
  readonly #busy = new Set<string>();
  /** Intents that are not written down yet. */
  readonly #unwritten = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #lastOrder = 0;
  #stopped = false;
  #release: (() => void) | undefined;

  constructor(deps: OutboxDeps) {
    super([]);
    this.#deps = deps;
  }

  /** Takes over what tabs that are gone left unsent. */
  async start(): Promise<void> {
    if (!navigator.locks) {
      await this.#take(null);
      return;
    }
    // Held for as long as this page lives, so that others know it does.
    void navigator.locks.request(
      tabLock(this.tab),
      () => new Promise<void>((done) => (this.#release = done)),
    );
    await this.adopt();
  }

  /** Looks for intents whose tab is gone; they are ours from then on. */
  async adopt(): Promise<void> {
    if (!navigator.locks) return;
    const intents = await this.#deps.storage.all("outbox");
    const owners = new Set([...intents.map(({ owner }) => owner), ...(await this.#deps.files.owners())]);
    for (const owner of owners) {
      if (owner === this.tab || this.#waiting.has(owner)) continue;
      this.#waiting.add(owner);
      void navigator.locks.request(tabLock(owner), async () => {
        this.#waiting.delete(owner);
        if (!this.#stopped) await this.#take(owner);
      });
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#release?.();
  }

  /** Writes an intent down and sends it when its turn comes. */
  async add(roomId: string, body: IntentBody): Promise<void> {
    const now = Date.now();
    this.#lastOrder = Math.max(now, this.#lastOrder + 1);
    const intent: Intent = {
      requestId: newId(),
      roomId,
      owner: this.tab,
      order: this.#lastOrder,
      at: now,
      body,
      failure: null,
    };
    // Shown at once; sent only after it is written down.
    this.set([...this.getSnapshot(), { ...intent, state: "queued", seq: null }]);
    this.#unwritten.add(intent.requestId);
    // The message first: files that belong to none would be cleared away.
    const written = this.#deps.storage.put("outbox", intent.requestId, intent).catch(() => {});
    await Promise.all([written, this.#deps.files.take(filesOf(intent))]);
    this.#unwritten.delete(intent.requestId);
    this.#drain(roomId);
  }

  /** Sends everything that waits; called when a session begins. */
  drainAll(): void {
    for (const roomId of new Set(this.getSnapshot().map((pending) => pending.roomId))) this.#drain(roomId);
  }

  /** Another try at what was refused: the server does not remember refusals. */
  async retry(requestId: string): Promise<void> {
    const failed = this.#find(requestId);
    if (failed === undefined) return;
    this.#deps.files.retry(filesOf(failed));
    await this.#again(failed);
  }

  /** The same message without one of its files. */
  async without(requestId: string, file: string): Promise<void> {
    const failed = this.#find(requestId);
    if (failed?.body.what !== "post" || failed.state !== "failed") return;
    const files = filesOf(failed).filter((key) => key !== file);
    if (files.length === 0 && failed.body.text === "") return this.discard(requestId);
    this.#deps.files.drop([file]);
    const body = { ...failed.body, files };
    this.#change(requestId, { body });
    await this.#again({ ...failed, body });
  }

  async #again(failed: Pending): Promise<void> {
    const { requestId } = failed;
    await this.#deps.storage.put("outbox", requestId, stored({ ...failed, failure: null })).catch(() => {});
    this.#change(requestId, { failure: null, state: "queued" });
    this.#drain(failed.roomId);
  }

  /** The files of some message of the room are up, or failed. */
  filesMoved(roomId: string): void {
    this.#drain(roomId);
  }

  /** Gives up on what was refused. */
  async discard(requestId: string): Promise<void> {
    const pending = this.#find(requestId);
    if (pending === undefined || pending.state === "sending") return;
    this.#deps.files.drop(filesOf(pending));
    await this.#remove(requestId);
    this.#drain(pending.roomId);
  }

  /** The room's log moved: what it shows now need not be shown from here. */
  settle(roomId: string, requestIds: ReadonlySet<string>): void {
    for (const pending of this.getSnapshot()) {
      if (pending.roomId !== roomId) continue;
      const shown = pending.seq !== null && this.#deps.isShown(roomId, pending.seq);
      if (shown || requestIds.has(pending.requestId)) void this.#remove(pending.requestId);
    }
  }

  #drain(roomId: string): void {
    if (this.#stopped || this.#busy.has(roomId) || this.#timers.has(roomId)) return;
    const next = this.getSnapshot().find(
      (pending) => pending.roomId === roomId && pending.state === "queued",
    );
    if (next === undefined || this.#unwritten.has(next.requestId)) return;
    const where = this.#deps.files.where(filesOf(next));
    if (where === "failed") {
      void this.#refused(next, FILES_FAILED).then(() => this.#drain(roomId));
      return;
    }
    // What was written after it waits with it.
    if (where === "coming" || !this.#deps.isLive()) return;
    this.#busy.add(roomId);
    this.#change(next.requestId, { state: "sending" });
    this.#deps
      .send(stored(next))
      .then(
        (ok) => this.#confirmed(next, Number(ok.seq)),
        (cause: unknown) => this.#failed(next, cause),
      )
      .finally(() => {
        this.#busy.delete(roomId);
        this.#drain(roomId);
      });
  }

  async #confirmed(intent: Pending, seq: number): Promise<void> {
    if (this.#deps.isShown(intent.roomId, seq)) return this.#remove(intent.requestId);
    await this.#deps.storage.delete("outbox", intent.requestId).catch(() => {});
    this.#change(intent.requestId, { state: "sent", seq });
    // The event may have come while the storage was busy.
    this.settle(intent.roomId, new Set());
  }

  async #failed(intent: Pending, cause: unknown): Promise<void> {
    if (cause instanceof Refused && cause.isFinal) {
      await this.#refused(intent, { code: cause.code, message: cause.message });
      return;
    }
    this.#change(intent.requestId, { state: "queued" });
    const waitMs = cause instanceof Refused ? Math.max(cause.retryAfterMs, 50) : RETRY_MS;
    const timer = setTimeout(() => {
      this.#timers.delete(intent.roomId);
      this.#drain(intent.roomId);
    }, waitMs);
    this.#timers.set(intent.roomId, timer);
  }

  async #refused(intent: Pending, failure: NonNullable<Intent["failure"]>): Promise<void> {
    this.#change(intent.requestId, { state: "failed", failure });
    await this.#deps.storage.put("outbox", intent.requestId, stored({ ...intent, failure })).catch(() => {});
  }

  /** What a tab left, or all there is. */
  async #take(owner: string | null): Promise<void> {
    const left = (await this.#deps.storage.all("outbox")).filter(
      (intent) => owner === null || intent.owner === owner,
    );
    await this.#deps.files.adopt(owner, new Set(left.flatMap(filesOf)));
    const fresh: Pending[] = [];
    for (const found of left) {
      if (this.#find(found.requestId) !== undefined) continue;
      const intent = { ...found, owner: this.tab };
      await this.#deps.storage.put("outbox", intent.requestId, intent).catch(() => {});
      fresh.push({ ...intent, state: intent.failure === null ? "queued" : "failed", seq: null });
    }
    if (fresh.length === 0) return;
    this.set([...this.getSnapshot(), ...fresh].sort((a, b) => a.order - b.order));
    this.drainAll();
  }

  async #remove(requestId: string): Promise<void> {
    const gone = this.#find(requestId);
    if (gone === undefined) return;
    this.set(this.getSnapshot().filter((pending) => pending.requestId !== requestId));
    this.#deps.files.forget(filesOf(gone));
    await this.#deps.storage.delete("outbox", requestId).catch(() => {});
  }

  #find(requestId: string): Pending | undefined {
    return this.getSnapshot().find((pending) => pending.requestId === requestId);
  }

  #change(requestId: string, change: Partial<Pending>): void {
    this.update((all) =>
      all.map((pending) => (pending.requestId === requestId ? { ...pending, ...change } : pending)),
    );
  }
}

const tabLock = (tab: string) => `parlor.tab.${tab}`;

function stored({ requestId, roomId, owner, order, at, body, failure }: Intent): Intent {
  return { requestId, roomId, owner, order, at, body, failure };
}

function filesOf({ body }: Intent): readonly string[] {
  return (body.what === "post" && body.files) || [];
}
