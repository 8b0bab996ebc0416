// Files that were chosen for messages, until the messages are there. Each is kept
// on this device with its bytes, sent slice by slice, and goes on from where the
// server has it after a lost connection or a reload.
import { newId } from "../net/id.js";
import { Problem } from "../net/rest.js";
import { Store } from "../store.js";
import type { FileLimits } from "./api.js";
import { type Attachment, fromRest } from "./attachments.js";
import type { Client } from "./client.js";
import type { Files } from "./outbox.js";
import { type Size, sizeOf } from "./picture.js";
import type { Storage } from "./storage.js";
import { transfer, Unreadable, type UploadApi } from "./transfer.js";

export type UploadFailure =
  /** The most that the server takes, in bytes. */
  | { why: "tooLarge"; limit: number }
  | { why: "unreadable" }
  | { why: "refused"; code: string; message: string };

/** As it is kept on this device, apart from its bytes. */
export interface KeptUpload {
  key: string;
  roomId: string;
  /** The tab that sends it. */
  owner: string;
  /** Ascending in the order in which they were chosen. */
  order: number;
  name: string;
  mediaType: string;
  bytes: number;
  /** Of a picture, in pixels; 0 of all others. */
  width: number;
  height: number;
  /** Under which the server knows it. */
  uploadId: string | null;
  attempt: string;
  /** Once the server has it whole. */
  file: Attachment | null;
  failure: UploadFailure | null;
  /** It belongs to a message in the outbox, no longer to what is being written. */
  taken: boolean;
}

export interface UploadItem extends KeptUpload {
  /** `waiting`: for the network, or for a server that is not well. */
  state: "queued" | "uploading" | "waiting" | "done" | "failed";
  /** How many bytes the server has. */
  sent: number;
  /** Null where this device could not keep it. */
  blob: Blob | null;
}

export interface UploadDeps {
  storage: Storage;
  api: UploadApi;
  limits(): FileLimits | null;
  isLive(): boolean;
  owner(): string;
  sizeOf(blob: Blob): Promise<Size | null>;
  /** One of the room's files is up, or failed. */
  moved(roomId: string): void;
}

/** Files that are sent at the same time. */
const PARALLEL = 2;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** Before the server has said its own limits. */
const ATTACHMENTS = 10;
/** Of a file's name; the server takes no longer ones. */
const NAME_CHARS = 255;

export class Uploads extends Store<readonly UploadItem[]> implements Files {
  readonly #deps: UploadDeps;
  readonly #running = new Map<string, AbortController>();
  #lastOrder = 0;
  #retryMs = RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(deps: UploadDeps) {
    super([]);
    this.#deps = deps;
  }

  /** Those of a room that belong to what is being written there. */
  drafted(roomId: string): UploadItem[] {
    return this.getSnapshot().filter((item) => item.roomId === roomId && !item.taken);
  }

  /** Takes files for the next message of a room; returns how many were too many for it. */
  async add(roomId: string, files: readonly File[]): Promise<number> {
    const most = this.#deps.limits()?.attachments ?? ATTACHMENTS;
    const room = Math.max(0, most - this.drafted(roomId).length);
    const fileBytes = this.#deps.limits()?.fileBytes ?? Number.POSITIVE_INFINITY;
    const fresh = files.slice(0, room).map((blob): UploadItem => {
      this.#lastOrder = Math.max(Date.now(), this.#lastOrder + 1);
      const failure = blob.size > fileBytes ? { why: "tooLarge" as const, limit: fileBytes } : null;
      return {
        key: newId(),
        roomId,
        owner: this.#deps.owner(),
        order: this.#lastOrder,
        name: tidy(blob.name),
        mediaType: blob.type,
        bytes: blob.size,
        width: 0,
        height: 0,
        uploadId: null,
        attempt: newId(),
        file: null,
        failure,
        taken: false,
        state: failure === null ? "queued" : "failed",
        sent: 0,
        blob,
      };
    });
    this.update((all) => [...all, ...fresh]);
    await Promise.all(fresh.map((item) => this.#begin(item)));
    return files.length - fresh.length;
  }

  /** Written down before it is sent; what cannot be kept here is sent all the same. */
  async #begin({ key, blob, failure }: UploadItem): Promise<void> {
    // What the server will not take need not be kept.
    if (blob === null || failure !== null) return;
    const size = await this.#deps.sizeOf(blob);
    if (size !== null) this.#change(key, size);
    await this.#deps.storage.put("blobs", key, { blob }).catch(() => {});
    // It may have been taken away meanwhile.
    if (this.#find(key) === undefined) return void this.#deps.storage.delete("blobs", key).catch(() => {});
    await this.#keep(key);
    this.#pump();
  }

  /** Takes a file away, here and where it was sent to. */
  remove(key: string): void {
    const item = this.#find(key);
    if (item === undefined) return;
    this.forget([key]);
    this.#cancel(item.uploadId);
  }

  #cancel(uploadId: string | null): void {
    if (uploadId !== null) this.#deps.api.cancelUpload(uploadId).catch(() => {});
  }

  retry(keys: readonly string[]): void {
    for (const key of keys) {
      const item = this.#find(key);
      // What is up is asked for again: the server keeps it for a while only.
      if (item === undefined || item.failure?.why === "tooLarge" || this.#running.has(key)) continue;
      if (item.state !== "failed" && item.state !== "done") continue;
      this.#change(key, { state: "queued", failure: null, file: null });
      void this.#keep(key);
    }
    this.wake();
  }

  /** A session began, or somebody asks for it: what waits is tried now. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#retryMs = RETRY_MS;
    for (const { key, state } of this.getSnapshot())
      if (state === "waiting") this.#change(key, { state: "queued" });
    this.#pump();
  }

  /** The network went: what is not on its way says so. */
  rest(): void {
    for (const { key, state } of this.getSnapshot())
      if (state === "queued") this.#change(key, { state: "waiting" });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const control of this.#running.values()) control.abort();
  }

  // ---- for the outbox ----

  async owners(): Promise<string[]> {
    return (await this.#deps.storage.all("uploads")).map(({ owner }) => owner);
  }

  async adopt(owner: string | null, wanted: ReadonlySet<string>): Promise<void> {
    const left = (await this.#deps.storage.all("uploads")).filter(
      (kept) => (owner === null || kept.owner === owner) && this.#find(kept.key) === undefined,
    );
    const fresh: UploadItem[] = [];
    for (const kept of left) {
      // The message it was taken for is there already.
      if (kept.taken && !wanted.has(kept.key)) {
        this.#erase(kept.key);
        continue;
      }
      const blob = (await this.#deps.storage.get("blobs", kept.key))?.blob ?? null;
      const failure =
        kept.failure ?? (blob === null && kept.file === null ? { why: "unreadable" as const } : null);
      fresh.push({
        ...kept,
        owner: this.#deps.owner(),
        taken: kept.taken || wanted.has(kept.key),
        failure,
        blob,
        state: failure !== null ? "failed" : kept.file !== null ? "done" : "queued",
        sent: kept.file === null ? 0 : kept.bytes,
      });
    }
    if (fresh.length === 0) return;
    this.update((all) => [...all, ...fresh].sort((a, b) => a.order - b.order));
    for (const { key } of fresh) await this.#keep(key);
    this.#pump();
  }

  async take(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#change(key, { taken: true });
    await Promise.all(keys.map((key) => this.#keep(key)));
  }

  where(keys: readonly string[]): "up" | "coming" | "failed" {
    const states = keys.map((key) => this.#find(key)?.state ?? "failed");
    if (states.includes("failed")) return "failed";
    return states.every((state) => state === "done") ? "up" : "coming";
  }

  /** What the server calls them, in their order. */
  ids(keys: readonly string[]): string[] {
    return keys.flatMap((key) => this.#find(key)?.file?.id ?? []);
  }

  forget(keys: readonly string[]): void {
    const gone = new Set(keys);
    this.update((all) => all.filter(({ key }) => !gone.has(key)));
    for (const key of keys) {
      this.#running.get(key)?.abort();
      this.#erase(key);
    }
  }

  drop(keys: readonly string[]): void {
    for (const key of keys) this.remove(key);
  }

  // ---- sending ----

  #pump(): void {
    if (this.#stopped) return;
    if (!this.#deps.isLive()) return this.rest();
    for (const item of this.getSnapshot()) {
      if (this.#running.size >= PARALLEL) break;
      if (item.state === "queued" && item.blob !== null) void this.#send(item, item.blob);
    }
  }

  async #send({ key, roomId, name, uploadId, attempt, sent }: UploadItem, blob: Blob): Promise<void> {
    const control = new AbortController();
    this.#running.set(key, control);
    this.#change(key, { state: "uploading", sent });
    const events = {
      begun: (uploadId: string | null, attempt: string) => {
        // Taken away while it was asked for: the server keeps nothing of it.
        if (this.#find(key) === undefined) return this.#cancel(uploadId);
        this.#change(key, { uploadId, attempt });
        void this.#keep(key);
      },
      sent: (bytes: number) => {
        this.#retryMs = RETRY_MS;
        this.#change(key, { sent: bytes });
      },
    };
    try {
      const whole = { name, blob, uploadId, attempt };
      const { file } = await transfer(this.#deps.api, whole, events, control.signal);
      this.#change(key, { state: "done", file: fromRest(file) });
    } catch (cause) {
      if (control.signal.aborted) return;
      const failure = verdictOn(cause);
      if (failure === null) this.#later(key, cause);
      else this.#change(key, { state: "failed", failure });
    } finally {
      this.#running.delete(key);
      this.#pump();
    }
    await this.#keep(key);
    this.#deps.moved(roomId);
  }

  /** It is tried again after a while, or when a session begins. */
  #later(key: string, cause: unknown): void {
    this.#change(key, { state: "waiting" });
    const toldMs = cause instanceof Problem ? cause.retryAfterSeconds * 1_000 : 0;
    const waitMs = Math.max(toldMs, this.#retryMs * (0.5 + Math.random() / 2));
    const next = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#timer ??= setTimeout(() => {
      this.wake();
      this.#retryMs = next;
    }, waitMs);
  }

  async #keep(key: string): Promise<void> {
    const item = this.#find(key);
    if (item === undefined) return;
    const { state: _, sent: __, blob: ___, ...kept } = item;
    await this.#deps.storage.put("uploads", key, kept).catch(() => {});
  }

  #erase(key: string): void {
    for (const box of ["uploads", "blobs"] as const) this.#deps.storage.delete(box, key).catch(() => {});
  }

  #find(key: string): UploadItem | undefined {
    return this.getSnapshot().find((item) => item.key === key);
  }

  #change(key: string, change: Partial<UploadItem>): void {
    this.update((all) => all.map((item) => (item.key === key ? { ...item, ...change } : item)));
  }
}

/** A name that the server takes: some systems allow line breaks in one. */
function tidy(name: string): string {
  const chars = [...name.replace(/\p{Cc}+/gu, " ").trim()];
  if (chars.every((char) => /[\p{C}\s.]/u.test(char))) return "file";
  if (chars.length <= NAME_CHARS) return chars.join("");
  const dot = chars.lastIndexOf(".");
  const end = dot > 0 && chars.length - dot < 16 ? chars.slice(dot) : [];
  return [...chars.slice(0, NAME_CHARS - end.length), ...end].join("");
}

/** Why it will never be taken; null where another try may succeed. */
function verdictOn(cause: unknown): UploadFailure | null {
  if (cause instanceof Unreadable) return { why: "unreadable" };
  if (!(cause instanceof Problem) || cause.status >= 500) return null;
  // Signed out, or too much at once: that passes.
  if ([401, 408, 409, 425, 429].includes(cause.status)) return null;
  return { why: "refused", code: cause.code, message: cause.message };
}

/** Those of a client that is being put together. */
export function uploadsOf(client: Pick<Client, "api" | "connection" | "outbox">, storage: Storage): Uploads {
  return new Uploads({
    storage,
    api: client.api,
    limits: () => client.api.limits.getSnapshot(),
    isLive: () => client.connection.session !== null,
    owner: () => client.outbox.tab,
    sizeOf,
    moved: (roomId) => client.outbox.filesMoved(roomId),
  });
}
