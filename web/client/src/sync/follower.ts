// Which logs are followed, and the healing of what is missing in them
// (PROTOCOL 4 and 5.3). One way back for everything: "I have (epoch, seq)".
import { positionDigest } from "../net/digest.js";
import {
  ErrorCode,
  type Event,
  type Events,
  type Heartbeat,
  type Position,
  type Reset,
} from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes, newId } from "../net/id.js";
import { Refused, type ResumePosition, type SessionLike } from "../net/session.js";
import { Log } from "./log.js";

/** How long a hole or a head may stay ahead before the log is opened again. */
const HEAL_AFTER_MS = 2_000;
/** Doubled with every opening that brought nothing, up to this: on a slow path
    a frame may take longer than the time before, and an opening begins it anew. */
const HEAL_AFTER_MAX_MS = 60_000;
/** Rooms kept open at most; the server takes 64. */
const ROOMS_OPEN = 24;

export interface FollowerDeps {
  /** New events of a room's log, in order. */
  applied(log: Log, events: readonly Event[]): void;
  /** New events of the user's own log, in order. */
  appliedOwn(events: readonly Event[]): void;
  /** Events of the user's own log will never come: what they said must be asked for. */
  missedOwn(): void;
  /** The log must be loaded anew. */
  reload(log: Log): void;
  /** The room is not there for this user any more. */
  gone(roomId: string): void;
  /** The view was complete just now. */
  proven(): void;
}

export class Follower {
  readonly #deps: FollowerDeps;
  readonly #logs = new Map<string, Log>();
  /** Rooms that shall be open, the most recently shown last. */
  readonly #wanted = new Set<string>();
  /** Logs the server has open for the present session. */
  #open = new Set<string>();
  #session: SessionLike | null = null;
  #ownLog: Log | null = null;
  #focus: string | null = null;
  readonly #healing = new Map<string, ReturnType<typeof setTimeout>>();
  /** Of logs that were opened again and have not moved since. */
  readonly #patienceMs = new Map<string, number>();
  #serverDigest: { value: bigint; at: number } | null = null;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  log(roomId: string): Log {
    let log = this.#logs.get(roomId);
    if (log === undefined) {
      log = new Log(roomId);
      this.#logs.set(roomId, log);
    }
    return log;
  }

  isOpen(roomId: string): boolean {
    return this.#open.has(roomId);
  }

  /** Events of this log are expected here; those of other rooms another tab has open. */
  hears(logId: string): boolean {
    return this.#open.has(logId) || logId === this.#ownLog?.id;
  }

  /** The room was closed to make place for those of other tabs. */
  closed(roomId: string): void {
    this.#wanted.delete(roomId);
    this.#open.delete(roomId);
  }

  /** Positions for Hello: the server opens them by itself. */
  resume(): ResumePosition[] {
    const logs = [...this.#wanted].map((id) => this.log(id));
    if (this.#ownLog !== null) logs.push(this.#ownLog);
    return logs
      .filter((log) => log.loaded)
      .map((log) => ({ logId: idToBytes(log.id), epoch: log.epoch, seq: BigInt(log.seq) }));
  }

  digest(): bigint {
    let digest = 0n;
    for (const id of this.#open) {
      const log = this.log(id);
      digest ^= positionDigest(id, log.epoch, log.seq);
    }
    return digest;
  }

  /** A session has begun; what is wanted and was not resumed is opened. */
  attach(session: SessionLike): void {
    this.#session = session;
    this.#serverDigest = null;
    const resumed = new Set(session.resumed.map(({ logId }) => bytesToId(logId as Uint8Array)));
    const own = session.welcome.userLog;
    if (own !== undefined) {
      const id = bytesToId(own.logId);
      this.#ownLog = this.log(id);
      if (!resumed.has(id)) this.#ownLog.startAt(own.epoch, Number(own.seq));
      resumed.add(id);
    }
    this.#open = resumed;
    for (const id of resumed) {
      if (id !== this.#ownLog?.id && !this.#wanted.has(id)) this.#close(id);
    }
    for (const id of this.#wanted) if (!resumed.has(id)) void this.#openLog(id);
    this.#behind(session.welcome.heads.map((head) => ({ ...head, logId: head.roomId, seq: head.head })));
    if (this.#focus !== null) session.send({ case: "focus", value: { roomId: idToBytes(this.#focus) } });
  }

  detach(): void {
    this.#session = null;
    this.#open = new Set();
  }

  /** Follows a room whose log is loaded, from where it stands. */
  follow(roomId: string): void {
    this.#wanted.delete(roomId);
    this.#wanted.add(roomId);
    if (!this.#open.has(roomId)) void this.#openLog(roomId);
    for (const id of this.#wanted) {
      if (this.#wanted.size <= ROOMS_OPEN) break;
      this.unfollow(id);
    }
  }

  unfollow(roomId: string): void {
    this.#wanted.delete(roomId);
    if (this.#open.has(roomId)) this.#close(roomId);
  }

  /** The room on screen; its events come before those of others. */
  focus(roomId: string | null): void {
    if (this.#focus === roomId) return;
    this.#focus = roomId;
    const id = roomId === null ? new Uint8Array(0) : idToBytes(roomId);
    this.#session?.send({ case: "focus", value: { roomId: id } });
  }

  events(run: Events): void {
    const log = this.#logs.get(bytesToId(run.logId));
    if (log === undefined) return;
    const applied = log.apply(run);
    if (applied.length > 0) {
      this.#patienceMs.delete(log.id);
      if (log === this.#ownLog) this.#deps.appliedOwn(applied);
      else this.#deps.applied(log, applied);
    }
    if (log.hasHole) this.#healLater(log);
    this.#prove();
  }

  reset(reset: Reset): void {
    const id = bytesToId(reset.logId);
    const head = Number(reset.head);
    if (reset.epoch === 0n && head === 0) {
      this.#dropped(id);
      return;
    }
    const log = this.log(id);
    if (log === this.#ownLog) {
      log.startAt(reset.epoch, head);
      this.#deps.missedOwn();
      return;
    }
    log.forget();
    this.#deps.reload(log);
  }

  heartbeat(heartbeat: Heartbeat): void {
    this.#serverDigest = { value: heartbeat.digest, at: performance.now() };
    this.#behind(heartbeat.heads);
    this.#prove();
  }

  /** Open logs that do not stand at these heads are opened again, if they stay so. */
  #behind(heads: readonly Pick<Position, "logId" | "epoch" | "seq">[]): void {
    for (const head of heads) {
      const log = this.#logs.get(bytesToId(head.logId));
      if (log === undefined || !this.#open.has(log.id) || !log.loaded) continue;
      if (log.epoch !== head.epoch || log.seq < Number(head.seq)) this.#healLater(log);
    }
  }

  /** Ends the following of a room that is not there any more. */
  #dropped(roomId: string): void {
    this.#wanted.delete(roomId);
    this.#open.delete(roomId);
    this.#logs.delete(roomId);
    this.#deps.gone(roomId);
  }

  /** The room's last event said that we are no member (PROTOCOL 4.7). */
  left(roomId: string): void {
    this.#dropped(roomId);
  }

  async #openLog(roomId: string): Promise<void> {
    const session = this.#session;
    const log = this.log(roomId);
    if (session === null || !log.loaded) return;
    this.#open.add(roomId);
    const position = { roomId: idToBytes(roomId), epoch: log.epoch, afterSeq: BigInt(log.seq) };
    try {
      await session.request(newId(), { case: "open", value: position });
    } catch (cause) {
      if (this.#session !== session || !(cause instanceof Refused)) return;
      this.#open.delete(roomId);
      if (cause.code === ErrorCode.NOT_FOUND || cause.code === ErrorCode.FORBIDDEN) this.#dropped(roomId);
      else if (!cause.isFinal) {
        setTimeout(() => {
          if (this.#wanted.has(roomId) && !this.#open.has(roomId)) void this.#openLog(roomId);
        }, cause.retryAfterMs || 1_000);
      }
    }
  }

  #close(roomId: string): void {
    this.#open.delete(roomId);
    this.#session?.request(newId(), { case: "close", value: { roomId: idToBytes(roomId) } }).catch(() => {
      // With the session its open logs are gone too.
    });
  }

  #healLater(log: Log): void {
    if (this.#healing.has(log.id)) return;
    const seq = log.seq;
    const patienceMs = this.#patienceMs.get(log.id) ?? HEAL_AFTER_MS;
    const timer = setTimeout(() => {
      this.#healing.delete(log.id);
      if (log.seq !== seq) {
        if (log.hasHole) this.#healLater(log);
        return;
      }
      this.#patienceMs.set(log.id, Math.min(patienceMs * 2, HEAL_AFTER_MAX_MS));
      if (log === this.#ownLog) void this.#fetchOwn(log);
      else if (this.#open.has(log.id)) void this.#openLog(log.id);
    }, patienceMs);
    this.#healing.set(log.id, timer);
  }

  /** The user's own log is always open and cannot be opened again; its missing
      events are fetched. */
  async #fetchOwn(log: Log): Promise<void> {
    const value = { logId: idToBytes(log.id), from: { case: "afterSeq" as const, value: BigInt(log.seq) } };
    const ok = await this.#session?.request(newId(), { case: "fetch", value }).catch(() => null);
    if (ok?.events !== undefined) this.events(ok.events);
    if (ok?.more === true) await this.#fetchOwn(log);
  }

  #prove(): void {
    const told = this.#serverDigest;
    if (told === null || performance.now() - told.at > HEAL_AFTER_MS) return;
    if (told.value === this.digest()) {
      this.#serverDigest = null;
      this.#deps.proven();
    }
  }
}
