// What most programs need. Everything else is a path of its own: "parlor-client/sync/log".
export { Auth, type AuthState, SignedOut } from "./net/auth.js";
export type { ConnectionStatus } from "./net/connection.js";
export type { LaneKind } from "./net/lane.js";
export {
  type Member,
  type Message,
  Problem,
  type Role,
  type Room,
  type RoomSummary,
  Unreachable,
  type User,
  type Visibility,
} from "./net/rest.js";
export { Refused } from "./net/session.js";
export { type Readable, Store } from "./store.js";
export { Client, type ClientOptions } from "./sync/client.js";
export type { ChatMessage, Entry, SystemLine } from "./sync/log.js";
export type { Person } from "./sync/people.js";
export type { RoomEntry } from "./sync/rooms.js";
