// One session for many tabs: the tabs speak the protocol with this hub as they
// would with a server, and the hub speaks for all of them.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { positionDigest } from "../digest.js";
import type { ClientKind, ServerKind } from "../frame.js";
import {
  ErrorCode,
  type Events,
  type Heartbeat,
  HeartbeatSchema,
  type Position,
  PositionSchema,
  type PresenceEntry,
  PresenceSchema,
  PresenceState,
  ReplySchema,
  ResetSchema,
  type RoomHead,
  type Welcome,
} from "../gen/parlor/realtime/v1/realtime_pb.js";
import { bytesToId, idToBytes, newId } from "../id.js";
import { Refused, type RequestBody, type ResumePosition, type SessionLike } from "../session.js";
import type { Tell } from "./messages.js";
import { Reach } from "./reach.js";

/** Rooms that one session may have open, where the server does not say. */
const ROOMS_OPEN = 64;

/** People whose presence one session may watch (PROTOCOL 5.6). */
const WATCHED = 100;
const WATCH_EVERY_MS = 1_000;

interface Tab {
  /** Rooms it has open. */
  readonly open: Set<string>;
  focus: string | null;
  /** People who are on screen there. */
  watched: readonly string[];
  /** Nobody uses it. */
  away: boolean;
}

type RequestKind = Extract<ClientKind, { case: "request" }>["value"];
type OpenBody = { roomId?: Uint8Array; epoch?: bigint; afterSeq?: bigint };

export class Hub {
  readonly #tell: (tabs: readonly string[], message: Tell) => void;
  readonly #tabs = new Map<string, Tab>();
  /** Rooms that any tab has open, the one that was opened last at the end. */
  readonly #rooms = new Map<string, Reach>();
  readonly #ownId: string;
  /** The user's own log, once somebody knows where it stands. */
  #own: Reach | null = null;
  #session: SessionLike | null = null;
  /** How the people are who are watched, as far as the server has told. */
  readonly #presence = new Map<string, PresenceEntry>();
  #watching = "";
  #watchedAt = Number.NEGATIVE_INFINITY;
  #watchTimer: ReturnType<typeof setTimeout> | undefined;
  #isAway = false;
  /** Of all rooms as they stand now; null once some stand otherwise. */
  #heads: Map<string, RoomHead> | null = null;

  /** `ownId`: of the user, and so of the user's own log. */
  constructor(ownId: string, tell: (tabs: readonly string[], message: Tell) => void) {
    this.#ownId = ownId;
    this.#tell = tell;
  }

  get isLive(): boolean {
    return this.#session !== null;
  }

  // ---- towards the server ----

  /** What the session resumes: all that any tab follows, from where all of them have it. */
  resume(): ResumePosition[] {
    const logs = [...this.#rooms];
    if (this.#own !== null) logs.push([this.#ownId, this.#own]);
    return logs.map(([id, { epoch, seq }]) => ({ logId: idToBytes(id), epoch, seq: BigInt(seq) }));
  }

  digest(): bigint {
    return this.#digestOf(this.#rooms.keys());
  }

  /** A session has begun, in place of the one before it where there was one. */
  welcomed(session: SessionLike): void {
    this.#session = session;
    this.#presence.clear();
    this.#watching = "";
    this.#watchedAt = Number.NEGATIVE_INFINITY;
    this.#isAway = false;
    const { welcome } = session;
    const resumed = new Set(session.resumed.map(({ logId }) => bytesToId(logId as Uint8Array)));
    const own = welcome.userLog;
    if (!resumed.delete(this.#ownId) && own !== undefined) this.#own = new Reach(own.epoch, Number(own.seq));
    this.#heads = new Map(welcome.heads.map((head) => [bytesToId(head.roomId), head]));
    for (const [id, reach] of [...this.#rooms])
      if (!resumed.delete(id)) this.#open(id, reach.epoch, reach.seq);
    // Opened for a tab that has gone since.
    for (const id of resumed) this.#close(id);
    // A copy: what a tab says at once changes their order.
    for (const tab of [...this.#tabs.keys()]) this.#welcome(tab);
    this.#sayFocus();
  }

  /** The session ended; what was asked of it fails by itself. */
  lost(): void {
    if (this.#session === null) return;
    this.#session = null;
    this.#heads = null;
    this.#toAll({ what: "ended" });
  }

  /** A frame that is not the session's own affair. */
  frame(kind: ServerKind): void {
    switch (kind.case) {
      case "events":
        return this.#events(kind.value);
      case "reset": {
        const { logId, epoch, head } = kind.value;
        const id = bytesToId(logId);
        if (id === this.#ownId) {
          this.#own?.startAt(epoch, Number(head));
          this.#heads = null;
          return this.#toAll({ what: "tell", kind });
        }
        const having = this.#having(id);
        if (epoch === 0n && head === 0n) this.#drop(id);
        else this.#rooms.get(id)?.startAt(epoch, Number(head));
        return this.#tell(having, { what: "tell", kind });
      }
      case "heartbeat":
        return this.#heartbeat(kind.value);
      case "presence":
        for (const entry of kind.value.entries) this.#presence.set(bytesToId(entry.userId), entry);
        return this.#toAll({ what: "tell", kind });
      case "roomHeads":
        for (const head of kind.value.heads) this.#heads?.set(bytesToId(head.roomId), head);
        return this.#toAll({ what: "tell", kind });
      default:
        this.#toAll({ what: "tell", kind });
    }
  }

  #events(run: Events): void {
    const id = bytesToId(run.logId);
    const first = Number(run.firstSeq);
    const isOwn = id === this.#ownId;
    const reach = isOwn ? this.#own : this.#rooms.get(id);
    if (run.events.length > 0) reach?.came(run.epoch, { first, last: first + run.events.length - 1 });
    this.#heads = null;
    // Tabs that do not show the room count what is unread in it.
    this.#toAll({ what: "tell", kind: { case: "events", value: run } });
    if (!isOwn) return;
    for (const { body } of run.events) {
      if (body.case === "roomRemoved") this.#drop(bytesToId(body.value.roomId));
    }
  }

  /** The server speaks of all that is open here, a tab of what it has open itself. */
  #heartbeat({ digest, heads }: Heartbeat): void {
    const told = new Map(heads.map((head) => [bytesToId(head.logId), head]));
    const isProven = digest === this.#digestOf(this.#rooms.keys(), told);
    for (const [id, tab] of [...this.#tabs]) {
      const value = create(HeartbeatSchema, {
        digest: isProven ? this.#digestOf(tab.open, told) : 0n,
        heads,
      });
      this.#tell([id], { what: "tell", kind: { case: "heartbeat", value } });
    }
  }

  /** Over these rooms and the user's own log; positions that are told count before ours. */
  #digestOf(rooms: Iterable<string>, told?: ReadonlyMap<string, Position>): bigint {
    let digest = 0n;
    const add = (id: string, reach: Reach) => {
      const { epoch, seq } = told?.get(id) ?? reach;
      digest ^= positionDigest(id, epoch, Number(seq));
    };
    for (const id of rooms) {
      const reach = this.#rooms.get(id);
      if (reach !== undefined) add(id, reach);
    }
    if (this.#own !== null) add(this.#ownId, this.#own);
    return digest;
  }

  // ---- towards the tabs ----

  /** A tab begins, or begins anew, from where it stands. */
  hello(id: string, resume: readonly ResumePosition[]): void {
    this.bye(id);
    this.#tabs.set(id, { open: new Set(), focus: null, watched: [], away: false });
    let own: Reach | null = null;
    for (const { logId, epoch = 0n, seq = 0n } of resume) {
      const log = bytesToId(logId as Uint8Array);
      if (log === this.#ownId) own = new Reach(epoch, Number(seq));
      else this.#follow(id, log, epoch, Number(seq));
    }
    if (this.#session !== null) {
      this.#welcome(id);
      if (own !== null) void this.#catchUp(id, own);
    } else if (own !== null) {
      this.#own ??= own;
      if (this.#own.epoch === own.epoch) this.#own.lowerTo(own.seq);
    }
  }

  bye(id: string): void {
    const tab = this.#tabs.get(id);
    if (tab === undefined) return;
    this.#tabs.delete(id);
    for (const room of tab.open) this.#closeIfUnused(room);
    if (tab.focus !== null) this.#sayFocus();
    if (tab.watched.length > 0) this.#watch();
    this.#sayAway();
  }

  /** A frame from a tab. */
  receive(id: string, kind: ClientKind): void {
    const tab = this.#tabs.get(id);
    if (tab === undefined) return;
    switch (kind.case) {
      case "request":
        return this.#request(id, tab, kind.value);
      case "focus": {
        const { roomId } = kind.value;
        tab.focus = roomId === undefined || roomId.length === 0 ? null : bytesToId(roomId);
        // The tab that spoke last is the one that is looked at.
        this.#tabs.delete(id);
        this.#tabs.set(id, tab);
        return this.#sayFocus();
      }
      case "heartbeat": {
        const digest = this.#digestOf(tab.open);
        if (this.#session === null || kind.value.digest === digest) return;
        const heads = this.resume() as Position[];
        const value = create(HeartbeatSchema, { digest, heads });
        return this.#tell([id], { what: "tell", kind: { case: "heartbeat", value } });
      }
      case "watchPresence": {
        tab.watched = (kind.value.userIds ?? []).map(bytesToId);
        // Who is watched already is not told of again.
        const entries = tab.watched.flatMap((person) => this.#presence.get(person) ?? []);
        const value = create(PresenceSchema, { entries });
        if (entries.length > 0) this.#tell([id], { what: "tell", kind: { case: "presence", value } });
        return this.#watch();
      }
      case "setPresence":
        tab.away = kind.value.state === PresenceState.AWAY;
        return this.#sayAway();
      default:
        this.#session?.send(kind);
    }
  }

  /** All who are on screen in any tab, those of the tab that spoke last first. */
  #watch(): void {
    const inMs = Math.max(0, this.#watchedAt + WATCH_EVERY_MS - performance.now());
    this.#watchTimer ??= setTimeout(() => {
      this.#watchTimer = undefined;
      const tabs = [...this.#tabs.values()].reverse();
      const people = [...new Set(tabs.flatMap(({ watched }) => watched))].slice(0, WATCHED).sort();
      if (this.#session === null || people.join() === this.#watching) return;
      this.#watching = people.join();
      this.#watchedAt = performance.now();
      for (const id of this.#presence.keys()) if (!people.includes(id)) this.#presence.delete(id);
      this.#session.send({ case: "watchPresence", value: { userIds: people.map(idToBytes) } });
    }, inMs);
  }

  /** Whoever uses one tab is there. */
  #sayAway(): void {
    const away = this.#tabs.size > 0 && [...this.#tabs.values()].every((tab) => tab.away);
    if (away === this.#isAway) return;
    this.#isAway = away;
    const state = away ? PresenceState.AWAY : PresenceState.ONLINE;
    this.#session?.send({ case: "setPresence", value: { state } });
  }

  #request(id: string, tab: Tab, { requestId, body }: RequestKind): void {
    const session = this.#session;
    const name = bytesToId(requestId as Uint8Array);
    if (session === null || body === undefined || body.case === undefined) {
      return this.#tell([id], { what: "lost", requestId: name });
    }
    let asked = body as RequestBody;
    let refused = () => {};
    if (body.case === "open") {
      const { roomId, epoch = 0n, afterSeq = 0n } = body.value as OpenBody;
      const room = bytesToId(roomId as Uint8Array);
      const again = tab.open.has(room);
      const covered = this.#covers(room, epoch, Number(afterSeq));
      const reach = this.#note(tab, room, epoch, Number(afterSeq));
      // Whoever opens a room again misses something: it is asked for.
      if (covered && !again) return this.#reply(id, name, { case: "ok", value: { epoch, seq: afterSeq } });
      // From where all have it: the opening ends what is on its way to another tab.
      if (reach.epoch === epoch) {
        asked = { case: "open", value: { roomId: idToBytes(room), epoch, afterSeq: BigInt(reach.seq) } };
      }
      refused = () => {
        tab.open.delete(room);
        if (this.#having(room).length === 0) this.#rooms.delete(room);
      };
    } else if (body.case === "close") {
      const room = bytesToId((body.value as OpenBody).roomId as Uint8Array);
      tab.open.delete(room);
      if (this.#having(room).length > 0) return this.#reply(id, name, { case: "ok", value: {} });
      this.#rooms.delete(room);
    }
    session.request(name, asked).then(
      (ok) => this.#reply(id, name, { case: "ok", value: ok }),
      (cause: unknown) => {
        if (!(cause instanceof Refused)) return this.#tell([id], { what: "lost", requestId: name });
        refused();
        const { code, message, retryAfterMs } = cause;
        this.#reply(id, name, { case: "error", value: { code, message, retryAfterMs } });
      },
    );
  }

  #reply(id: string, requestId: string, result: MessageInitShape<typeof ReplySchema>["result"]): void {
    const value = create(ReplySchema, { requestId: idToBytes(requestId), result });
    this.#tell([id], { what: "tell", kind: { case: "reply", value } });
  }

  #welcome(id: string): void {
    const tab = this.#tabs.get(id);
    if (this.#session === null || tab === undefined) return;
    const { welcome } = this.#session;
    const value: Welcome = { ...welcome, heads: [...(this.#heads?.values() ?? [])] };
    if (this.#own !== null) {
      const { epoch, seq } = this.#own;
      value.userLog = create(PositionSchema, { logId: idToBytes(this.#ownId), epoch, seq: BigInt(seq) });
    }
    const kind: ServerKind = { case: "welcome", value };
    this.#tell([id], { what: "welcome", kind, isCurrent: this.#heads !== null, open: [...tab.open] });
  }

  /** Opens a room for a tab that says where it stands. */
  #follow(id: string, room: string, epoch: bigint, seq: number): void {
    const tab = this.#tabs.get(id);
    if (tab === undefined) return;
    const covered = this.#covers(room, epoch, seq);
    this.#note(tab, room, epoch, seq);
    if (!covered) this.#open(room, epoch, seq);
  }

  /** Everything after this position comes to all tabs anyhow. */
  #covers(room: string, epoch: bigint, seq: number): boolean {
    const reach = this.#rooms.get(room);
    return reach !== undefined && reach.epoch === epoch && reach.seq <= seq;
  }

  /** The tab has the room open from now on, and everything after this position is yet to come. */
  #note(tab: Tab, room: string, epoch: bigint, seq: number): Reach {
    tab.open.add(room);
    const reach = this.#rooms.get(room) ?? new Reach(epoch, seq);
    this.#rooms.delete(room);
    this.#makeRoom();
    this.#rooms.set(room, reach);
    if (reach.epoch === epoch) reach.lowerTo(seq);
    return reach;
  }

  /** One more must fit: what was opened longest ago gives way, unless it is looked at. */
  #makeRoom(): void {
    const most = this.#session?.welcome.limits?.openLogs || ROOMS_OPEN;
    if (this.#rooms.size < most) return;
    const looked = new Set([...this.#tabs.values()].map(({ focus }) => focus));
    const room = [...this.#rooms.keys()].find((candidate) => !looked.has(candidate));
    if (room === undefined) return;
    const having = this.#having(room);
    this.#drop(room);
    this.#close(room);
    this.#tell(having, { what: "closed", roomId: room });
  }

  #open(room: string, epoch: bigint, seq: number): void {
    const value = { roomId: idToBytes(room), epoch, afterSeq: BigInt(seq) };
    this.#session?.request(newId(), { case: "open", value }).catch((cause: unknown) => {
      if (!(cause instanceof Refused)) return;
      const having = this.#having(room);
      this.#drop(room);
      if (cause.code === ErrorCode.NOT_FOUND || cause.code === ErrorCode.FORBIDDEN) {
        // As the server says it of what was resumed (PROTOCOL 2.5).
        const gone = create(ResetSchema, { logId: idToBytes(room) });
        this.#tell(having, { what: "tell", kind: { case: "reset", value: gone } });
      } else this.#tell(having, { what: "closed", roomId: room });
    });
  }

  #close(room: string): void {
    this.#session?.request(newId(), { case: "close", value: { roomId: idToBytes(room) } }).catch(() => {
      // With the session its open logs are gone too.
    });
  }

  #closeIfUnused(room: string): void {
    if (this.#having(room).length > 0 || !this.#rooms.delete(room)) return;
    this.#close(room);
  }

  /** No tab has the room open any more. */
  #drop(room: string): void {
    this.#rooms.delete(room);
    for (const tab of this.#tabs.values()) tab.open.delete(room);
  }

  #having(room: string): string[] {
    return [...this.#tabs].filter(([, tab]) => tab.open.has(room)).map(([id]) => id);
  }

  /** The user's own log cannot be opened from a position: what a tab lacks of it is fetched. */
  async #catchUp(id: string, from: Reach): Promise<void> {
    const own = this.#own;
    if (own === null) return;
    const logId = idToBytes(this.#ownId);
    if (own.epoch !== from.epoch) {
      const value = create(ResetSchema, { logId, epoch: own.epoch, head: BigInt(own.seq) });
      return this.#tell([id], { what: "tell", kind: { case: "reset", value } });
    }
    let after = from.seq;
    while (after < own.seq) {
      const body = { logId, from: { case: "afterSeq" as const, value: BigInt(after) } };
      const ok = await this.#session?.request(newId(), { case: "fetch", value: body }).catch(() => null);
      const run = ok?.events;
      if (run === undefined || run.events.length === 0) return;
      this.#tell([id], { what: "tell", kind: { case: "events", value: run } });
      after = Number(run.firstSeq) + run.events.length - 1;
    }
  }

  #sayFocus(): void {
    const focus = [...this.#tabs.values()].findLast((tab) => tab.focus !== null)?.focus ?? null;
    const roomId = focus === null ? new Uint8Array(0) : idToBytes(focus);
    this.#session?.send({ case: "focus", value: { roomId } });
  }

  #toAll(message: Tell): void {
    this.#tell([...this.#tabs.keys()], message);
  }
}
