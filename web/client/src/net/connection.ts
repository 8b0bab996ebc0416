// Keeps one session alive: races the lanes, comes back after a loss, moves to a
// better lane without a gap, renews the token.
import { Store } from "../store.js";
import { SignedOut } from "./auth.js";
import { backoffMs } from "./backoff.js";
import type { ServerKind } from "./frame.js";
import { CloseReason, type GoAway } from "./gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId } from "./id.js";
import { isSupported, type LaneKind, type LaneTarget, type OpenLane } from "./lane.js";
import type { LaneMemory } from "./memory.js";
import { HEAD_START_MS, race } from "./race.js";
import { type ResumePosition, Session, type SessionEnded } from "./session.js";

export interface ProbeResult {
  /** When it was known, by `Date.now()`. */
  at: number;
  /** The round trip; null where the datagram was lost. */
  ms: number | null;
  /** On the stream, which repeats what is lost, it could not be lost. */
  byDatagram: boolean;
}

export interface ConnectionStatus {
  state: "connecting" | "live" | "moving" | "reconnecting" | "offline";
  lane: LaneKind | null;
  rttMs: number | null;
  /** What became of the probes of the last minute, oldest first. */
  probes: readonly ProbeResult[];
  /** When the present state began, by `Date.now()`. */
  since: number;
  /** When the next attempt starts; null while one runs or none is due. */
  nextAttemptAt: number | null;
  /** Why WebTransport is not in use; null where it is, or was not tried. */
  fallback: "unsupported" | "forced" | "failed" | null;
  upgrading: boolean;
  node: string;
  sessionId: string;
  /** Until when the view is proven complete, by `Date.now()`. */
  provenAt: number | null;
}

export interface ConnectionDeps {
  /** Fetched before every attempt: certificates change within days. */
  targets(): Promise<LaneTarget[]>;
  token(): Promise<string>;
  refresh(): Promise<string>;
  renewInMs(): number;
  openers: Record<LaneKind, OpenLane>;
  supported?(kind: LaneKind): boolean;
  forcedLane(): LaneKind | null;
  memory: LaneMemory;
  deviceName: string;
  resume(): ResumePosition[];
  digest(): bigint;
  onWelcome(session: Session): void;
  onFrame(kind: ServerKind): void;
}

const CLIENT = "web/0.1.0";
const ATTEMPT_TIMEOUT_MS = 12_000;
const RETIRE_MS = 2_000;
/** A fault of ours is not cured by haste. */
const FAULT_WAIT_MS = 30_000;
/** When an upgrade is tried after a fallback, counted from each try before. */
const UPGRADE_AFTER_MS = [5_000, 30_000, 2 * 60_000, 5 * 60_000, 15 * 60_000];
const PROBES_FOR_MS = 60_000;

/** How it begins. */
export function connecting(): ConnectionStatus {
  return {
    state: "connecting",
    lane: null,
    rttMs: null,
    probes: [],
    since: Date.now(),
    nextAttemptAt: null,
    fallback: null,
    upgrading: false,
    node: "",
    sessionId: "",
    provenAt: null,
  };
}

export class Connection extends Store<ConnectionStatus> {
  readonly #deps: ConnectionDeps;
  #session: Session | null = null;
  #attempt = 0;
  #upgrades = 0;
  #running: AbortController | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #upgradeTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setTimeout> | undefined;
  #moveTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #unlisten: () => void = () => {};

  constructor(deps: ConnectionDeps) {
    super(connecting());
    this.#deps = deps;
  }

  get session(): Session | null {
    return this.#session;
  }

  start(): void {
    const online = () => {
      // Another network may let through what the last one did not.
      this.#deps.memory.forget();
      if (this.#session === null) this.tryNow();
      else this.#session.suspect();
    };
    const offline = () => {
      // The browser may be wrong; a lane that still answers is worth more.
      if (this.#session === null) this.#note({ state: "offline" });
      else this.#session.suspect();
    };
    const visible = () => {
      if (document.visibilityState === "visible") this.wake();
    };
    globalThis.addEventListener?.("online", online);
    globalThis.addEventListener?.("offline", offline);
    globalThis.document?.addEventListener("visibilitychange", visible);
    this.#unlisten = () => {
      globalThis.removeEventListener?.("online", online);
      globalThis.removeEventListener?.("offline", offline);
      globalThis.document?.removeEventListener("visibilitychange", visible);
    };
    void this.#connect(HEAD_START_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#unlisten();
    this.#running?.abort(new Error("stopped"));
    for (const timer of [this.#retryTimer, this.#upgradeTimer, this.#renewTimer, this.#moveTimer])
      clearTimeout(timer);
    this.#session?.close();
    this.#session = null;
  }

  /** Somebody looks again: after a sleep the lane may be dead without having noticed. */
  wake(): void {
    if (this.#session === null) this.tryNow();
    else this.#session.suspect();
  }

  /** Skips the wait before the next attempt. */
  tryNow(): void {
    if (this.#session !== null) return;
    this.#attempt = 0;
    void this.#connect(HEAD_START_MS);
  }

  /** Connects anew by the lanes now allowed, before the present session goes. */
  reconnect(): void {
    if (this.#session === null) this.tryNow();
    else this.#replace(this.#order()).catch(() => {});
  }

  /** Tries WebTransport while the WebSocket goes on working. */
  async upgrade(): Promise<void> {
    clearTimeout(this.#upgradeTimer);
    const { lane, upgrading } = this.getSnapshot();
    if (this.#stopped || this.#session === null || lane !== "websocket" || upgrading) return;
    if (!this.#supports("webtransport")) return;
    this.#note({ upgrading: true });
    try {
      await this.#replace(["webtransport"]);
    } catch {
      this.#scheduleUpgrade();
    } finally {
      this.#note({ upgrading: false });
    }
  }

  /** The view was complete at this moment. */
  proven(): void {
    this.#note({ provenAt: Date.now() });
  }

  async #connect(headStartMs: number): Promise<void> {
    if (this.#stopped || this.#running !== null) return;
    clearTimeout(this.#retryTimer);
    const running = new AbortController();
    this.#running = running;
    this.#note({ nextAttemptAt: null });
    try {
      const won = await this.#race(this.#order(), headStartMs, running);
      this.#running = null;
      this.#adopt(won);
    } catch (cause) {
      this.#running = null;
      if (this.#stopped || cause instanceof SignedOut) return;
      this.#retry(cause);
    }
  }

  /** Make before break: the old session goes when the new one is there. */
  async #replace(lanes: readonly LaneKind[]): Promise<void> {
    this.#adopt(await this.#race(lanes, HEAD_START_MS, new AbortController()));
  }

  async #race(lanes: readonly LaneKind[], headStartMs: number, running: AbortController): Promise<Session> {
    const timer = setTimeout(() => running.abort(new Error("the attempt took too long")), ATTEMPT_TIMEOUT_MS);
    try {
      const [targets, accessToken] = await Promise.all([this.#deps.targets(), this.#deps.token()]);
      const hello = () => ({
        accessToken,
        deviceName: this.#deps.deviceName,
        client: CLIENT,
        resume: this.#deps.resume(),
      });
      const contenders = lanes.flatMap((kind) => {
        const target = targets.find((candidate) => candidate.kind === kind);
        if (target === undefined) return [];
        const start = (signal: AbortSignal) =>
          Session.open(this.#deps.openers[kind], target, hello, this.#deps.digest, signal);
        return [{ kind, start }];
      });
      const won = await race(contenders, headStartMs, (late: Session) => late.close(), running.signal);
      return won.value;
    } finally {
      clearTimeout(timer);
    }
  }

  #order(): LaneKind[] {
    const forced = this.#deps.forcedLane();
    if (forced !== null) return [forced];
    if (!this.#supports("webtransport")) return ["websocket"];
    const remembered = this.#deps.memory.recall();
    return remembered === "websocket" ? ["websocket", "webtransport"] : ["webtransport", "websocket"];
  }

  #supports(kind: LaneKind): boolean {
    return (this.#deps.supported ?? isSupported)(kind);
  }

  #adopt(session: Session): void {
    if (this.#stopped) return session.close();
    const old = this.#session;
    this.#session = session;
    this.#attempt = 0;
    clearTimeout(this.#moveTimer);
    this.#deps.memory.note(session.kind);
    if (session.kind === "webtransport") this.#upgrades = 0;
    const same = this.getSnapshot().lane === session.kind;
    this.#note({
      state: "live",
      lane: session.kind,
      nextAttemptAt: null,
      fallback: this.#whyNotWebTransport(session.kind),
      node: session.welcome.node,
      sessionId: bytesToId(session.welcome.sessionId),
      ...(!same && { rttMs: null, probes: [] }),
    });
    this.#deps.onWelcome(session);
    session.attach({
      frame: (kind) => {
        // A session on its way out may still bring events; the rest is stale.
        if (this.#session === session || kind.case === "events") this.#deps.onFrame(kind);
      },
      goAway: (goAway) => this.#leave(session, goAway),
      probed: (ms, byDatagram) => {
        if (this.#session !== session) return;
        const at = Date.now();
        const kept = this.getSnapshot().probes.filter((probe) => at - probe.at < PROBES_FOR_MS);
        this.#note({ ...(ms !== null && { rttMs: ms }), probes: [...kept, { at, ms, byDatagram }] });
      },
      ended: (cause) => this.#lost(session, cause),
    });
    void old?.retire(RETIRE_MS);
    this.#scheduleRenewal();
    this.#scheduleUpgrade();
  }

  #whyNotWebTransport(kind: LaneKind): ConnectionStatus["fallback"] {
    if (kind === "webtransport") return null;
    if (this.#deps.forcedLane() === "websocket") return "forced";
    return this.#supports("webtransport") ? "failed" : "unsupported";
  }

  #scheduleUpgrade(): void {
    clearTimeout(this.#upgradeTimer);
    const { lane, fallback } = this.getSnapshot();
    if (lane !== "websocket" || fallback !== "failed") return;
    const after = UPGRADE_AFTER_MS[Math.min(this.#upgrades, UPGRADE_AFTER_MS.length - 1)];
    this.#upgrades += 1;
    this.#upgradeTimer = setTimeout(() => void this.upgrade(), after);
  }

  #scheduleRenewal(): void {
    clearTimeout(this.#renewTimer);
    this.#renewTimer = setTimeout(async () => {
      try {
        const accessToken = await this.#deps.refresh();
        this.#session?.send({ case: "renew", value: { accessToken } });
        this.#scheduleRenewal();
      } catch (cause) {
        if (cause instanceof SignedOut || this.#stopped) return;
        // The session may outlive a short absence of the server.
        this.#renewTimer = setTimeout(() => this.#scheduleRenewal(), 5_000);
      }
    }, this.#deps.renewInMs());
  }

  #leave(session: Session, goAway: GoAway): void {
    if (this.#session !== session) return;
    this.#note({ state: "moving" });
    clearTimeout(this.#moveTimer);
    this.#moveTimer = setTimeout(() => {
      // Where this fails, the old session's end starts the ordinary way back.
      this.#replace(this.#order()).catch(() => {});
    }, goAway.resumeAfterMs);
  }

  #lost(session: Session, cause: SessionEnded): void {
    if (this.#session !== session || this.#stopped) return;
    this.#session = null;
    clearTimeout(this.#renewTimer);
    clearTimeout(this.#upgradeTimer);
    clearTimeout(this.#moveTimer);
    this.#note({ state: this.#awayState(), lane: null, rttMs: null, probes: [] });
    if (cause.reason === CloseReason.UNSPECIFIED) {
      // A lane died under us; both get the same chance at once.
      void this.#connect(0);
    } else this.#retry(cause);
  }

  #retry(cause: unknown): void {
    const ended = endOf(cause);
    const reason = ended?.reason ?? CloseReason.UNSPECIFIED;
    this.#attempt += 1;
    let waitMs = backoffMs(this.#attempt);
    if (reason >= CloseReason.PROTOCOL) waitMs = FAULT_WAIT_MS * (0.5 + Math.random());
    else if (ended !== undefined && ended.resumeAfterMs > 0) waitMs = Math.max(waitMs, ended.resumeAfterMs);
    if (this.getSnapshot().state !== "connecting" || this.#attempt > 1) {
      this.#note({ state: this.#awayState(), lane: null });
    }
    if (reason >= CloseReason.TOKEN_EXPIRED && reason < CloseReason.PROTOCOL) {
      // Where the device was signed out, this is where we learn of it.
      this.#deps.refresh().then(
        () => this.#connectAfter(waitMs),
        (refused: unknown) => {
          if (!(refused instanceof SignedOut)) this.#connectAfter(waitMs);
        },
      );
    } else this.#connectAfter(waitMs);
  }

  #connectAfter(waitMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#retryTimer);
    this.#note({ nextAttemptAt: Date.now() + waitMs });
    this.#retryTimer = setTimeout(() => void this.#connect(HEAD_START_MS), waitMs);
  }

  #awayState(): "offline" | "reconnecting" {
    return globalThis.navigator?.onLine === false ? "offline" : "reconnecting";
  }

  #note(change: Partial<ConnectionStatus>): void {
    this.update((status) => {
      const next = { ...status, ...change };
      // The seconds go on counting while the same absence lasts.
      return next.state === status.state ? next : { ...next, since: Date.now() };
    });
  }
}

/** The typed end inside the failure of an attempt, where a server gave one. */
function endOf(cause: unknown): { reason: CloseReason; resumeAfterMs: number } | undefined {
  const all = cause instanceof Error && "causes" in cause ? (cause.causes as unknown[]) : [cause];
  return all.find(
    (one): one is SessionEnded =>
      one instanceof Error &&
      one.name === "SessionEnded" &&
      (one as SessionEnded).reason !== CloseReason.UNSPECIFIED,
  );
}
