import { waitingIn } from "parlor-client/sync/friends";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

/** How many wait for an answer to their request; nothing where nobody does. */
export function Waiting() {
  const t = useT();
  const { client } = useChat();
  const count = waitingIn(useStore(client.friends));
  if (count === 0) return null;
  return (
    <span
      data-testid="waiting-requests"
      className="text-xs font-semibold text-accent tabular-nums"
      role="img"
      aria-label={t("people.waiting", { count })}
      title={t("people.waiting", { count })}
    >
      {count > 99 ? "99+" : count}
    </span>
  );
}
