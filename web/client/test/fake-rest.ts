// The REST face, for tests: what a test lays down, by method and path.
import { Auth } from "../src/net/auth.js";
import type { Block, Draft, Friend, MessagePage, Privacy, RoomSummary, User } from "../src/net/rest.js";
import { ROOM, USER } from "./fake-server.js";

export const ADA: User = {
  id: USER,
  name: "ada",
  display_name: "Ada",
  status_text: "",
  status_emoji: "",
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

export class FakeRest {
  readonly asked: string[] = [];
  rooms: RoomSummary[] = [summary()];
  friends: Friend[] = [];
  blocks: Block[] = [];
  drafts: Draft[] = [];
  privacy: Privacy = { invisible: false, read_marks: true };
  newest: MessagePage | null = null;
  older: MessagePage | null = null;
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
    if (path.startsWith(`/rooms/${ROOM}/messages?before=`)) return this.older;
    if (path.startsWith(`/rooms/${ROOM}/messages`)) return this.newest;
    if (path === `/rooms/${ROOM}/preferences`) {
      const [{ notify, favourite } = summary()] = this.rooms;
      return { notify, favourite, ...JSON.parse(`${body}`) };
    }
    if (path === `/rooms/${ROOM}`) return this.rooms[0] ?? null;
    return this.answers.get(path) ?? null;
  }

  /** Somebody who is signed in. */
  async auth(): Promise<Auth> {
    localStorage.setItem("parlor.user", JSON.stringify(ADA));
    const auth = new Auth();
    await auth.start();
    return auth;
  }
}
