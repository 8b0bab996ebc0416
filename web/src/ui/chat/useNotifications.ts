import type { Client } from "parlor-client/sync/client";
import { useEffect, useLayoutEffect, useRef } from "react";
import { lead } from "../../worker/app";
import { useGist } from "../files/useGist";
import { useStore, useT } from "../hooks";
import type { Watch } from "./notifications";

/** Tells of new messages where nobody looks at them. */
export function useNotifications(client: Client, current: string | null, go: (path: string) => void): void {
  const t = useT();
  const gist = useGist();
  const where = useRef({ current, go, gist, t });
  const running = useRef<Watch | null>(null);
  // With the page itself: what comes just after somebody has left a room is told.
  useLayoutEffect(() => {
    where.current = { current, go, gist, t };
    running.current?.moved();
  }, [current, go, gist, t]);
  const path = useStore(lead);
  useEffect(() => {
    if (path === null) return;
    lead.set(null);
    go(path);
  }, [path, go]);
  useEffect(() => {
    let gone = false;
    import("./notifications").then(
      ({ watch }) => {
        if (gone) return;
        running.current = watch(client, {
          go: (path) => where.current.go(path),
          current: () => where.current.current,
          gist: (gist) => where.current.gist(gist),
          folded: () => where.current.t("timeline.folded"),
        });
      },
      // Offline there is nothing to tell of.
      () => {},
    );
    return () => {
      gone = true;
      running.current?.stop();
      running.current = null;
    };
  }, [client]);
}
