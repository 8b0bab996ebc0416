// What the tabs of one browser say to each other. They speak the realtime
// protocol: its frames pass between a tab and the one that holds the session.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ConnectionStatus } from "../connection.js";
import type { ClientKind, ServerKind } from "../frame.js";
import { ClientFrameSchema, ServerFrameSchema } from "../gen/parlor/realtime/v1/realtime_pb.js";

/** To the tab that leads. */
export type Ask =
  | { what: "ask"; kind: ClientKind }
  /** What a person, or the browser, wants of the connection itself. */
  | { what: "act"; act: Act }
  | { what: "ping" }
  | { what: "bye" };
export type Act = "tryNow" | "reconnect" | "upgrade" | "wake";

/** From the tab that leads. */
export type Tell =
  | { what: "leads" }
  | { what: "resigned" }
  | { what: "status"; status: ConnectionStatus }
  /** A session; `isCurrent`: its heads are how the rooms stand now. */
  | { what: "welcome"; kind: ServerKind; isCurrent: boolean; open: readonly string[] }
  | { what: "tell"; kind: ServerKind }
  /** The outcome of this request is unknown. */
  | { what: "lost"; requestId: string }
  /** The room was closed to make place for others. */
  | { what: "closed"; roomId: string }
  /** There is no session any more. */
  | { what: "ended" }
  | { what: "pong"; hiddenForMs: number };

/** One of them on its way. */
export interface Envelope {
  from: string;
  to: "all" | "leader" | readonly string[];
  /** Frames are bytes here, which every version of the app can read. */
  message: { what: string; kind?: Uint8Array };
}

export function sealAsk(message: Ask): Envelope["message"] {
  if (message.what !== "ask") return message;
  const frame = create(ClientFrameSchema, { kind: message.kind });
  return { ...message, kind: toBinary(ClientFrameSchema, frame) };
}

export function sealTell(message: Tell): Envelope["message"] {
  if (message.what !== "tell" && message.what !== "welcome") return message;
  const frame = create(ServerFrameSchema, { kind: message.kind });
  return { ...message, kind: toBinary(ServerFrameSchema, frame) };
}

export function openAsk(message: Envelope["message"]): Ask {
  if (message.kind === undefined) return message as Ask;
  return { ...message, kind: fromBinary(ClientFrameSchema, message.kind).kind } as Ask;
}

export function openTell(message: Envelope["message"]): Tell {
  if (message.kind === undefined) return message as Tell;
  return { ...message, kind: fromBinary(ServerFrameSchema, message.kind).kind } as Tell;
}
