// The frame codec: a varint length, then that many bytes (PROTOCOL 1.2).
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ClientFrameSchema,
  type ServerFrame,
  ServerFrameSchema,
} from "./gen/parlor/realtime/v1/realtime_pb.js";

/** The largest frame either side may send, in bytes. */
export const FRAME_BYTES = 65_536;
/** The largest datagram, in bytes (PROTOCOL 1.5). */
export const DATAGRAM_BYTES = 1_100;

/** Bytes that are not frames; the session they came on is of no more use. */
export class FrameError extends Error {
  override name = "FrameError";
}

export type ClientKind = NonNullable<MessageInitShape<typeof ClientFrameSchema>["kind"]>;
export type ServerKind = ServerFrame["kind"];

/** One whole frame, length first. */
export function encodeFrame(kind: ClientKind): Uint8Array<ArrayBuffer> {
  const body = toBinary(ClientFrameSchema, create(ClientFrameSchema, { kind }));
  if (body.length === 0 || body.length > FRAME_BYTES) {
    throw new FrameError(`a frame of ${body.length} bytes cannot be sent`);
  }
  const prefix: number[] = [];
  let length = body.length;
  while (length > 0x7f) {
    prefix.push((length & 0x7f) | 0x80);
    length >>>= 7;
  }
  prefix.push(length);
  const frame = new Uint8Array(prefix.length + body.length);
  frame.set(prefix);
  frame.set(body, prefix.length);
  return frame;
}

/** Cuts a stream of bytes into frames, however the bytes were chunked. */
export class FrameReader {
  #held: Uint8Array = new Uint8Array(0);

  /** The frames that `chunk` completes. */
  push(chunk: Uint8Array): ServerFrame[] {
    const bytes = this.#held.length === 0 ? chunk : concat(this.#held, chunk);
    const frames: ServerFrame[] = [];
    let at = 0;
    for (;;) {
      const head = readLength(bytes, at);
      if (head === null || bytes.length - head.at < head.length) break;
      const body = bytes.subarray(head.at, head.at + head.length);
      try {
        frames.push(fromBinary(ServerFrameSchema, body));
      } catch (cause) {
        throw new FrameError("a frame does not decode", { cause });
      }
      at = head.at + head.length;
    }
    // A copy, so that a few held bytes do not keep a large chunk alive.
    this.#held = bytes.slice(at);
    return frames;
  }

  /** Called where the stream or message ends: a frame must not be cut off. */
  end(): void {
    if (this.#held.length > 0) throw new FrameError("the last frame is cut off");
  }
}

/** The frames of a WebSocket message or a datagram, which hold whole ones only. */
export function decodeWhole(bytes: Uint8Array): ServerFrame[] {
  const reader = new FrameReader();
  const frames = reader.push(bytes);
  reader.end();
  return frames;
}

function readLength(bytes: Uint8Array, from: number): { length: number; at: number } | null {
  let length = 0;
  // Three groups of seven bits reach every length up to the limit.
  for (let i = 0; i < 3; i += 1) {
    const byte = bytes[from + i];
    if (byte === undefined) return null;
    length |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      if (length === 0 || length > FRAME_BYTES) break;
      return { length, at: from + i + 1 };
    }
  }
  throw new FrameError("a frame's length is out of bounds");
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
