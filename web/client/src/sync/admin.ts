// Running the server. To whoever is no admin there is nothing here (NOT_FOUND).
import type {
  AdminRoom,
  AdminSession,
  AdminUser,
  Announcement,
  AnnouncementLevel,
  AuditEntry,
  Call,
  OneTimeLink,
  Page,
  RateLimit,
  SignUp,
  StorageUse,
} from "../net/rest.js";

const PAGE = 50;

export interface SessionPage extends Page<AdminSession> {
  by_lane: { lane: string; sessions: number }[];
}

type Asker = <T>(path: string, options?: Omit<Call, "token">) => Promise<T>;

export class AdminApi {
  readonly #ask: Asker;

  /** `call` makes a call of somebody who is signed in. */
  constructor(call: Asker) {
    this.#ask = (path, options) => call(`/admin${path}`, options);
  }

  #page<T>(path: string, text: string, cursor: string | null): Promise<T> {
    const q = text === "" ? "" : `&q=${encodeURIComponent(text)}`;
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    return this.#ask<T>(`${path}?limit=${PAGE}${q}${more}`);
  }

  users = (text: string, cursor: string | null) => this.#page<Page<AdminUser>>("/users", text, cursor);
  rooms = (text: string, cursor: string | null) => this.#page<Page<AdminRoom>>("/rooms", text, cursor);
  sessions = (cursor: string | null) => this.#page<SessionPage>("/sessions", "", cursor);
  audit = (cursor: string | null) => this.#page<Page<AuditEntry>>("/audit", "", cursor);
  setDisabled = (id: string, disabled: boolean) =>
    this.#ask<void>(`/users/${id}/${disabled ? "disable" : "enable"}`, { method: "POST" });
  setAdmin = (id: string, admin: boolean) =>
    this.#ask<void>(`/users/${id}/admin`, { method: admin ? "PUT" : "DELETE" });
  resetLink = (id: string) => this.#ask<OneTimeLink>(`/users/${id}/reset`, { method: "POST" });
  signUpLink = () => this.#ask<OneTimeLink>("/sign-up-links", { method: "POST" });
  archive = (id: string, archived: boolean) =>
    this.#ask<AdminRoom>(`/rooms/${id}/archive`, { method: "POST", body: { archived } });
  signOutDevice = (id: string) => this.#ask<void>(`/devices/${id}`, { method: "DELETE" });
  settings = () => this.#ask<{ sign_up: SignUp }>("/settings");
  setSignUp = (policy: SignUp) =>
    this.#ask<{ sign_up: SignUp }>("/settings", { method: "PUT", body: { sign_up: policy } });
  limits = async () => (await this.#ask<{ items: RateLimit[] }>("/limits")).items;
  storage = () => this.#ask<StorageUse>("/storage");
  announce = (text: string, level: AnnouncementLevel, seconds: number | null) =>
    this.#ask<Announcement>("/announcements", { method: "POST", body: { text, level, seconds } });
  endAnnouncement = (id: string) => this.#ask<void>(`/announcements/${id}`, { method: "DELETE" });
}
