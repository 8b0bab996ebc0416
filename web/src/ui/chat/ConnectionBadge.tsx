import type { ConnectionStatus } from "parlor-client/net/connection";
import { useEffect, useState } from "react";
import { type Translate, useStore, useT } from "../hooks";
import { useChat } from "./context";

/** Always the same place; text, shape and colour each say it alone. */
export function ConnectionBadge() {
  const t = useT();
  const { client, show } = useChat();
  const status = useStore(client.connection);
  const outbox = useStore(client.outbox);
  const seconds = useSeconds(status.state === "reconnecting" ? status.since : null);
  const away = status.state === "reconnecting" || status.state === "offline";
  const waiting = outbox.filter(({ state }) => state === "queued" || state === "sending").length;
  const shownState = status.state === "moving" ? "live" : status.state;

  return (
    <span
      data-testid="connection"
      data-lane={status.lane ?? "none"}
      data-state={shownState}
      className="flex items-center gap-1 text-[13px] whitespace-nowrap"
    >
      <button
        type="button"
        className={`flex min-h-8 pointer-coarse:min-h-11 items-center gap-1.5 rounded-md px-2 tabular-nums hover:bg-tint ${tone(status)} ${status.state === "connecting" ? "late" : ""}`}
        title={status.fallback === null ? t("conn.details") : t(`conn.why.${status.fallback}`)}
        onClick={() => show("connection")}
      >
        <Shape status={status} />
        <span>
          {words(status, t)}
          {/* On a phone the name of the room needs the place. */}
          {status.state === "reconnecting" && (
            <span className="max-md:sr-only">{t("conn.seconds", { seconds })}</span>
          )}
        </span>
        {away && waiting > 0 && (
          <span className="text-muted max-md:hidden"> · {t("conn.waiting", { count: waiting })}</span>
        )}
      </button>
      {away && (
        <button
          type="button"
          className="link mx-1 pointer-coarse:min-h-11"
          onClick={() => client.connection.tryNow()}
        >
          {t("conn.tryNow")}
        </button>
      )}
    </span>
  );
}

function words(status: ConnectionStatus, t: Translate): string {
  switch (status.state) {
    case "live": {
      const lane = status.lane === "webtransport" ? "WT" : "WS";
      return status.rttMs === null ? lane : t("conn.ms", { lane, ms: Math.max(1, Math.round(status.rttMs)) });
    }
    case "moving":
      return t("conn.moving");
    case "connecting":
      return t("conn.connecting");
    case "reconnecting":
      return t("conn.reconnecting");
    case "offline":
      return t("conn.offline");
  }
}

function tone({ state, lane }: ConnectionStatus): string {
  if (state === "offline") return "text-coral";
  if (state === "live" && lane === "webtransport") return "text-muted";
  return state === "connecting" ? "text-muted" : "text-amber";
}

/** Filled: WebTransport. Half: WebSocket. Ring: on the way. Hollow square: offline. */
function Shape({ status: { state, lane } }: { status: ConnectionStatus }) {
  const ring = { fill: "none", stroke: "currentColor", strokeWidth: 1.5 };
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" className="flex-none">
      {state === "offline" && <rect x="2" y="2" width="8" height="8" {...ring} />}
      {state === "live" && lane === "webtransport" && (
        <circle cx="6" cy="6" r="4.5" className="fill-accent" />
      )}
      {state === "live" && lane === "websocket" && (
        <>
          <circle cx="6" cy="6" r="4" {...ring} />
          <path d="M6 2a4 4 0 0 0 0 8z" fill="currentColor" />
        </>
      )}
      {(state === "connecting" || state === "reconnecting" || state === "moving") && (
        <circle cx="6" cy="6" r="4" {...ring} strokeDasharray="18 7" className="turning origin-center" />
      )}
    </svg>
  );
}

/** Whole seconds since a moment, counted while there is one. */
export function useSeconds(since: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (since === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [since]);
  return since === null ? 0 : Math.max(0, Math.floor((now - since) / 1_000));
}
