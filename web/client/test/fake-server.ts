// The other side of a lane, for tests: speaks the protocol, and does what a
// test tells it to, at the moment the test tells it.
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type ClientFrame,
  ClientFrameSchema,
  type ErrorCode,
  type EventSchema,
  ServerFrameSchema,
  type WelcomeSchema,
} from "../src/net/gen/parlor/realtime/v1/realtime_pb.js";
import { idToBytes } from "../src/net/id.js";
import {
  LANES,
  type Lane,
  type LaneEvents,
  type LaneKind,
  type LaneTarget,
  type OpenLane,
} from "../src/net/lane.js";

export const USER = "11111111-1111-4111-8111-111111111111";
export const OTHER = "22222222-2222-4222-8222-222222222222";
export const ROOM = "33333333-3333-4333-8333-333333333333";
export const SESSION = "44444444-4444-4444-8444-444444444444";

export type ServerInit = NonNullable<MessageInitShape<typeof ServerFrameSchema>["kind"]>;
type WelcomeInit = MessageInitShape<typeof WelcomeSchema>;
type ClientCase = NonNullable<ClientFrame["kind"]["case"]>;
type ClientValue<C extends ClientCase> = Extract<ClientFrame["kind"], { case: C }>["value"];

/** One lane as the server sees it. */
export class FakePeer implements Lane {
  readonly received: ClientFrame["kind"][] = [];
  closedByClient = false;
  /** Nothing passes in either direction, and nobody is told. */
  cut = false;
  readonly kind: LaneKind;
  readonly target: LaneTarget;
  readonly #events: LaneEvents;
  readonly #server: FakeServer;

  constructor(server: FakeServer, target: LaneTarget, events: LaneEvents) {
    this.#server = server;
    this.kind = target.kind;
    this.target = target;
    this.#events = events;
  }

  // ---- what the client sees ----
  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.cut || this.closedByClient) return;
    const body = frame.subarray(frame.findIndex((byte) => byte < 0x80) + 1);
    const { kind } = fromBinary(ClientFrameSchema, body);
    this.received.push(kind);
    this.#server.received(this, kind);
  }
  sendDatagram(frame: Uint8Array<ArrayBuffer>): void {
    this.send(frame);
  }
  close(): void {
    this.closedByClient = true;
  }

  // ---- what the test does ----
  say(kind: ServerInit): void {
    if (this.cut || this.closedByClient) return;
    const bytes = toBinary(ServerFrameSchema, create(ServerFrameSchema, { kind }));
    this.#events.frame(fromBinary(ServerFrameSchema, bytes));
  }
  welcome(init: Partial<WelcomeInit> = {}): void {
    this.say({
      case: "welcome",
      value: {
        userId: idToBytes(USER),
        deviceId: new Uint8Array(16),
        sessionId: idToBytes(SESSION),
        heartbeatMs: 20_000,
        limits: { unansweredRequests: 32 },
        node: "test",
        userLog: { logId: idToBytes(USER), epoch: 1n, seq: 0n },
        ...init,
      } as WelcomeInit,
    });
  }
  ok(requestId: Uint8Array, seq = 0): void {
    this.say({
      case: "reply",
      value: { requestId, result: { case: "ok", value: { seq: BigInt(seq), epoch: 1n } } },
    });
  }
  refuse(requestId: Uint8Array, code: ErrorCode, retryAfterMs = 0): void {
    const error = { code, message: "no", retryAfterMs };
    this.say({ case: "reply", value: { requestId, result: { case: "error", value: error } } });
  }
  events(firstSeq: number, bodies: MessageInitShape<typeof EventSchema>[], logId = ROOM): void {
    const events = bodies.map((event, at) => ({
      seq: BigInt(firstSeq + at),
      atUs: BigInt(firstSeq + at) * 1_000_000n,
      actorId: idToBytes(OTHER),
      ...event,
    }));
    this.say({
      case: "events",
      value: { logId: idToBytes(logId), epoch: 1n, firstSeq: BigInt(firstSeq), events },
    });
  }
  /** The lane dies, and the browser says so. */
  die(): void {
    this.#events.closed(new Error("died"));
  }
  all<C extends ClientCase>(which: C): ClientValue<C>[] {
    return this.received.flatMap((kind) => (kind.case === which ? [kind.value as ClientValue<C>] : []));
  }
}

export class FakeServer {
  readonly peers: FakePeer[] = [];
  /** Lanes that swallow everything: the attempt neither works nor fails. */
  readonly void = new Set<LaneKind>();
  readonly refused = new Set<LaneKind>();
  autoWelcome = true;
  echo = true;
  onRequest: (peer: FakePeer, request: ClientValue<"request">) => void = (peer, { requestId }) =>
    peer.ok(requestId, 1);
  onHello: (peer: FakePeer) => void = (peer) => peer.welcome();

  readonly open: OpenLane = (target, events, signal) => {
    if (this.refused.has(target.kind)) return Promise.reject(new Error("refused"));
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (this.void.has(target.kind)) return;
      const peer = new FakePeer(this, target, events);
      this.peers.push(peer);
      resolve(peer);
    });
  };
  readonly openers: Record<LaneKind, OpenLane> = { webtransport: this.open, websocket: this.open };
  readonly targets: LaneTarget[] = LANES.map((kind) => ({
    kind,
    url: `test:${kind}`,
    certificateHashes: [],
  }));

  get last(): FakePeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error("nobody is connected");
    return peer;
  }

  received(peer: FakePeer, kind: ClientFrame["kind"]): void {
    if (kind.case === "hello" && this.autoWelcome) this.onHello(peer);
    else if (kind.case === "probe" && this.echo)
      peer.say({ case: "probe", value: { nonce: kind.value.nonce } });
    else if (kind.case === "request") this.onRequest(peer, kind.value);
  }
}
