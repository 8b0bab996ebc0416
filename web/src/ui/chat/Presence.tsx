import type { PersonPresence } from "parlor-client/sync/presence";
import { type RefObject, useEffect, useRef, useState } from "react";
import { type IntlShape, useIntl } from "react-intl";
import { type Translate, useStore, useT } from "../hooks";
import { useChat } from "./context";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How somebody is, as far as it is known; nothing is while there is no connection. */
export function usePresence(id: string): PersonPresence | undefined {
  const { client } = useChat();
  const known = useStore(client.presence);
  const { state } = useStore(client.connection);
  return state === "live" || state === "moving" ? known.get(id) : undefined;
}

/** Has the server asked about somebody while the element is on screen. */
function useWatched(element: RefObject<Element | null>, id: string): void {
  const { client } = useChat();
  const [onScreen, setOnScreen] = useState(false);
  useEffect(() => {
    const shown = element.current;
    if (shown === null) return;
    const observer = new IntersectionObserver(([entry]) => setOnScreen(entry?.isIntersecting === true));
    observer.observe(shown);
    return () => observer.disconnect();
  }, [element]);
  useEffect(() => (onScreen ? client.presence.watch([id]) : undefined), [client, id, onScreen]);
}

/** A dot for how somebody is, told by shape, colour and words; its place is kept
    while it is not known. */
export function PresenceDot({ id }: { id: string }) {
  const place = useRef<HTMLSpanElement>(null);
  useWatched(place, id);
  const t = useT();
  const presence = usePresence(id);
  return (
    <span
      ref={place}
      data-testid="presence"
      data-state={presence?.state}
      className="inline-flex size-[15px] flex-none items-center justify-center"
    >
      {presence !== undefined && <Dot state={presence.state} label={t(`presence.${presence.state}`)} />}
    </span>
  );
}

const COLOURS = { online: "text-accent", away: "text-amber", offline: "text-muted" } as const;

/** Full, half and hollow. */
function Dot({ state, label }: { state: PersonPresence["state"]; label: string }) {
  return (
    <svg viewBox="0 0 10 10" className={`size-2.5 ${COLOURS[state]}`} role="img" aria-label={label}>
      <title>{label}</title>
      {state === "online" && <circle cx="5" cy="5" r="4.5" fill="currentColor" />}
      {state !== "online" && (
        <circle cx="5" cy="5" r="3.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
      )}
      {state === "away" && <path d="M5 1.25a3.75 3.75 0 0 0 0 7.5z" fill="currentColor" />}
    </svg>
  );
}

/** How somebody is, in words: "away", or when last seen. Null where it is not known. */
export function usePresenceWords(id: string): string | null {
  const t = useT();
  const intl = useIntl();
  const presence = usePresence(id);
  const now = useMinute();
  return presence === undefined ? null : presenceWords(presence, now, t, intl);
}

export function presenceWords(
  { state, lastSeen }: PersonPresence,
  now: number,
  t: Translate,
  intl: Pick<IntlShape, "formatRelativeTime">,
): string {
  if (state !== "offline" || lastSeen === null) return t(`presence.${state}`);
  const ago = Math.max(now - lastSeen, MINUTE_MS);
  const [unit, ms] =
    ago < HOUR_MS
      ? (["minute", MINUTE_MS] as const)
      : ago < DAY_MS
        ? (["hour", HOUR_MS] as const)
        : (["day", DAY_MS] as const);
  return t("presence.lastSeen", { ago: intl.formatRelativeTime(-Math.floor(ago / ms), unit) });
}

/** The time, to the minute. */
function useMinute(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
