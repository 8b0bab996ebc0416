// Files that came with a message, as the rest of the core knows them. Pure.
import { fileKindOf } from "../net/enums.js";
import type { Attachment as WireAttachment } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "../net/id.js";
import type { FileKind, SharedFile } from "../net/rest.js";

export interface Attachment {
  id: string;
  name: string;
  /** What the server found it to be. */
  mediaType: string;
  bytes: number;
  kind: FileKind;
  /** In pixels, upright; 0 where not known. */
  width: number;
  height: number;
  /** A blurred picture, in base64; empty where there is none. */
  thumbhash: string;
  /** There is a small picture to fetch. */
  thumbnail: boolean;
  /** 0 where not known. */
  durationMs: number;
}

export function fromWire(file: WireAttachment): Attachment {
  return {
    id: bytesToId(file.fileId),
    name: file.name,
    mediaType: file.mediaType,
    bytes: Number(file.bytes),
    kind: fileKindOf(file.kind),
    width: file.width,
    height: file.height,
    thumbhash: btoa(String.fromCharCode(...file.thumbhash)),
    thumbnail: file.thumbnail,
    durationMs: file.durationMs,
  };
}

export function fromRest(file: SharedFile): Attachment {
  return {
    id: file.id,
    name: file.name,
    mediaType: file.media_type,
    bytes: Number(file.bytes),
    kind: file.kind,
    width: file.width ?? 0,
    height: file.height ?? 0,
    thumbhash: file.thumbhash ?? "",
    thumbnail: file.thumbnail,
    durationMs: file.duration_ms ?? 0,
  };
}

/** What a message without words is called: so many files, and their kind where it is the same. */
export interface Gist {
  kind: FileKind;
  count: number;
}

/** Null where there is no file. */
export function gistOf(files: readonly Pick<Attachment, "kind">[]): Gist | null {
  const [first, ...others] = files;
  if (first === undefined) return null;
  const kind = others.every((file) => file.kind === first.kind) ? first.kind : "other";
  return { kind, count: files.length };
}

/** Where the bytes of a room's file are; the browser shows its cookie for them. */
export function fileUrl(roomId: string, fileId: string, rendition?: "thumbnail"): string {
  const query = rendition === undefined ? "" : `?rendition=${rendition}`;
  return `/api/v1/rooms/${roomId}/files/${fileId}${query}`;
}

/** Where the picture of a person is. */
export function avatarUrl(userId: string, avatar: string): string {
  return `/api/v1/users/${userId}/avatar/${avatar}`;
}
