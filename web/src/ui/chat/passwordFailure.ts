import { Problem } from "parlor-client/net/rest";
import { reasonOf, type Translate } from "../hooks";

/** Why something did not work that one's password was asked for, in words. */
export function passwordFailure(cause: unknown, t: Translate): string {
  if (cause instanceof Problem && cause.code === "BAD_CREDENTIALS") return t("password.wrong");
  if (cause instanceof Problem && cause.code === "RATE_LIMITED")
    return t("auth.error.RATE_LIMITED", { seconds: Math.max(1, cause.retryAfterSeconds) });
  return t("edit.error", { detail: reasonOf(cause, t) });
}
