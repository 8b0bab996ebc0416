// The connection of all tabs of one browser: one of them leads and holds the
// session, the others speak through it. Who leads is who holds a Web Lock, so
// that the browser itself names the next one when that tab is gone.
import { Store } from "../../store.js";
import { Connection, type ConnectionDeps, type ConnectionStatus, connecting } from "../connection.js";
import type { ClientKind, ServerKind } from "../frame.js";
import { ErrorCode, type Ok, type Welcome } from "../gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes, newId } from "../id.js";
import {
  Refused,
  type RequestBody,
  type ResumePosition,
  SessionEnded,
  type SessionLike,
} from "../session.js";
import { Hub } from "./hub.js";
import {
  type Act,
  type Ask,
  type Envelope,
  openAsk,
  openTell,
  sealAsk,
  sealTell,
  type Tell,
} from "./messages.js";

export interface SharedDeps extends Omit<ConnectionDeps, "onWelcome"> {
  userId: string;
  onWelcome(session: TabSession): void;
  /** The room was closed to make place for those of other tabs. */
  onClosed(roomId: string): void;
  /** How tabs find each other; null where each has a session of its own. */
  tabs: TabLinks | null;
}

/** What of the browser binds tabs together. */
export interface TabLinks {
  channel: Pick<BroadcastChannel, "postMessage" | "close" | "onmessage">;
  locks: Pick<LockManager, "request">;
}

/** Raised when the words between tabs change: tabs of both versions may be open. */
const VERSION = 1;
/** A tab that is looked at asks this often whether the one that leads is alive. */
const PING_EVERY_MS = 2_000;
/** Without any word for so long, the one that leads is frozen. */
const SILENT_MS = 5_000;
/** A tab in the background has slow timers: after this time one that is looked at leads. */
const HIDDEN_MS = 120_000;

/** Null where the browser cannot do it. */
export function browserTabs(userId: string): TabLinks | null {
  if (!("BroadcastChannel" in globalThis) || !globalThis.navigator?.locks) return null;
  return { channel: new BroadcastChannel(`parlor.tabs.${VERSION}.${userId}`), locks: navigator.locks };
}

export class SharedConnection extends Store<ConnectionStatus> {
  readonly tab = newId();
  readonly #deps: SharedDeps;
  readonly #links: TabLinks | null;
  readonly #lockName: string;
  #session: TabSession | null = null;
  /** Set in the tab that leads. */
  #lead: { connection: Connection; hub: Hub } | null = null;
  /** Whose word counts; null while nobody is known to lead. */
  #leader: string | null = null;
  /** What was told of the connection; shown together with its session. */
  #told: ConnectionStatus | null = null;
  #heardAt = 0;
  #checkedAt = 0;
  #hiddenSince: number | null = null;
  #checks: ReturnType<typeof setInterval> | undefined;
  #waiting: AbortController | null = null;
  /** Gives the lead, and this tab's life, back to the browser. */
  #release: () => void = () => {};
  #ended: () => void = () => {};
  #stopped = false;

  constructor(deps: SharedDeps) {
    super(connecting());
    this.#deps = deps;
    this.#links = deps.tabs;
    this.#lockName = `parlor.leader.${VERSION}.${deps.userId}`;
  }

  get session(): TabSession | null {
    return this.#session;
  }

  /** True in the tab that holds the session. */
  get leads(): boolean {
    return this.#lead !== null;
  }

  start(): void {
    if (this.#links === null) return this.#takeLead();
    const { channel, locks } = this.#links;
    channel.onmessage = ({ data }) => this.#heard(data as Envelope);
    this.#noteVisibility();
    globalThis.document?.addEventListener("visibilitychange", this.#noteVisibility);
    this.#checks = setInterval(() => this.#check(), PING_EVERY_MS);
    // Held for as long as this tab lives: the one that leads waits for its end.
    void locks.request(this.#lifeLock(this.tab), () => {
      if (this.#stopped) return;
      this.#campaign();
      return new Promise<void>((done) => {
        this.#ended = done;
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#checks);
    globalThis.document?.removeEventListener("visibilitychange", this.#noteVisibility);
    this.#waiting?.abort();
    if (this.#lead === null) this.#ask({ what: "bye" });
    else this.#resign();
    this.#drop();
    this.#release();
    this.#ended();
    this.#links?.channel.close();
  }

  /** Skips the wait before the next attempt. */
  tryNow(): void {
    this.#act("tryNow");
  }

  /** Connects anew by the lanes now allowed, before the present session goes. */
  reconnect(): void {
    this.#act("reconnect");
  }

  /** Tries WebTransport while the WebSocket goes on working. */
  upgrade(): void {
    this.#act("upgrade");
  }

  /** The view was complete at this moment. */
  proven(): void {
    this.update((status) => ({ ...status, provenAt: Date.now() }));
  }

  // ---- who leads ----

  /** Asks to lead, and meanwhile for whoever does. */
  #campaign(): void {
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#hold({ signal: waiting.signal });
    this.#hello();
  }

  #hold(options: LockOptions): void {
    this.#links?.locks
      .request(this.#lockName, options, () => {
        if (this.#stopped) return;
        this.#takeLead();
        return new Promise<void>((done) => {
          this.#release = done;
        });
      })
      // The lock was taken by a tab that found this one frozen.
      .catch(() => {
        if (this.#stopped || this.#lead === null) return;
        this.#resign();
        this.#drop();
        this.#campaign();
      });
  }

  #takeLead(): void {
    this.#leader = this.tab;
    this.#drop();
    const hub = new Hub(this.#deps.userId, (tabs, message) => this.#tell(tabs, message));
    const connection = new Connection({
      ...this.#deps,
      resume: () => {
        // Where this tab stands is known best when it is asked.
        if (!hub.isLive) hub.hello(this.tab, this.#deps.resume());
        return hub.resume();
      },
      digest: () => hub.digest(),
      onWelcome: (session) => hub.welcomed(session),
      onFrame: (kind) => hub.frame(kind),
    });
    this.#lead = { connection, hub };
    hub.hello(this.tab, this.#deps.resume());
    connection.subscribe(() => {
      if (connection.session === null) hub.lost();
      this.#tellAll({ what: "status", status: connection.getSnapshot() });
    });
    this.#post("all", { what: "leads" });
    connection.start();
  }

  #resign(): void {
    this.#lead?.connection.stop();
    this.#lead = null;
    this.#leader = null;
    this.#post("all", { what: "resigned" });
  }

  /** The one that leads may be frozen, or in the background for long. */
  #check(): void {
    const now = performance.now();
    const late = now - this.#checkedAt > 2 * PING_EVERY_MS;
    this.#checkedAt = now;
    if (this.#lead !== null || this.#hiddenSince !== null) return;
    // This page slept itself: what was said meanwhile may wait behind this timer.
    if (late || this.#leader === null) this.#heardAt = now;
    if (now - this.#heardAt > SILENT_MS) return this.#steal();
    if (this.#leader === null) this.#hello();
    else this.#ask({ what: "ping" });
  }

  #steal(): void {
    this.#waiting?.abort();
    this.#hold({ steal: true });
  }

  readonly #noteVisibility = (): void => {
    const hidden = globalThis.document?.visibilityState === "hidden";
    this.#hiddenSince = hidden ? (this.#hiddenSince ?? performance.now()) : null;
    if (!hidden && this.#lead === null && this.#leader !== null) {
      this.#act("wake");
      this.#ask({ what: "ping" });
    }
  };

  // ---- between tabs ----

  #hello(): void {
    const resume = this.#deps.resume();
    this.#ask({ what: "ask", kind: { case: "hello", value: { resume } } });
  }

  #act(act: Act): void {
    if (this.#lead !== null) this.#lead.connection[act]();
    else this.#ask({ what: "act", act });
  }

  #ask(message: Ask): void {
    if (this.#lead !== null) this.#asked(this.tab, message);
    else this.#links?.channel.postMessage(this.#envelope("leader", sealAsk(message)));
  }

  #post(to: Envelope["to"], message: Tell): void {
    this.#links?.channel.postMessage(this.#envelope(to, sealTell(message)));
  }

  #envelope(to: Envelope["to"], message: Envelope["message"]): Envelope {
    return { from: this.tab, to, message };
  }

  #tell(tabs: readonly string[], message: Tell): void {
    const others = tabs.filter((tab) => tab !== this.tab);
    if (others.length > 0) this.#post(others, message);
    if (others.length < tabs.length) this.#hear(message);
  }

  #tellAll(message: Tell): void {
    this.#post("all", message);
    this.#hear(message);
  }

  #heard({ from, to, message }: Envelope): void {
    if (this.#stopped) return;
    if (to === "leader") {
      if (this.#lead !== null) this.#asked(from, openAsk(message));
      return;
    }
    if (to !== "all" && !to.includes(this.tab)) return;
    const told = openTell(message);
    if (told.what === "leads") {
      // A tab that was frozen while another took its place learns of it here.
      if (this.#lead !== null) return;
      this.#leader = from;
      this.#drop();
      this.#hello();
    } else if (this.#lead === null) {
      this.#leader ??= from;
      if (this.#leader !== from) return;
      this.#heardAt = performance.now();
      this.#hear(told);
    }
  }

  /** In the tab that leads: what a tab asks. */
  #asked(from: string, message: Ask): void {
    if (this.#lead === null) return;
    const { connection, hub } = this.#lead;
    switch (message.what) {
      case "ask":
        if (message.kind.case !== "hello") return hub.receive(from, message.kind);
        if (from !== this.tab) {
          this.#watch(from);
          this.#post([from], { what: "status", status: connection.getSnapshot() });
        }
        return hub.hello(from, message.kind.value.resume ?? []);
      case "act":
        return void connection[message.act]();
      case "ping": {
        const hiddenForMs = this.#hiddenSince === null ? 0 : performance.now() - this.#hiddenSince;
        return this.#post([from], { what: "pong", hiddenForMs });
      }
      case "bye":
        return hub.bye(from);
    }
  }

  /** A tab that dies says nothing: the browser gives its lock to us. */
  #watch(tab: string): void {
    void this.#links?.locks.request(this.#lifeLock(tab), () => this.#lead?.hub.bye(tab));
  }

  #lifeLock(tab: string): string {
    return `${this.#lockName}.${tab}`;
  }

  /** In every tab: what the one that leads tells. */
  #hear(message: Tell): void {
    switch (message.what) {
      case "status":
        this.#told = message.status;
        return this.#mirror();
      case "welcome": {
        if (message.kind.case !== "welcome") return;
        const before = this.#session;
        const session = new TabSession(message.kind.value, message.isCurrent, message.open, (kind) =>
          this.#ask({ what: "ask", kind }),
        );
        this.#session = session;
        this.#deps.onWelcome(session);
        before?.end("another session began");
        return this.#mirror();
      }
      case "tell":
        if (message.kind.case === "reply") this.#session?.replied(message.kind);
        else if (this.#session !== null) this.#deps.onFrame(message.kind);
        return;
      case "lost":
        return this.#session?.lost(message.requestId);
      case "closed":
        return this.#deps.onClosed(message.roomId);
      case "ended":
        return this.#drop();
      case "resigned":
        this.#leader = null;
        return this.#drop();
      case "pong":
        if (message.hiddenForMs > HIDDEN_MS && this.#hiddenSince === null) this.#steal();
        return;
      case "leads":
    }
  }

  /** Live is shown when this tab has its session. */
  #mirror(): void {
    const told = this.#told;
    if (told === null) return;
    if ((told.state === "live" || told.state === "moving") && this.#session === null) return;
    this.update(({ provenAt }) => ({ ...told, provenAt }));
  }

  /** There is no session any more; the next one begins from where this tab stands. */
  #drop(): void {
    const session = this.#session;
    this.#session = null;
    session?.end("the session ended");
    const { state } = this.getSnapshot();
    if (this.#stopped || session === null || (state !== "live" && state !== "moving")) return;
    this.update((status) => ({
      ...status,
      state: "reconnecting",
      lane: null,
      rttMs: null,
      probes: [],
      since: Date.now(),
    }));
  }
}

/** The session as one tab has it. */
export class TabSession implements SessionLike {
  readonly welcome: Welcome;
  readonly resumed: readonly ResumePosition[];
  /** Its heads are how all rooms of the user stand now; else they have to be asked for. */
  readonly isCurrent: boolean;
  readonly #say: (kind: ClientKind) => void;
  readonly #waiting = new Map<string, { resolve(ok: Ok): void; reject(cause: Error): void }>();
  #over: SessionEnded | null = null;

  constructor(
    welcome: Welcome,
    isCurrent: boolean,
    open: readonly string[],
    say: (kind: ClientKind) => void,
  ) {
    this.welcome = welcome;
    this.isCurrent = isCurrent;
    this.resumed = open.map((id) => ({ logId: idToBytes(id) }));
    this.#say = say;
  }

  request(requestId: string, body: RequestBody): Promise<Ok> {
    return new Promise((resolve, reject) => {
      if (this.#over !== null) return reject(this.#over);
      this.#waiting.set(requestId, { resolve, reject });
      this.#say({ case: "request", value: { requestId: idToBytes(requestId), body } });
    });
  }

  send(kind: ClientKind): void {
    if (this.#over === null) this.#say(kind);
  }

  replied({ value }: Extract<ServerKind, { case: "reply" }>): void {
    const waiting = this.#take(bytesToId(value.requestId));
    const { result } = value;
    if (result.case === "ok") waiting?.resolve(result.value);
    else {
      const { code = ErrorCode.INTERNAL, message = "", retryAfterMs = 0 } = result.value ?? {};
      waiting?.reject(new Refused(code, message, retryAfterMs));
    }
  }

  /** Nobody knows what became of this request. */
  lost(requestId: string): void {
    this.#take(requestId)?.reject(new SessionEnded("the request was lost"));
  }

  end(why: string): void {
    this.#over = new SessionEnded(why);
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }

  #take(requestId: string) {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    return waiting;
  }
}
