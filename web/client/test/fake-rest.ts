// The REST face, for tests: what a test lays down, by method and path.
import { Auth } from "../src/net/auth.js";
import { newId } from "../src/net/id.js";
import type {
  Block,
  Draft,
  Friend,
  Message,
  MessagePage,
  Privacy,
  RoomSummary,
  SharedFile,
  Upload,
  User,
} from "../src/net/rest.js";
import { ROOM, USER } from "./fake-server.js";
import { page } from "./page.js";

export const ADA: User = {
  id: USER,
  name: "ada",
  display_name: "Ada",
  status_text: "",
  status_emoji: "",
  avatar: null,
  created_at: "2026-01-01T00:00:00Z",
};

export function summary(change: Partial<RoomSummary> = {}): RoomSummary {
  return {
    id: ROOM,
    name: "design",
    topic: "",
    visibility: "public",
    archived: false,
    created_at: "2026-01-01T00:00:00Z",
    members: 2,
    epoch: "1",
    head: "0",
    role: "member",
    peer: null,
    read_seq: "0",
    peer_read_seq: "0",
    unread: 0,
    mentions: 0,
    preview: null,
    last_at: null,
    notify: "all",
    favourite: false,
    ...change,
  };
}

export function sharedFile(change: Partial<SharedFile> = {}): SharedFile {
  return {
    id: "66666666-6666-4666-8666-666666666666",
    name: "notes.txt",
    media_type: "text/plain",
    bytes: "5",
    kind: "other",
    width: null,
    height: null,
    thumbhash: null,
    thumbnail: false,
    duration_ms: null,
    ...change,
  };
}

/** The page that is asked for, as the server cuts it. */
function cut(all: readonly Message[], asked: URLSearchParams): MessagePage {
  const limit = Number(asked.get("limit"));
  const upTo = (seq: number) => all.findLastIndex((each) => Number(each.seq) < seq) + 1;
  const [before, after, around] = ["before", "after", "around"].map((name) => Number(asked.get(name)));
  let from = all.length - limit;
  if (before) from = upTo(before) - limit;
  if (after) from = upTo(after + 1);
  if (around) from = upTo(around) - limit / 2;
  const [first, end] = [Math.max(0, from), Math.min(all.length, from + limit)];
  const more = { more_before: first > 0, more_after: end < all.length };
  return page(all.slice(first, end), all.length, more);
}

/** A file as far as it has arrived. */
export interface Arriving {
  name: string;
  wanted: number;
  bytes: Uint8Array;
  file: SharedFile | null;
}

export class FakeRest {
  readonly asked: string[] = [];
  rooms: RoomSummary[] = [summary()];
  friends: Friend[] = [];
  blocks: Block[] = [];
  drafts: Draft[] = [];
  privacy: Privacy = { invisible: false, read_marks: true };
  newest: MessagePage | null = null;
  older: MessagePage | null = null;
  /** Cuts every page of the room from these, in place of the two above. */
  messages: Message[] | null = null;
  /** Files, by the ids of their uploads. */
  readonly uploads = new Map<string, Arriving>();
  readonly #begun = new Map<string, string>();
  fileBytes = 4_000_000;
  /** After so many bytes of the next slice the connection is lost. */
  cutAfter: number | null = null;
  /** What is said of the next slice, in place of taking it. */
  sliceRefused: { status: number; code: string } | null = null;
  /** What else is answered, by path. */
  readonly answers = new Map<string, unknown>();
  /** Paths of which the next request is refused. */
  readonly refused = new Set<string>();
  /** Answers come when this is done. */
  held: Promise<unknown> | null = null;
  away = false;

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const path = url.replace("/api/v1", "");
    this.asked.push(`${init.method ?? "GET"} ${path}`);
    if (this.away) throw new TypeError("no network");
    if (path.startsWith("/uploads")) {
      await this.held;
      return this.#upload(path.slice("/uploads/".length), init);
    }
    const body = this.#answer(path, init);
    await this.held;
    if (this.refused.delete(path))
      return new Response(JSON.stringify({ code: "FORBIDDEN" }), { status: 403 });
    if (body === null) return new Response(JSON.stringify({ code: "NOT_FOUND" }), { status: 404 });
    return new Response(JSON.stringify(body), { status: 200 });
  };

  #answer(path: string, { body, method = "GET" }: RequestInit): unknown {
    if (path === "/refresh") {
      const far = btoa(JSON.stringify({ iat: 0, exp: 900 }));
      return { user: ADA, access_token: `h.${far}.s`, access_expires_at: "", device_id: USER };
    }
    if (path === "/server") {
      return {
        limits: { file_bytes: `${this.fileBytes}`, attachments: 10 },
        lanes: ["webtransport", "websocket"].map((lane) => ({
          lane,
          url: `test:${lane}`,
          certificate_hashes: [],
        })),
      };
    }
    if (path.startsWith("/rooms?scope=mine")) {
      return { items: this.rooms.filter(({ role }) => role !== null), next_cursor: null };
    }
    if (path.startsWith("/me/friends")) return { items: this.friends, next_cursor: null };
    if (path.startsWith("/me/drafts")) return { items: this.drafts, next_cursor: null };
    if (path === "/me/privacy") {
      if (method === "PATCH") Object.assign(this.privacy, JSON.parse(`${body}`));
      return this.privacy;
    }
    if (path.startsWith("/me/blocks")) return { items: this.blocks, next_cursor: null };
    if (path.startsWith("/users/") && method !== "GET") return {};
    if (path.startsWith(`/rooms/${ROOM}/messages`) && this.messages !== null) {
      return cut(this.messages, new URLSearchParams(path.split("?")[1]));
    }
    if (path.startsWith(`/rooms/${ROOM}/messages?before=`)) return this.older;
    if (path.startsWith(`/rooms/${ROOM}/messages`)) return this.newest;
    if (path === `/rooms/${ROOM}/preferences`) {
      const [{ notify, favourite } = summary()] = this.rooms;
      return { notify, favourite, ...JSON.parse(`${body}`) };
    }
    if (path === `/rooms/${ROOM}`) return this.rooms[0] ?? null;
    return this.answers.get(path) ?? null;
  }

  async #upload(id: string, { method = "GET", body, headers }: RequestInit): Promise<Response> {
    const say = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
    const told = headers as Record<string, string>;
    if (method === "POST") {
      const key = told["idempotency-key"] ?? "";
      const { name, bytes } = JSON.parse(`${body}`);
      const begun = this.#begun.get(key) ?? newId();
      this.#begun.set(key, begun);
      if (!this.uploads.has(begun))
        this.uploads.set(begun, { name, wanted: Number(bytes), bytes: new Uint8Array(0), file: null });
      return say(201, this.#told(begun));
    }
    const arriving = this.uploads.get(id);
    if (arriving === undefined) return say(404, { code: "NOT_FOUND" });
    if (method === "DELETE") {
      this.uploads.delete(id);
      return new Response(null, { status: 204 });
    }
    if (method === "PATCH") {
      const refused = this.sliceRefused;
      this.sliceRefused = null;
      if (refused !== null) return say(refused.status, { code: refused.code, detail: "no" });
      if (Number(told["upload-offset"]) !== arriving.bytes.length) return say(409, { code: "CONFLICT" });
      const slice = new Uint8Array(body as ArrayBuffer);
      const cut = this.cutAfter;
      this.cutAfter = null;
      arriving.bytes = new Uint8Array([...arriving.bytes, ...slice.subarray(0, cut ?? slice.length)]);
      if (arriving.bytes.length === arriving.wanted) {
        const { name, wanted } = arriving;
        arriving.file = sharedFile({ id: newId(), name, bytes: `${wanted}` });
      }
      if (cut !== null) throw new TypeError("the connection was lost");
    }
    return say(200, this.#told(id));
  }

  #told(id: string): Upload | null {
    const arriving = this.uploads.get(id);
    if (arriving === undefined) return null;
    const { name, wanted, bytes, file } = arriving;
    return { id, name, bytes: `${wanted}`, offset: `${bytes.length}`, expires_at: "", file };
  }

  /** Somebody who is signed in. */
  async auth(): Promise<Auth> {
    localStorage.setItem("parlor.user", JSON.stringify(ADA));
    const auth = new Auth();
    await auth.start();
    return auth;
  }
}
