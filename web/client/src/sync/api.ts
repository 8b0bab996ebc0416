// The REST calls of a signed-in user.
import type { Auth } from "../net/auth.js";
import { LANES, type LaneKind, type LaneTarget } from "../net/lane.js";
import {
  type Announcement,
  type Ban,
  type Block,
  type Call,
  type Crop,
  call,
  type DeletedRoom,
  type Device,
  type Draft,
  type FileKind,
  type Friend,
  file,
  type Invite,
  type InviteTerms,
  type Me,
  type Member,
  type MessagePage,
  type Page,
  type Pin,
  type Preferences,
  type Privacy,
  Problem,
  type Role,
  type Room,
  type RoomFile,
  type RoomSummary,
  type SearchPage,
  serverInfo,
  Unreachable,
  type Upload,
  type User,
  type Version,
} from "../net/rest.js";
import { Store } from "../store.js";
import { AdminApi } from "./admin.js";
import type { SearchAsked } from "./search.js";

const PAGE = 100;
const FILES_PAGE = 30;
/** More than this is better found by another letter. */
const FOUND_PAGE = 8;
export const HISTORY_PAGE = 50;
const SEARCH_PAGE = 25;
/** A copy of everything may take a while. */
const EXPORT_MS = 10 * 60_000;
/** A slice of a file may take this long on a poor path. */
const SLICE_TIMEOUT_MS = 60_000;

/** What the server takes at most. */
export interface FileLimits {
  fileBytes: number;
  /** In one message. */
  attachments: number;
}

export class Api {
  readonly #auth: Auth;
  /** As the server said last; null before it has. */
  readonly limits = new Store<FileLimits | null>(null);

  constructor(auth: Auth) {
    this.#auth = auth;
  }

  #call<T>(path: string, options: Omit<Call, "token"> = {}): Promise<T> {
    return this.#signed((token) => call<T>(path, { ...options, token }));
  }

  /** With a token, and once more with a new one where that does not hold any more. */
  async #signed<T>(ask: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#auth.token();
    try {
      return await ask(token);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "UNAUTHENTICATED") throw error;
      return ask(await this.#auth.refresh());
    }
  }

  async #all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Page<T> = await this.#call<Page<T>>(`${path}limit=${PAGE}${more}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return items;
  }

  readonly admin = new AdminApi((path, options) => this.#call(path, options));

  /** Where the lanes begin; fetched anew each time, certificates change. */
  async targets(): Promise<LaneTarget[]> {
    const server = await serverInfo();
    const { file_bytes, attachments } = server.limits;
    if (file_bytes !== undefined && attachments !== undefined)
      this.limits.set({ fileBytes: Number(file_bytes), attachments: Number(attachments) });
    return server.lanes.flatMap(({ lane, url, certificate_hashes }) =>
      LANES.includes(lane as LaneKind)
        ? [{ kind: lane as LaneKind, url, certificateHashes: (certificate_hashes ?? []).map(fromBase64) }]
        : [],
    );
  }

  myRooms = () => this.#all<RoomSummary>("/rooms?scope=mine&");
  /** The directory, or what of it a text finds. */
  publicRooms = (text: string, cursor: string | null) => {
    const q = text === "" ? "" : `&q=${encodeURIComponent(text)}`;
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    return this.#call<Page<Room>>(`/rooms?scope=public&limit=${PAGE}${q}${more}`);
  };
  room = (id: string) => this.#call<Room>(`/rooms/${id}`);
  createRoom = (
    room: { name: string; topic: string; visibility: "public" | "private" },
    idempotencyKey: string,
  ) => this.#call<Room>("/rooms", { method: "POST", body: room, idempotencyKey });
  changeRoom = (id: string, change: { name?: string; topic?: string }) =>
    this.#call<Room>(`/rooms/${id}`, { method: "PATCH", body: change });
  archiveRoom = (id: string, archived: boolean) =>
    this.#call<Room>(`/rooms/${id}/archive`, { method: "POST", body: { archived } });
  deleteRoom = (id: string, idempotencyKey: string) =>
    this.#call<void>(`/rooms/${id}`, { method: "DELETE", idempotencyKey });
  deletedRooms = () => this.#all<DeletedRoom>("/rooms/deleted?");
  restoreRoom = (id: string, idempotencyKey: string) =>
    this.#call<Room>(`/rooms/${id}/restore`, { method: "POST", idempotencyKey });
  joinRoom = (id: string) => this.#call<Room>(`/rooms/${id}/join`, { method: "POST" });
  leaveRoom = (id: string) => this.#call<void>(`/rooms/${id}/leave`, { method: "POST" });
  members = (id: string) => this.#all<Member>(`/rooms/${id}/members?`);
  addMember = (id: string, name: string) =>
    this.#call<Member>(`/rooms/${id}/members`, { method: "POST", body: { name } });
  removeMember = (id: string, userId: string) =>
    this.#call<void>(`/rooms/${id}/members/${userId}`, { method: "DELETE" });
  changeRole = (id: string, userId: string, role: Role) =>
    this.#call<Member>(`/rooms/${id}/members/${userId}`, { method: "PATCH", body: { role } });
  bans = (id: string) => this.#all<Ban>(`/rooms/${id}/bans?`);
  ban = (id: string, userId: string) => this.#call<void>(`/rooms/${id}/bans/${userId}`, { method: "PUT" });
  unban = (id: string, userId: string) =>
    this.#call<void>(`/rooms/${id}/bans/${userId}`, { method: "DELETE" });
  invites = (id: string) => this.#all<Invite>(`/rooms/${id}/invites?`);
  createInvite = (id: string, terms: InviteTerms, idempotencyKey: string) =>
    this.#call<Invite>(`/rooms/${id}/invites`, { method: "POST", body: terms, idempotencyKey });
  revokeInvite = (id: string, inviteId: string) =>
    this.#call<void>(`/rooms/${id}/invites/${inviteId}`, { method: "DELETE" });
  acceptInvite = (code: string, idempotencyKey: string) =>
    this.#call<Room>(`/invites/${encodeURIComponent(code)}/accept`, { method: "POST", idempotencyKey });
  prefer = (id: string, change: Partial<Preferences>) =>
    this.#call<Preferences>(`/rooms/${id}/preferences`, { method: "PATCH", body: change });
  newest = (id: string) => this.#call<MessagePage>(`/rooms/${id}/messages?limit=${HISTORY_PAGE}`);
  before = (id: string, seq: number) =>
    this.#call<MessagePage>(`/rooms/${id}/messages?before=${seq}&limit=${HISTORY_PAGE}`);
  /** The first messages after one. */
  after = (id: string, seq: number) =>
    this.#call<MessagePage>(`/rooms/${id}/messages?after=${seq}&limit=${HISTORY_PAGE}`);
  around = (id: string, seq: number) =>
    this.#call<MessagePage>(`/rooms/${id}/messages?around=${seq}&limit=${HISTORY_PAGE}`);
  search = ({ text, sort, cursor }: SearchAsked, signal: AbortSignal) => {
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const query = `q=${encodeURIComponent(text)}&sort=${sort}&limit=${SEARCH_PAGE}${more}`;
    return this.#call<SearchPage>(`/search?${query}`, { signal });
  };
  /** A message, or null where there is none of this seq. */
  message = async (id: string, seq: number) => {
    const path = `/rooms/${id}/messages?around=${seq}&limit=1`;
    const { messages } = await this.#call<MessagePage>(path);
    return messages.find((message) => message.seq === `${seq}`) ?? null;
  };
  pins = (id: string) => this.#call<Page<Pin>>(`/rooms/${id}/pins`);
  versions = (id: string, seq: number) => this.#all<Version>(`/rooms/${id}/messages/${seq}/edits?`);
  changeMe = (
    change: Partial<Pick<User, "display_name" | "status_text" | "status_emoji">>,
    idempotencyKey: string,
  ) => this.#call<User>("/me", { method: "PATCH", body: change, idempotencyKey });
  openDirect = (userId: string) => this.#call<Room>(`/users/${userId}/direct`, { method: "PUT" });
  friends = () => this.#all<Friend>("/me/friends?");
  befriend = (userId: string) => this.#call<void>(`/users/${userId}/friend`, { method: "PUT" });
  unfriend = (userId: string) => this.#call<void>(`/users/${userId}/friend`, { method: "DELETE" });
  blocks = () => this.#all<Block>("/me/blocks?");
  block = (userId: string) => this.#call<void>(`/users/${userId}/block`, { method: "PUT" });
  unblock = (userId: string) => this.#call<void>(`/users/${userId}/block`, { method: "DELETE" });
  drafts = () => this.#all<Draft>("/me/drafts?");
  privacy = () => this.#call<Privacy>("/me/privacy");
  changePrivacy = (change: Partial<Privacy>, idempotencyKey: string) =>
    this.#call<Privacy>("/me/privacy", { method: "PATCH", body: change, idempotencyKey });
  devices = () => this.#all<Device>("/me/devices?");
  signOutDevice = (id: string) => this.#call<void>(`/me/devices/${id}`, { method: "DELETE" });
  signOutOthers = () => this.#call<void>("/me/devices", { method: "DELETE" });
  changePassword = (old: string, fresh: string) =>
    this.#call<void>("/password", {
      method: "POST",
      body: { old_password: old, new_password: fresh },
    });
  /** A copy of all that the server keeps of the user: one JSON document. */
  export = () => this.#signed((token) => file("/me/export", { token, timeoutMs: EXPORT_MS }));
  deactivate = (password: string) =>
    this.#call<void>("/me/deactivate", { method: "POST", body: { password } });
  deleteAccount = (own: { name: string; password: string; erase_messages: boolean }) =>
    this.#call<void>("/me/delete", { method: "POST", body: own });
  findPeople = async (text: string) =>
    (await this.#call<Page<User>>(`/users?q=${encodeURIComponent(text)}&limit=${FOUND_PAGE}`)).items;
  me = () => this.#call<Me>("/me");
  claimAdmin = (code: string) => this.#call<void>("/claim", { method: "POST", body: { code } });
  announcements = async () => (await this.#call<{ items: Announcement[] }>("/announcements")).items;
  user = (id: string) => this.#call<User>(`/users/${id}`);
  beginUpload = (name: string, bytes: number, idempotencyKey: string) =>
    this.#call<Upload>("/uploads", { method: "POST", body: { name, bytes: `${bytes}` }, idempotencyKey });
  sendSlice = (id: string, from: number, bytes: ArrayBuffer, signal: AbortSignal) =>
    this.#call<Upload>(`/uploads/${id}`, {
      method: "PATCH",
      slice: { from, bytes },
      timeoutMs: SLICE_TIMEOUT_MS,
      signal,
    });
  upload = (id: string) => this.#call<Upload>(`/uploads/${id}`);
  cancelUpload = (id: string) => this.#call<void>(`/uploads/${id}`, { method: "DELETE" });
  files = (roomId: string, kind: FileKind | null, cursor: string | null) => {
    const which = kind === null ? "" : `&kind=${kind}`;
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    return this.#call<Page<RoomFile>>(`/rooms/${roomId}/files?limit=${FILES_PAGE}${which}${more}`);
  };
  setAvatar = (uploadId: string, crop: Crop) =>
    this.#call<User>("/me/avatar", { method: "PUT", body: { upload_id: uploadId, crop } });
  removeAvatar = () => this.#call<User>("/me/avatar", { method: "DELETE" });

  /** Whether there are bytes behind an address for the user, by the cookie that a
      browser shows for them; a token is taken anew where it is time, and with it that
      cookie. Rejects where nobody can tell. */
  async hasBytes(url: string): Promise<boolean> {
    await this.#auth.token();
    let status = await head(url);
    if (status === 401) {
      await this.#auth.refresh();
      status = await head(url);
    }
    if (status === 404 || status === 403) return false;
    if (status >= 400) throw new Problem(status, "", "", null, 0);
    return true;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

async function head(url: string): Promise<number> {
  try {
    const { status } = await fetch(url, { method: "HEAD", cache: "no-store", credentials: "same-origin" });
    return status;
  } catch (cause) {
    throw new Unreachable("no answer from the server", { cause });
  }
}
