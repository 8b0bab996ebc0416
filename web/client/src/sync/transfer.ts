// One file on its way to the server, slice by slice from wherever the server has it.
import { newId } from "../net/id.js";
import { Problem, type SharedFile, type Upload } from "../net/rest.js";
import type { Api } from "./api.js";

/** Small enough that a lost connection costs little, grown where the path is good. */
const SLICE_MIN_BYTES = 256 * 1024;
const SLICE_MAX_BYTES = 4 * 1024 * 1024;
/** A slice that took longer is followed by a smaller one, a shorter one by a greater one. */
const SLOW_MS = 4_000;
const FAST_MS = 700;
/** How often a transfer may find that the server stands elsewhere. */
const SURPRISES = 5;

export type UploadApi = Pick<Api, "beginUpload" | "sendSlice" | "upload" | "cancelUpload">;

/** The file is not there any more, or was changed since it was chosen. */
export class Unreadable extends Error {
  override name = "Unreadable";
}

export interface Transfer {
  name: string;
  blob: Blob;
  /** The server's id; null where it was not asked for yet. */
  uploadId: string | null;
  /** Makes the asking for it safe to repeat. */
  attempt: string;
}

export interface TransferEvents {
  /** The server knows it under this id now; null: it forgot it, and is asked by another key. */
  begun(uploadId: string | null, attempt: string): void;
  sent(bytes: number): void;
}

/** Sends what is missing; rejects like {@link Api}, and with {@link Unreadable}. */
export async function transfer(
  api: UploadApi,
  { name, blob, uploadId, attempt }: Transfer,
  events: TransferEvents,
  signal: AbortSignal,
): Promise<{ uploadId: string; file: SharedFile }> {
  let sliceBytes = SLICE_MIN_BYTES;
  let surprises = 0;
  let id = uploadId;
  let key = attempt;
  let upload: Upload | null = null;
  for (;;) {
    signal.throwIfAborted();
    try {
      if (id === null) {
        upload = await api.beginUpload(name, blob.size, key);
        id = upload.id;
        events.begun(id, key);
      } else if (upload === null) upload = await api.upload(id);
      else {
        const from = Number(upload.offset);
        const bytes = await read(blob, from, sliceBytes);
        const startedAt = performance.now();
        upload = await api.sendSlice(id, from, bytes, signal);
        const tookMs = performance.now() - startedAt;
        if (tookMs > SLOW_MS) sliceBytes = Math.max(SLICE_MIN_BYTES, sliceBytes / 2);
        else if (tookMs < FAST_MS) sliceBytes = Math.min(SLICE_MAX_BYTES, sliceBytes * 2);
        if (upload.file === null && Number(upload.offset) <= from)
          throw new Error("the server takes no more");
      }
    } catch (cause) {
      const status = cause instanceof Problem ? cause.status : 0;
      const elsewhere = status === 409 && upload !== null;
      const forgotten = status === 404 && id !== null;
      surprises += 1;
      if ((!elsewhere && !forgotten) || surprises > SURPRISES) throw cause;
      upload = null;
      if (forgotten) {
        id = null;
        key = newId();
        events.begun(null, key);
      }
      continue;
    }
    events.sent(Number(upload.offset));
    if (upload.file !== null) return { uploadId: id, file: upload.file };
  }
}

async function read(blob: Blob, from: number, bytes: number): Promise<ArrayBuffer> {
  try {
    return await blob.slice(from, from + bytes).arrayBuffer();
  } catch (cause) {
    throw new Unreadable("the file cannot be read", { cause });
  }
}
