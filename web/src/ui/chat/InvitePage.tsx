import { newId } from "parlor-client/net/id";
import { Problem } from "parlor-client/net/rest";
import { useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { reasonOf, useStore, useT } from "../hooks";
import { Invitation, useInvited } from "../Invitation";
import { useTitle } from "../title";
import { useChat } from "./context";
import { Page } from "./Page";

/** An invite link that somebody has opened; `joins` who has signed in for it. */
export default function InvitePage({ code, joins }: { code: string; joins: boolean }) {
  const t = useT();
  const { client } = useChat();
  const [, go] = useLocation();
  const { rooms } = useStore(client.rooms);
  const [invited, ask] = useInvited(code);
  const [joining, setJoining] = useState(false);
  const [error, setError] = useState<string | null>(null);
  // A retry after a lost answer uses the link once.
  const key = useRef(newId());
  const roomId = invited.status === "ready" ? invited.preview.room_id : null;
  const inside = rooms.some(({ id }) => id === roomId);

  const join = useCallback(async () => {
    setJoining(true);
    setError(null);
    try {
      await client.accept(code, key.current);
    } catch (cause) {
      const problem = cause instanceof Problem ? cause.code : null;
      if (problem === "NOT_FOUND") ask();
      else if (problem === "FORBIDDEN") setError(t("invite.banned"));
      else setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
    setJoining(false);
  }, [client, code, ask, t]);

  useTitle(t("invite.title"));
  useEffect(() => {
    // The link is a secret: it does not stay in the history.
    if (inside) go(`/rooms/${roomId}`, { replace: true });
  }, [inside, roomId, go]);
  const tried = useRef(false);
  useEffect(() => {
    if (!joins || roomId === null || tried.current) return;
    tried.current = true;
    void join();
  }, [joins, roomId, join]);

  return (
    <Page title={t("invite.title")}>
      <div className="flex min-h-full flex-col items-center justify-center gap-6 p-6 text-center">
        <Invitation invited={invited} onRetry={ask} />
        {invited.status === "ready" && (
          <button
            type="button"
            data-testid="accept-invite"
            className="button primary min-h-10 pointer-coarse:min-h-11"
            disabled={joining || inside}
            onClick={() => void join()}
          >
            {t(joining ? "room.joining" : "room.join")}
          </button>
        )}
        {invited.status === "gone" && (
          <Link href="/browse" className="button">
            {t("browse.title")}
          </Link>
        )}
        {error !== null && (
          <p role="alert" className="max-w-sm text-coral">
            {error}
          </p>
        )}
      </div>
    </Page>
  );
}
