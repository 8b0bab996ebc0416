// The REST face, typed. 64-bit numbers are strings on the wire and stay so here.

/** Whether an account is in use; a deleted one never is again. */
export type Standing = "active" | "deactivated" | "deleted";
export interface User {
  id: string;
  name: string;
  display_name: string;
  /** Empty for none. */
  status_text: string;
  status_emoji: string;
  /** Id of the picture; null for none. */
  avatar: string | null;
  created_at: string;
  /** Left out by older servers. */
  standing?: Standing;
}
export interface Device {
  id: string;
  name: string;
  /** The program's User-Agent; may be empty. */
  client: string;
  address: string;
  created_at: string;
  seen_at: string;
  /** It is the one that asks. */
  current: boolean;
}
export interface AuthSession {
  user: User;
  access_token: string;
  access_expires_at: string;
  device_id: string;
}
export type Visibility = "public" | "private" | "direct";
export type Role = "owner" | "admin" | "member";
export interface Room {
  id: string;
  name: string;
  topic: string;
  /** `direct`: of exactly two people. */
  visibility: Visibility;
  archived: boolean;
  created_at: string;
  members: number;
  epoch: string;
  head: string;
  role: Role | null;
  /** The other one, of a direct room. */
  peer: User | null;
}
export type Notify = "all" | "mentions" | "none";
/** What the user wants of a room. */
export interface Preferences {
  /** Of what they want to be told. */
  notify: Notify;
  favourite: boolean;
}
export interface RoomSummary extends Room, Preferences {
  read_seq: string;
  /** Up to where the other one of a direct room has read, as far as both let it be known. */
  peer_read_seq: string;
  unread: number;
  mentions: number;
  preview: string | null;
  last_at: string | null;
}
/** A room that was deleted, as those who may restore it find it. */
export interface DeletedRoom {
  id: string;
  name: string;
  topic: string;
  visibility: Visibility;
  members: number;
  deleted_at: string;
  deleted_by: string;
  /** Then it is gone for good. */
  kept_until: string;
}
/** What was begun and not posted. */
export interface Draft {
  room_id: string;
  text: string;
  reply_to: string | null;
}
/** What the user lets others know. */
export interface Privacy {
  invisible: boolean;
  read_marks: boolean;
}
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
export interface Member {
  user: User;
  role: Role;
  joined_at: string;
}
/** What stands between the user and somebody: asked by the user, by the other, or friends. */
export type Tie = "requested" | "asked" | "friends";
export interface Friend {
  user: User;
  tie: Tie;
  since: string;
}
/** Somebody whom the user blocks. */
export interface Block {
  user: User;
  blocked_at: string;
}
/** Somebody who is kept out of a room. */
export interface Ban {
  user: User;
  banned_by: User;
  banned_at: string;
}
/** A link by which others become members of a room. */
export interface Invite {
  id: string;
  room_id: string;
  /** The secret of it. */
  code: string;
  created_by: User;
  created_at: string;
  /** Null for never. */
  expires_at: string | null;
  /** Null for any number. */
  max_uses: number | null;
  uses: number;
}
/** How long a link shall hold, and for how many people; null for no end. */
export interface InviteTerms {
  expires_in_seconds: number | null;
  max_uses: number | null;
}
/** Where a link leads, as anybody who has it is told. */
export interface InvitePreview {
  room_id: string;
  name: string;
  topic: string;
  visibility: Visibility;
  members: number;
  invited_by: { name: string; display_name: string };
  expires_at: string | null;
}
export interface Message {
  seq: string;
  author_id: string;
  text: string;
  mention_ids: string[];
  mentions_room: boolean;
  reply_to: string | null;
  posted_at: string;
  edited_at: string | null;
  deleted: boolean;
  pinned: boolean;
  /** In the order in which the emoji came. */
  reactions: { emoji: string; count: number; user_ids: string[] }[];
  attachments: SharedFile[];
  forwarded: Forwarded | null;
  version: string;
}
/** What a message passes on, with its files. */
export interface Forwarded {
  author_id: string;
  said_at: string;
  text: string;
}
export type FileKind = "image" | "video" | "audio" | "other";
/** A file that the server has whole. */
export interface SharedFile {
  id: string;
  name: string;
  media_type: string;
  bytes: string;
  kind: FileKind;
  /** In pixels, upright; of what is no image, not known. */
  width: number | null;
  height: number | null;
  /** Base64. */
  thumbhash: string | null;
  thumbnail: boolean;
  duration_ms: number | null;
}
/** A file on its way to the server. */
export interface Upload {
  id: string;
  name: string;
  bytes: string;
  /** How many bytes have arrived. */
  offset: string;
  expires_at: string;
  /** Once all have. */
  file: SharedFile | null;
}
/** A file that was posted in a room. */
export interface RoomFile extends SharedFile {
  message_seq: string;
  sender_id: string;
  at: string;
}
/** The part of a picture that others shall see, in its pixels. */
export interface Crop {
  x: number;
  y: number;
  size: number;
}
/** A pinned message. */
export interface Pin {
  seq: string;
  author: User;
  text: string;
  attachments: SharedFile[];
  forwarded: Forwarded | null;
  posted_at: string;
  pinned_by: User;
  pinned_at: string;
}
/** A text that a message has, or had before it was edited. */
export interface Version {
  seq: string;
  text: string;
  at: string;
}
export interface MessagePage {
  messages: Message[];
  authors: User[];
  epoch: string;
  head: string;
  more_before: boolean;
  more_after: boolean;
}
/** A message that was found. */
export interface SearchHit {
  room_id: string;
  seq: string;
  author: User;
  text: string;
  /** What of the text was looked for, in characters; in order. */
  matches: { start: number; end: number }[];
  posted_at: string;
  edited_at: string | null;
}
export interface SearchPage extends Page<SearchHit> {
  /** False while the server still makes old messages ready to be found. */
  complete: boolean;
  /** Parts of the query that nothing can fit. */
  unknown: string[];
}
export interface ServerInfo {
  name: string;
  version: string;
  lanes: { lane: string; url: string; certificate_hashes?: string[] }[];
  /** Numbers that may pass 2^53 are strings. */
  limits: Record<string, number | string>;
  sign_up: SignUp;
}
/** Who may make an account: anybody, who has a link, or nobody. */
export type SignUp = "open" | "invite" | "closed";
/** Who the access token speaks for. */
export interface Me {
  user: User;
  device_id: string;
  /** Whether the user runs the server. */
  is_admin: boolean;
}
export type AnnouncementLevel = "info" | "warning";
/** Something that those who run the server tell everybody. */
export interface Announcement {
  id: string;
  text: string;
  level: AnnouncementLevel;
  created_at: string;
  /** Null until it is taken back. */
  until: string | null;
}
export interface AdminUser {
  user: User;
  is_admin: boolean;
  /** Null where the account is let in. */
  disabled_at: string | null;
  seen_at: string | null;
}
export interface AdminRoom {
  id: string;
  /** Null where two people talk. */
  name: string | null;
  visibility: Visibility;
  archived: boolean;
  members: number;
  /** Counted up to 10,000. */
  messages: number;
  file_bytes: string;
  active_at: string;
  created_at: string;
}
export interface AdminSession {
  id: string;
  user: User;
  device_id: string;
  lane: string;
  since: string;
  /** Null where nobody measures it. */
  rtt_us: number | null;
  queued_bytes: number;
  address: string;
}
export interface RateLimit {
  name: string;
  burst: number;
  per_second: number;
  /** Requests refused since the node started. */
  limited: string;
}
export interface StorageUse {
  database: { bytes: string; users: string; devices: string; rooms: string; events: string };
  files: { attached: string; attached_bytes: string; waiting: string; waiting_bytes: string };
}
export interface AuditEntry {
  id: string;
  at: string;
  /** Null for whoever holds the server's keys. */
  by: User | null;
  address: string;
  act: string;
  /** To whom it was done. */
  user: User | null;
  thing: string | null;
  detail: string;
}
/** Works once; the code is told this once. */
export interface OneTimeLink {
  code: string;
  /** Where it works, on this host. */
  path: string;
  expires_at: string;
}

/** The server answered, and the answer is no. */
export class Problem extends Error {
  override name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number;
  constructor(
    status: number,
    code: string,
    detail: string,
    requestId: string | null,
    retryAfterSeconds: number,
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came: the network or the server is away. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** Sent as they are, in place of `body`, from this byte of an upload on. */
  slice?: { from: number; bytes: ArrayBuffer };
  token?: string;
  idempotencyKey?: string;
  timeoutMs?: number;
  /** Ends the request when nobody waits for it any more. */
  signal?: AbortSignal;
}

/** One request to `/api/v1`; rejects with {@link Problem} or {@link Unreachable}. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const text = await (await file(path, options)).text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The same, for an answer that is a file. */
export async function file(path: string, options: Call = {}): Promise<Blob> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.token !== undefined) headers["authorization"] = `Bearer ${options.token}`;
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.idempotencyKey !== undefined) headers["idempotency-key"] = options.idempotencyKey;
  if (options.slice !== undefined) {
    headers["content-type"] = "application/offset+octet-stream";
    headers["upload-offset"] = `${options.slice.from}`;
  }
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
  let response: Response;
  let answer: Blob;
  try {
    response = await fetch(`/api/v1${path}`, {
      method: options.method ?? "GET",
      headers,
      cache: "no-store",
      credentials: "same-origin",
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.slice !== undefined && { body: options.slice.bytes }),
    });
    answer = await response.blob();
  } catch (cause) {
    throw new Unreachable("no answer from the server", { cause });
  }
  if (!response.ok) throw problem(response, await answer.text());
  return answer;
}

/** Where a link leads; needs nobody to be signed in. */
export function previewInvite(code: string): Promise<InvitePreview> {
  return call<InvitePreview>(`/invites/${encodeURIComponent(code)}`);
}

/** What the server says of itself, before anybody is signed in. */
export function serverInfo(): Promise<ServerInfo> {
  return call<ServerInfo>("/server", { timeoutMs: 5_000 });
}

/** Sets a password by a one-time link; needs nobody to be signed in. */
export function resetPassword(code: string, password: string): Promise<void> {
  return call<void>("/reset", { method: "POST", body: { code, new_password: password } });
}

function problem(response: Response, text: string): Problem {
  let body: { code?: string; detail?: string; title?: string; request_id?: string } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // A proxy in between may answer with a page of its own.
  }
  return new Problem(
    response.status,
    body.code ?? "",
    body.detail ?? body.title ?? response.statusText,
    body.request_id ?? response.headers.get("x-request-id"),
    Number(response.headers.get("retry-after")) || 0,
  );
}
