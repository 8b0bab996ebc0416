// Who is signed in. The access token lives in memory only; the refresh token in
// a cookie that no script can read.
import { Store } from "../store.js";
import { type AuthSession, call, Problem, type User } from "./rest.js";

export type AuthState =
  | { kind: "starting" }
  | { kind: "signedOut"; notice: "expired" | null }
  | { kind: "signedIn"; user: User };

/** Signed out, here or elsewhere: nothing can be asked for any more. */
export class SignedOut extends Error {
  override name = "SignedOut";
}

const USER_KEY = "parlor.user";
const LOCK = "parlor.refresh";
/** A token is taken anew when less than this is left of it, or a third of its life. */
const MARGIN_MS = 45_000;

export class Auth extends Store<AuthState> {
  #token: { value: string; renewAt: number } | null = null;
  #refreshing: Promise<string> | null = null;
  readonly #tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("parlor.auth") : null;

  constructor() {
    super({ kind: "starting" });
    if (this.#tabs !== null) {
      this.#tabs.onmessage = ({ data }) => {
        if (data === "signedOut") this.#leave(null);
      };
    }
  }

  /** Signs in silently where somebody was signed in before. */
  async start(): Promise<void> {
    const known = rememberedUser();
    if (known === null) {
      this.set({ kind: "signedOut", notice: null });
      return;
    }
    // Cached history is readable at once, also without a network.
    this.set({ kind: "signedIn", user: known });
    await this.refresh().catch(() => {});
  }

  /** `reactivate`: take the account up again, where it was put aside. */
  async signIn(name: string, password: string, reactivate = false): Promise<void> {
    await this.#enter("/login", { name, password, ...(reactivate && { reactivate }) });
  }

  /** `invite` is the code of a link, where not everybody may register. */
  async signUp(
    name: string,
    displayName: string,
    password: string,
    invite: string | null = null,
  ): Promise<void> {
    await this.#enter("/register", {
      name,
      password,
      ...(displayName !== "" && { display_name: displayName }),
      ...(invite !== null && { invite }),
    });
  }

  async signOut(): Promise<void> {
    const token = this.#token?.value;
    await call("/logout", { method: "POST", body: {}, ...(token !== undefined && { token }) }).catch(
      () => {},
    );
    this.ended();
  }

  /** The server has signed this browser out; all its tabs leave. */
  ended(): void {
    this.#leave(null);
    this.#tabs?.postMessage("signedOut");
  }

  /** A token that is good for a while yet; rejects with {@link SignedOut}. */
  async token(): Promise<string> {
    if (this.#token !== null && this.renewInMs > 0) return this.#token.value;
    return this.refresh();
  }

  /** When to take the next token; 0 where it is time. */
  get renewInMs(): number {
    return this.#token === null ? 0 : Math.max(0, this.#token.renewAt - Date.now());
  }

  /** Trades the cookie for a new token, one tab at a time. */
  refresh(): Promise<string> {
    this.#refreshing ??= this.#locked(() => this.#refreshOnce()).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<string> {
    if (this.getSnapshot().kind === "signedOut") throw new SignedOut();
    let session: AuthSession;
    try {
      session = await call<AuthSession>("/refresh", { method: "POST", body: {} });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        this.#leave("expired");
        throw new SignedOut();
      }
      throw error;
    }
    this.#accept(session);
    return session.access_token;
  }

  #locked<T>(act: () => Promise<T>): Promise<T> {
    // Browsers offer locks in secure contexts only; the server forgives two
    // tabs that refresh within a few seconds of each other.
    if (!navigator.locks) return act();
    return navigator.locks.request(LOCK, act) as Promise<T>;
  }

  async #enter(path: string, credentials: object): Promise<void> {
    const body = { ...credentials, device_name: deviceName(), cookie: true };
    this.#accept(await this.#locked(() => call<AuthSession>(path, { method: "POST", body })));
  }

  #accept(session: AuthSession): void {
    const lifeMs = lifetimeMs(session);
    const renewAt = Date.now() + lifeMs - Math.min(MARGIN_MS, lifeMs / 3);
    this.#token = { value: session.access_token, renewAt };
    const before = this.getSnapshot();
    localStorage.setItem(USER_KEY, JSON.stringify(session.user));
    // Another tab may have signed in as somebody else: one page, one user.
    if (before.kind === "signedIn" && before.user.id !== session.user.id) location.reload();
    else if (before.kind !== "signedIn" || before.user.display_name !== session.user.display_name) {
      this.set({ kind: "signedIn", user: session.user });
    }
  }

  #leave(notice: "expired" | null): void {
    this.#token = null;
    localStorage.removeItem(USER_KEY);
    this.set({ kind: "signedOut", notice });
  }
}

function rememberedUser(): User | null {
  try {
    const user = JSON.parse(localStorage.getItem(USER_KEY) ?? "null") as User | null;
    return typeof user?.id === "string" && typeof user.name === "string" ? user : null;
  } catch {
    return null;
  }
}

/** From the token itself, `exp - iat`, so that a wrong clock here does no harm. */
function lifetimeMs(session: AuthSession): number {
  try {
    const payload = session.access_token.split(".")[1] ?? "";
    const { iat, exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    if (Number.isFinite(exp - iat)) return (exp - iat) * 1_000;
  } catch {
    // Not a token of the shape we know; its stated end will do.
  }
  return Date.parse(session.access_expires_at) - Date.now();
}

/** What the list of devices will say: "Firefox on Linux". */
export function deviceName(agent: string = navigator.userAgent): string {
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrom(e|ium)\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : "Browser";
  const system = /Android/.test(agent)
    ? "Android"
    : /iPhone|iPad/.test(agent)
      ? "iOS"
      : /Windows/.test(agent)
        ? "Windows"
        : /Mac OS X/.test(agent)
          ? "macOS"
          : /Linux/.test(agent)
            ? "Linux"
            : "";
  return system === "" ? browser : `${browser} on ${system}`;
}
