import { Past } from "parlor-client/sync/past";
import { useCallback, useEffect, useRef, useState } from "react";
import { useT } from "../hooks";
import { useChat } from "./context";

type Seek = "looking" | "missing" | null;

/** How long it is said that a message is not there. */
const MISSING_MS = 6_000;

/** Brings a message into view, however far back it is: then a part of the room's past is shown
    in place of what is new. */
export function useSeek(id: string, setShown: (seq: number) => void) {
  const { client } = useChat();
  const [seeking, setSeeking] = useState<Seek>(null);
  const [past, setPast] = useState<Past | null>(null);
  const wanted = useRef(0);
  const seek = useCallback(
    async (seq: number) => {
      wanted.current = seq;
      if (past?.getSnapshot().entries.some((entry) => entry.seq === seq)) return setShown(seq);
      setSeeking("looking");
      const found = await client.find(id, seq);
      // Something else was asked for meanwhile.
      if (wanted.current !== seq) {
        if (found instanceof Past) client.leavePast(found);
        return;
      }
      setSeeking(found === null ? "missing" : null);
      if (found === null) return;
      setPast(found === "here" ? null : found);
      setShown(seq);
    },
    [client, id, past, setShown],
  );
  useEffect(() => {
    if (past === null) return;
    return () => client.leavePast(past);
  }, [client, past]);
  const toNewest = useCallback(() => {
    wanted.current = 0;
    setPast(null);
  }, []);
  useEffect(() => {
    if (seeking !== "missing") return;
    const timer = setTimeout(() => setSeeking(null), MISSING_MS);
    return () => clearTimeout(timer);
  }, [seeking]);
  return { seeking, seek, past, toNewest };
}

/** Says how a search for a message goes; where it takes no time, nothing. */
export function Seeking({ state }: { state: Seek }) {
  const t = useT();
  return (
    <div role="status" className="pointer-events-none relative z-10 h-0">
      {state !== null && (
        <p
          data-testid={`message-${state}`}
          className={`absolute inset-x-4 bottom-3 mx-auto w-fit rounded-md border border-line bg-surface px-3 py-1.5 ${state === "looking" ? "late text-muted" : "text-coral"}`}
        >
          {t(`seek.${state}`)}
        </p>
      )}
    </div>
  );
}
