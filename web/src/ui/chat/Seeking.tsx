import { Past } from "parlor-client/sync/past";
import { useCallback, useEffect, useRef, useState } from "react";
import { useT } from "../hooks";
import { useChat } from "./context";

type Seek = "looking" | "missing" | null;

/** How long it is said that a message is not there. */
const MISSING_MS = 6_000;

/** Brings a message into view, however far back it is: then a part of the room's past is shown
    in place of what is new. `place` names what is on screen, and is another one whenever that is
    another part of the room. */
export function useSeek(id: string, setShown: (seq: number) => void) {
  const { client } = useChat();
  const [seeking, setSeeking] = useState<Seek>(null);
  const [past, setPast] = useState<Past | null>(null);
  const [place, setPlace] = useState("newest");
  const wanted = useRef(0);
  const seek = useCallback(
    async (seq: number) => {
      wanted.current = seq;
      if (past?.getSnapshot().entries.some((entry) => entry.seq === seq)) return setShown(seq);
      setSeeking("looking");
      const found = await client.history.find(id, seq);
      // Something else was asked for meanwhile.
      if (wanted.current !== seq) {
        if (found instanceof Past) client.history.leave(found);
        return;
      }
      setSeeking(found === null ? "missing" : null);
      if (found === null) return;
      // What has become a part of the room as it is stays on screen as it is.
      if (found !== "here" || past !== null) setPlace(found === "here" ? "newest" : `past ${seq}`);
      setPast(found === "here" ? null : found);
      setShown(seq);
    },
    [client, id, past, setShown],
  );
  useEffect(() => {
    if (past === null) return;
    const joins = () => past.getSnapshot().joined && setPast(null);
    joins();
    const unsubscribe = past.subscribe(joins);
    return () => {
      unsubscribe();
      client.history.leave(past);
    };
  }, [client, past]);
  const toNewest = useCallback(() => {
    wanted.current = 0;
    setPast(null);
    setPlace("newest");
  }, []);
  useEffect(() => {
    if (seeking !== "missing") return;
    const timer = setTimeout(() => setSeeking(null), MISSING_MS);
    return () => clearTimeout(timer);
  }, [seeking]);
  return { seeking, seek, past, place, toNewest };
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
