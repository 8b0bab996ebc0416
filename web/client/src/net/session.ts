// One authenticated session on one lane: requests and their replies, probes,
// heartbeats, and the typed end (PROTOCOL 2, 3, 5, 6).
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ClientKind, encodeFrame, type ServerKind } from "./frame.js";
import {
  type Close,
  CloseReason,
  ErrorCode,
  type GoAway,
  type Ok,
  type PositionSchema,
  type RequestSchema,
  type ServerFrame,
  type Welcome,
} from "./gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes } from "./id.js";
import type { Lane, LaneKind, LaneTarget, OpenLane } from "./lane.js";

export type RequestBody = NonNullable<MessageInitShape<typeof RequestSchema>["body"]>;
export type ResumePosition = MessageInitShape<typeof PositionSchema>;

const HELLO_TIMEOUT_MS = 8_000;
const REPLY_TIMEOUT_MS = 20_000;
const PROBE_EVERY_MS = 5_000;
/** A request may take longer than a lane may stay silent. */
const PROBE_IN_FLIGHT_MS = 2_000;
/** A datagram may be lost on a healthy lane; after this the stream is asked. */
const DATAGRAM_DOUBT_MS = 1_500;
/** Shorter than the promised 5 s and 10 s by the time the next lane needs. */
const SILENCE_IN_FLIGHT_MS = 4_500;
const SILENCE_IDLE_MS = 9_000;
/** How long a lane that is in doubt may stay silent. */
const SUSPECT_MS = 2_500;
/** A timer later than this tells that the page was asleep. */
const LATE_TIMER_MS = 2_000;
const EARLY_FRAMES = 1_024;

/** The server said no; the session goes on. Codes from 16 on may be tried again. */
export class Refused extends Error {
  override name = "Refused";
  readonly code: ErrorCode;
  readonly retryAfterMs: number;
  constructor(code: ErrorCode, message: string, retryAfterMs: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
  get isFinal(): boolean {
    return this.code !== ErrorCode.UNSPECIFIED && this.code < 16;
  }
}

/** The session ended; what it was asked has an unknown outcome (PROTOCOL 3.1). */
export class SessionEnded extends Error {
  override name = "SessionEnded";
  readonly reason: CloseReason;
  readonly resumeAfterMs: number;
  constructor(message: string, close?: Close, cause?: unknown) {
    super(message, { cause });
    this.reason = close?.reason ?? CloseReason.UNSPECIFIED;
    this.resumeAfterMs = close?.resumeAfterMs ?? 0;
  }
}

export interface SessionHandlers {
  /** Everything that is not the session's own affair. */
  frame(kind: ServerKind): void;
  goAway(goAway: GoAway): void;
  /** The round trip of a probe, null for one that was lost; on the stream none is. */
  probed(ms: number | null, byDatagram: boolean): void;
  ended(cause: SessionEnded): void;
}

export interface Hello {
  accessToken: string;
  deviceName: string;
  client: string;
  resume: ResumePosition[];
}

/** A session as those see it who speak on it, be it this tab's or shared with others. */
export interface SessionLike {
  readonly welcome: Welcome;
  /** The logs that are open since it began; the server sends what follows them. */
  readonly resumed: readonly ResumePosition[];
  request(requestId: string, body: RequestBody): Promise<Ok>;
  send(kind: ClientKind): void;
}

interface Waiting {
  resolve(ok: Ok): void;
  reject(cause: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

export class Session implements SessionLike {
  readonly kind: LaneKind;
  readonly welcome: Welcome;
  /** The logs it was told to resume; the server has them open. */
  readonly resumed: ResumePosition[];

  readonly #lane: Lane;
  readonly #digest: () => bigint;
  readonly #waiting = new Map<string, Waiting>();
  readonly #unsent: { id: string; frame: Uint8Array<ArrayBuffer> }[] = [];
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #handlers: SessionHandlers | null = null;
  #early: ServerFrame[] = [];
  #ended: SessionEnded | null = null;
  #closeFrame: Close | undefined;
  #probe = { nonce: 0n, sentAt: 0, answered: true, byDatagram: false };
  /** Since when a probe, and since when a request, waits for any sign of life. */
  #probeSince: number | null = null;
  #requestSince: number | null = null;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #drained: (() => void) | null = null;

  private constructor(lane: Lane, welcome: Welcome, resumed: ResumePosition[], digest: () => bigint) {
    this.kind = lane.kind;
    this.#lane = lane;
    this.welcome = welcome;
    this.resumed = resumed;
    this.#digest = digest;
  }

  /** Opens the lane and says Hello; resolves once the server has said Welcome. */
  static open(
    openLane: OpenLane,
    target: LaneTarget,
    hello: () => Hello,
    digest: () => bigint,
    signal: AbortSignal,
  ): Promise<Session> {
    return new Promise((resolve, reject) => {
      let session: Session | null = null;
      let lane: Lane | null = null;
      const early: ServerFrame[] = [];
      let resumed: ResumePosition[] = [];
      let closeFrame: Close | undefined;

      const given = new AbortController();
      const fail = (cause: unknown) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        given.abort(cause);
        lane?.close();
        reject(cause);
      };
      const abort = () => fail(signal.reason);
      const timer = setTimeout(() => fail(new SessionEnded("no Welcome in time")), HELLO_TIMEOUT_MS);
      signal.addEventListener("abort", abort);

      const events = {
        frame: (frame: ServerFrame) => {
          if (session !== null) return session.#receive(frame);
          if (frame.kind.case === "close") {
            closeFrame = frame.kind.value;
            return fail(new SessionEnded("refused", closeFrame));
          }
          // Streams have no order between them: events may overtake Welcome.
          if (frame.kind.case !== "welcome") {
            if (early.length < EARLY_FRAMES) early.push(frame);
            return;
          }
          if (lane === null) return;
          clearTimeout(timer);
          signal.removeEventListener("abort", abort);
          session = new Session(lane, frame.kind.value, resumed, digest);
          session.#early = early;
          resolve(session);
        },
        closed: (cause: unknown) => {
          if (session !== null) session.#end(new SessionEnded("the lane closed", session.#closeFrame, cause));
          else fail(new SessionEnded("the lane closed before Welcome", closeFrame, cause));
        },
      };
      if (signal.aborted) return abort();
      openLane(target, events, given.signal).then((opened) => {
        lane = opened;
        if (given.signal.aborted) return opened.close();
        const said = hello();
        resumed = said.resume;
        opened.send(encodeFrame({ case: "hello", value: said }));
      }, fail);
    });
  }

  get isEnded(): boolean {
    return this.#ended !== null;
  }

  /** Puts the session to work; what came since Welcome is handed on first. */
  attach(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    const early = this.#early;
    this.#early = [];
    for (const frame of early) this.#receive(frame);
    if (this.#ended !== null) {
      handlers.ended(this.#ended);
      return;
    }
    const heartbeatMs = Math.max(1_000, this.welcome.heartbeatMs || 20_000);
    this.#timers.push(setInterval(() => this.heartbeat(), heartbeatMs));
    this.#timers.push(setInterval(() => this.#sendProbe(), PROBE_EVERY_MS));
    this.#timers.push(
      setInterval(() => {
        if (this.#waiting.size > 0 && this.#probe.answered) this.#sendProbe(true);
      }, PROBE_IN_FLIGHT_MS),
    );
    this.#sendProbe();
    this.heartbeat();
  }

  /** Asks for one thing; rejects with {@link Refused} or {@link SessionEnded}. */
  request(requestId: string, body: RequestBody): Promise<Ok> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      let frame: Uint8Array<ArrayBuffer>;
      try {
        frame = encodeFrame({ case: "request", value: { requestId: idToBytes(requestId), body } });
      } catch (cause) {
        return reject(new Refused(ErrorCode.INVALID_ARGUMENT, String(cause), 0));
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(requestId);
        reject(new SessionEnded("no reply in time"));
      }, REPLY_TIMEOUT_MS);
      const full = this.#waiting.size >= (this.welcome.limits?.unansweredRequests || 32);
      this.#waiting.set(requestId, { resolve, reject, timer });
      if (full) this.#unsent.push({ id: requestId, frame });
      else this.#sendRequest(frame);
    });
  }

  /** Sends a frame that has no answer. */
  send(kind: ClientKind): void {
    if (this.#ended !== null) return;
    const frame = encodeFrame(kind);
    if (kind.case === "typing") this.#lane.sendDatagram(frame);
    else this.#lane.send(frame);
  }

  /** There is reason to doubt the lane: it must show life soon, or it ends. */
  suspect(): void {
    if (this.#ended !== null) return;
    this.#probeSince = performance.now() - SILENCE_IDLE_MS + SUSPECT_MS;
    this.#sendProbe(true);
  }

  /** Tells the server what has been applied, so that it can name what is missing. */
  heartbeat(): void {
    this.send({ case: "heartbeat", value: { digest: this.#digest() } });
  }

  /** Lets requests in flight finish for up to `graceMs`, then says goodbye. */
  async retire(graceMs: number): Promise<void> {
    if (this.#waiting.size > 0 && this.#ended === null) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        setTimeout(resolve, graceMs);
      });
    }
    this.close();
  }

  /** Says goodbye; `ended` is not called for it. */
  close(): void {
    this.#handlers = null;
    this.#end(new SessionEnded("closed by this side"));
  }

  #sendRequest(frame: Uint8Array<ArrayBuffer>): void {
    this.#requestSince ??= performance.now();
    this.#armWatch();
    this.#lane.send(frame);
    // The echo tells a slow answer from a dead lane.
    if (this.#probe.answered) this.#sendProbe(true);
  }

  #receive(frame: ServerFrame): void {
    if (this.#ended !== null) return;
    if (this.#handlers === null) {
      if (this.#early.length < EARLY_FRAMES) this.#early.push(frame);
      return;
    }
    const { kind } = frame;
    switch (kind.case) {
      case "reply": {
        const id = bytesToId(kind.value.requestId);
        const waiting = this.#waiting.get(id);
        if (waiting === undefined) break;
        this.#waiting.delete(id);
        clearTimeout(waiting.timer);
        const { result } = kind.value;
        if (result.case === "ok") waiting.resolve(result.value);
        else if (result.case === "error") {
          waiting.reject(new Refused(result.value.code, result.value.message, result.value.retryAfterMs));
        } else waiting.reject(new Refused(ErrorCode.INTERNAL, "a reply without a result", 0));
        const next = this.#unsent.shift();
        if (next !== undefined) this.#sendRequest(next.frame);
        if (this.#waiting.size === 0) this.#drained?.();
        break;
      }
      case "probe":
        if (kind.value.nonce === this.#probe.nonce && !this.#probe.answered) {
          this.#probe.answered = true;
          this.#handlers.probed(performance.now() - this.#probe.sentAt, this.#probe.byDatagram);
        }
        break;
      case "close":
        this.#closeFrame = kind.value;
        this.#end(new SessionEnded(`the server closed: ${CloseReason[kind.value.reason]}`, kind.value));
        return;
      case "goAway":
        this.#handlers.goAway(kind.value);
        break;
      case undefined:
        break;
      default:
        this.#handlers.frame(kind);
    }
    const now = performance.now();
    this.#probeSince = this.#probe.answered ? null : now;
    this.#requestSince = this.#waiting.size > 0 ? now : null;
    this.#armWatch();
  }

  #sendProbe(reliably = false): void {
    if (this.#ended !== null) return;
    const nonce = (this.#probe.nonce + 1n) & 0xffff_ffffn;
    this.#probe = { nonce, sentAt: performance.now(), answered: false, byDatagram: !reliably };
    this.#probeSince ??= performance.now();
    this.#armWatch();
    const frame = encodeFrame({ case: "probe", value: { nonce } });
    if (reliably) this.#lane.send(frame);
    else {
      this.#lane.sendDatagram(frame);
      setTimeout(() => {
        if (this.#probe.nonce !== nonce || this.#probe.answered || this.#ended !== null) return;
        this.#handlers?.probed(null, true);
        // A probe of its own: a late echo of the lost one must not count for it.
        this.#sendProbe(true);
      }, DATAGRAM_DOUBT_MS);
    }
  }

  /** Ends the session when an owed answer stays away: the browser would notice
      a dead lane only after half a minute. */
  #armWatch(): void {
    clearTimeout(this.#watch);
    if (this.#ended !== null) return;
    const deadline = Math.min(
      (this.#probeSince ?? Number.POSITIVE_INFINITY) + SILENCE_IDLE_MS,
      (this.#requestSince ?? Number.POSITIVE_INFINITY) + SILENCE_IN_FLIGHT_MS,
    );
    if (deadline === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    this.#watch = setTimeout(
      () => {
        if (performance.now() - deadline < LATE_TIMER_MS) {
          this.#end(new SessionEnded("the lane went silent"));
          return;
        }
        // The page slept, and what the lane had to say may wait behind this timer.
        this.#probeSince = null;
        this.#requestSince = this.#waiting.size > 0 ? performance.now() : null;
        this.#sendProbe(true);
      },
      Math.max(0, deadline - now),
    );
  }

  #end(cause: SessionEnded): void {
    if (this.#ended !== null) return;
    this.#ended = cause;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#watch);
    this.#lane.close();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(cause);
    }
    this.#waiting.clear();
    this.#unsent.length = 0;
    this.#drained?.();
    this.#handlers?.ended(cause);
  }
}
