// What the wire numbers, by the names that REST has for it.
import {
  FileKind as WireFileKind,
  Notify as WireNotify,
  Role as WireRole,
} from "./gen/parlor/realtime/v1/realtime_pb.js";
import type { FileKind, Notify, Role } from "./rest.js";

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

/** What is not known here is offered to be kept, not shown. */
export function fileKindOf(kind: WireFileKind): FileKind {
  switch (kind) {
    case WireFileKind.IMAGE:
      return "image";
    case WireFileKind.VIDEO:
      return "video";
    case WireFileKind.AUDIO:
      return "audio";
    default:
      return "other";
  }
}
