// What the wire numbers, by the names that REST has for it.
import { Notify as WireNotify, Role as WireRole } from "./gen/parlor/realtime/v1/realtime_pb.js";
import type { Notify, Role } from "./rest.js";

/** What is not known here gives no rights. */
export function roleOf(role: WireRole): Role {
  if (role === WireRole.OWNER) return "owner";
  return role === WireRole.ADMIN ? "admin" : "member";
}

/** What is not known here keeps nothing back. */
export function notifyOf(notify: WireNotify): Notify {
  if (notify === WireNotify.NONE) return "none";
  return notify === WireNotify.MENTIONS ? "mentions" : "all";
}
