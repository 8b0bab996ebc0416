import { Hash } from "lucide-react";
import type { Room } from "parlor-client/net/rest";
import { useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { reasonOf, takeFocus, useStore, useT } from "../hooks";
import { useTitle } from "../title";
import { useChat } from "./context";
import { Notice, Page } from "./Page";

/** Between keys of somebody who types; the server is asked after this pause. */
const PAUSE_MS = 150;

interface State {
  status: "loading" | "ready" | "error";
  /** What the rooms below were found by; empty for all of them. */
  text: string;
  rooms: Room[];
  cursor: string | null;
}

/** The public rooms, to look around and join. */
export default function Directory() {
  const t = useT();
  const { client, show } = useChat();
  const { lane } = useStore(client.connection);
  const [state, setState] = useState<State>({ status: "loading", text: "", rooms: [], cursor: null });
  const [filter, setFilter] = useState("");
  // Rooms are written with a leading #.
  const text = filter.trim().replace(/^#\s*/, "");
  const wanted = useRef(text);
  wanted.current = text;
  const live = lane !== null;

  const load = useCallback(
    async (text: string, cursor: string | null) => {
      setState((before) => ({ ...before, status: before.rooms.length === 0 ? "loading" : before.status }));
      try {
        const page = await client.api.publicRooms(text, cursor);
        // An answer to what was typed before is of no use any more.
        if (text !== wanted.current) return;
        setState((before) => ({
          status: "ready",
          text,
          rooms: cursor === null ? page.items : [...before.rooms, ...page.items],
          cursor: page.next_cursor,
        }));
      } catch {
        if (text !== wanted.current) return;
        // What is there of the same search is better than nothing.
        setState((before) =>
          before.rooms.length > 0 && before.text === text
            ? before
            : { status: "error", text, rooms: [], cursor: null },
        );
      }
    },
    [client],
  );
  useTitle(t("browse.title"));
  // Again with every new connection: what failed offline is there now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: live is the reason to load again
  useEffect(() => {
    if (text === "") return void load(text, null);
    const timer = setTimeout(() => void load(text, null), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [load, live, text]);

  return (
    <Page title={t("browse.title")}>
      {state.status === "error" && text === "" ? (
        <Notice title={t("browse.error")} text={live ? undefined : t("conn.offline.hint")}>
          <button type="button" className="button" onClick={() => void load(text, null)}>
            {t("retry")}
          </button>
        </Notice>
      ) : (
        <div className="mx-auto max-w-3xl p-6 max-md:p-4">
          <input
            ref={takeFocus}
            type="search"
            className="field mb-4"
            placeholder={t("browse.find")}
            aria-label={t("browse.find")}
            maxLength={80}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
          {state.status === "error" && (
            <div role="alert">
              <p>{t("browse.error")}</p>
              <button type="button" className="button mt-3" onClick={() => void load(text, null)}>
                {t("retry")}
              </button>
            </div>
          )}
          {state.status === "loading" && (
            <div className="grid gap-6 py-4" aria-hidden="true">
              {["55%", "70%", "40%"].map((width) => (
                <div key={width} className="skeleton h-4" style={{ width }} />
              ))}
            </div>
          )}
          {state.status === "ready" && state.rooms.length === 0 && (
            <p className="py-6 text-center text-muted" role="status">
              {t(state.text === "" ? "browse.empty" : "browse.noMatch")}
            </p>
          )}
          <ul className="divide-y divide-line">
            {state.rooms.map((room) => (
              <DirectoryItem key={room.id} room={room} />
            ))}
          </ul>
          <button
            type="button"
            data-testid="deleted-rooms"
            className="link mt-6 min-h-8 text-sm"
            onClick={() => show("deletedRooms")}
          >
            {t("deleted.title")}
          </button>
          {state.cursor !== null && (
            <button type="button" className="button mt-4" onClick={() => void load(state.text, state.cursor)}>
              {t("browse.more")}
            </button>
          )}
        </div>
      )}
    </Page>
  );
}

function DirectoryItem({ room }: { room: Room }) {
  const t = useT();
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const [, go] = useLocation();
  const [joining, setJoining] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const inside = rooms.some(({ id }) => id === room.id);

  async function join() {
    setJoining(true);
    setError(null);
    try {
      client.admit(await client.api.joinRoom(room.id));
      go(`/rooms/${room.id}`);
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
      setJoining(false);
    }
  }

  return (
    <li data-testid="directory-item" data-room-id={room.id} className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1">
        <h2 className="flex items-center gap-1.5 font-semibold">
          <Hash size={15} className="flex-none text-muted" aria-hidden="true" />
          <span className="truncate">{room.name}</span>
          <span className="label flex-none font-normal">{t("room.people", { count: room.members })}</span>
        </h2>
        {room.topic !== "" && <p className="truncate text-muted">{room.topic}</p>}
        {error !== null && (
          <p role="alert" className="text-coral text-sm">
            {error}
          </p>
        )}
      </div>
      {inside ? (
        <Link href={`/rooms/${room.id}`} className="button">
          {t("browse.open")}
        </Link>
      ) : (
        <button type="button" data-testid="join-room" className="button" disabled={joining} onClick={join}>
          {t(joining ? "room.joining" : "room.join")}
        </button>
      )}
    </li>
  );
}
