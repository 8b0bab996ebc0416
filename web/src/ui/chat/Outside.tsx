import type { Room } from "parlor-client/net/rest";
import { useEffect, useState } from "react";
import { reasonOf, useT } from "../hooks";
import { useChat } from "./context";
import { Notice, Page } from "./Page";

/** A public room by its link, seen by somebody who has not joined it. */
export default function Outside({ id }: { id: string }) {
  const t = useT();
  const { client } = useChat();
  const [room, setRoom] = useState<Room | null>(null);
  const [joining, setJoining] = useState(false);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    let gone = false;
    client.api.room(id).then(
      (found) => {
        if (!gone) setRoom(found);
      },
      () => {},
    );
    return () => {
      gone = true;
    };
  }, [client, id]);

  async function join() {
    setJoining(true);
    setError(null);
    try {
      client.admit(await client.api.joinRoom(id));
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
      setJoining(false);
    }
  }

  return (
    <Page title={room === null ? t("app.name") : room.name}>
      <Notice title={t("room.outside")} text={room?.topic || undefined}>
        <button
          type="button"
          data-testid="join-room"
          className="button primary"
          disabled={joining}
          onClick={join}
        >
          {t(joining ? "room.joining" : "room.join")}
        </button>
        {error !== null && (
          <p role="alert" className="max-w-sm basis-full text-coral">
            {error}
          </p>
        )}
      </Notice>
    </Page>
  );
}
