// What a session needs of the lane it travels on.
import type { ServerFrame } from "./gen/parlor/realtime/v1/realtime_pb.js";

export type LaneKind = "webtransport" | "websocket";
export const LANES: readonly LaneKind[] = ["webtransport", "websocket"];

/** Where a lane begins, as `GET /api/v1/server` names it. */
export interface LaneTarget {
  kind: LaneKind;
  url: string;
  /** SHA-256 of each certificate that is good now; empty for a public one. */
  certificateHashes: Uint8Array<ArrayBuffer>[];
}

export interface LaneEvents {
  frame(frame: ServerFrame): void;
  /** Called once, when nothing more can come or go. */
  closed(cause: unknown): void;
}

export interface Lane {
  readonly kind: LaneKind;
  /** Sends one whole frame in order after those before it. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** Sends one whole frame that may be lost, where the lane can do so. */
  sendDatagram(frame: Uint8Array<ArrayBuffer>): void;
  /** Says goodbye and lets go; `closed` is not called for it. */
  close(): void;
}

/** Rejects where the lane cannot be had; `signal` gives up waiting for it. */
export type OpenLane = (target: LaneTarget, events: LaneEvents, signal: AbortSignal) => Promise<Lane>;

/** True where this browser can try the lane at all. */
export function isSupported(kind: LaneKind): boolean {
  return kind === "websocket" ? "WebSocket" in globalThis : "WebTransport" in globalThis;
}
