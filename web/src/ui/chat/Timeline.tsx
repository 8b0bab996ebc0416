import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { gistOf } from "parlor-client/sync/attachments";
import { wordsOf } from "parlor-client/sync/forwards";
import type { Entry } from "parlor-client/sync/log";
import type { Past } from "parlor-client/sync/past";
import type { RoomState } from "parlor-client/sync/room";
import { buildRows, type MessageRow as MessageRowData, type Row } from "parlor-client/sync/rows";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { FormattedDate } from "react-intl";
import { heightOf } from "../files/boxes";
import { useGist } from "../files/useGist";
import { useEscape, useStore, useT } from "../hooks";
import { later } from "../later";
import { useLooking } from "../looking";
import { usePainted } from "../painted";
import { useChat, useNames } from "./context";
import { isFolded, useFolds } from "./folds";
import { DayLine, MessageRow, SystemRow, UnreadLine } from "./MessageRow";
import { onMessageKey, placeActs } from "./messageKeys";
import { Notice } from "./Page";

interface Props {
  id: string;
  editing: number | null;
  setEditing(seq: number | null): void;
  /** A message that shall be brought into view. */
  shown: number | null;
  setShown(seq: null): void;
  /** Brings a message into view, from wherever it is. */
  onJump(seq: number): void;
  /** The part of the room's past that is shown in place of what is new. */
  past: Past | null;
  /** Ends that. */
  onNewest(): void;
}

/** Near enough to the end to count as being there, in pixels. */
const END_SLACK = 48;
/** So many rows before the first or after the last that is in view there shall be more. */
const MORE_WITHIN_ROWS = 22;
/** Rows beyond the window that are drawn, at either end. */
const OVERSCAN = 6;
/** How long a message that was jumped to stands out. */
const MARKED_MS = 2_500;
/** Loaded soon after the first message. */
export const Forwarding = later(() => import("./Forwarding"), null);

const NONE: readonly never[] = [];
const CATCH_UP_MS = 4_000;
const PADDING_START = 56;
const PADDING_END = 8;
/** How large the last timeline was: the next one is as large, and begins with the rows in view. */
let sizeBefore = { width: 0, height: 0 };
const ESTIMATES: Record<Row["kind"], number> = { message: 30, system: 26, day: 44, unread: 32 };

export function Timeline({ id, editing, setEditing, shown, setShown, onJump, past, onNewest }: Props) {
  const t = useT();
  const names = useNames();
  const { client } = useChat();
  const view = past ?? client.view(id);
  const state = useStore(view);
  const outbox = useStore(client.outbox);
  const people = useStore(client.people);
  const { rooms } = useStore(client.rooms);
  const room = rooms.find((candidate) => candidate.id === id);
  const { divider, moreBefore, moreAfter } = state;
  // Who made a room of two, and that they are in it, goes without saying.
  const isDirect = room?.visibility === "direct";
  const entries = useMemo(
    () => (isDirect ? state.entries.filter(({ kind }) => kind === "message") : state.entries),
    [state.entries, isDirect],
  );

  const [forwarding, setForwarding] = useState<MessageRowData | null>(null);
  const folds = useFolds(id);
  const own = useMemo(() => outbox.filter(({ roomId }) => roomId === id), [outbox, id]);
  // They follow the newest, wherever that is.
  const pending = moreAfter ? NONE : own;
  const rows = useMemo(
    () => buildRows({ entries, pending, divider, moreBefore, me: client.user.id, blocked: folds }),
    [entries, pending, divider, moreBefore, client, folds],
  );

  // In a direct room the last own message that the other one has read says so.
  const privacy = useStore(client.privacy);
  const peerRead = isDirect && privacy?.read_marks === true ? (room?.peerReadSeq ?? 0) : 0;
  const markedSeq = useMemo(
    () =>
      entries.findLast(
        (entry) => entry.seq <= peerRead && entry.kind === "message" && entry.authorId === client.user.id,
      )?.seq ?? 0,
    [entries, peerRead, client],
  );

  // While a kept room catches up with what is unread, nothing moves yet.
  const lastSeq = entries[entries.length - 1]?.seq ?? 0;
  const headAtEntry = useRef(room?.head ?? 0);
  const [catchingUp, setCatchingUp] = useState(true);

  // Whoever reads a part of the past stays where they are when it becomes a part of the room.
  const wasPast = useRef(past !== null);

  const ready = state.status === "ready" && state.entered;
  // What is not in view, or is not seen before somebody points at it, comes once the rest is painted.
  const { painted, now: paintNow } = usePainted(ready);

  const scroller = useRef<HTMLDivElement>(null);
  // The same function for the same rows: with another one all of them are placed anew.
  const getItemKey = useCallback((index: number) => rows[index]?.key ?? index, [rows]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(rows[index]),
    getItemKey,
    initialRect: sizeBefore,
    initialOffset: () => Math.max(0, placeOf(rows, shown) - sizeBefore.height),
    anchorTo: "end",
    followOnAppend: !catchingUp && !wasPast.current,
    scrollEndThreshold: END_SLACK,
    overscan: painted ? OVERSCAN : 0,
    paddingStart: PADDING_START,
    paddingEnd: PADDING_END,
  });

  // A line above the reader that turns out higher or lower moves nothing in view.
  const measured = useRef(new Set<unknown>());
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = (item, _, { scrollOffset }) => {
    const first = !measured.current.has(item.key);
    measured.current.add(item.key);
    return (first ? item.start : item.end - 1) < (scrollOffset ?? 0);
  };

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null) sizeBefore = { width: element.offsetWidth, height: element.offsetHeight };
  });

  // Where reading begins: at what was asked for, at the divider where there is one, else at the end.
  const placed = useRef(false);
  const seenSeq = useRef(0);
  useLayoutEffect(() => {
    if (!ready || rows.length === 0) return;
    const unread = rows.findIndex((row) => row.kind === "unread");
    if (!placed.current) {
      placed.current = true;
      seenSeq.current = divider ?? lastSeq;
      const wanted = indexOf(rows, shown);
      if (wanted >= 0) virtualizer.scrollToIndex(wanted, { align: "center" });
      else if (unread >= 0) virtualizer.scrollToIndex(unread, { align: "start" });
      else virtualizer.scrollToEnd();
    }
    if (catchingUp && (divider === null || lastSeq >= headAtEntry.current)) {
      if (unread >= 0) virtualizer.scrollToIndex(unread, { align: "start" });
      setCatchingUp(false);
    }
  }, [ready, rows, divider, lastSeq, catchingUp, shown, virtualizer]);
  useEffect(() => {
    // Events that show nothing may be the last ones; waiting ends all the same.
    const timer = setTimeout(() => setCatchingUp(false), CATCH_UP_MS);
    return () => clearTimeout(timer);
  }, []);

  const [marked, setMarked] = useState<number | null>(null);
  // What was asked for comes into the middle, and has the focus.
  useEffect(() => {
    if (shown === null) return;
    const index = indexOf(rows, shown);
    if (index < 0) return;
    virtualizer.scrollToIndex(index, { align: "center" });
    setMarked(shown);
    const frame = requestAnimationFrame(() => {
      scroller.current?.querySelector<HTMLElement>(`[data-seq="${shown}"]`)?.focus();
      setShown(null);
    });
    return () => cancelAnimationFrame(frame);
  }, [shown, setShown, rows, virtualizer]);
  useEffect(() => {
    if (marked === null) return;
    const timer = setTimeout(() => setMarked(null), MARKED_MS);
    return () => clearTimeout(timer);
  }, [marked]);

  const [atEnd, setAtEnd] = useState(false);
  const [end] = useState({ near: false, height: 0, top: 0 });
  const noteEnd = useCallback(() => {
    const element = scroller.current;
    if (element === null || !placed.current) return;
    const { scrollHeight, clientHeight } = element;
    // The line below took or gave room, and nobody went elsewhere: who is at the end stays there.
    if (end.near && clientHeight !== end.height && element.scrollTop === end.top)
      element.scrollTop = scrollHeight;
    end.height = clientHeight;
    end.top = element.scrollTop;
    end.near = scrollHeight - end.top - clientHeight <= END_SLACK;
    setAtEnd(end.near);
  }, [end]);
  // After every render, since heights are measured between them.
  useLayoutEffect(noteEnd);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what scrolls may come later
  useEffect(() => {
    if (scroller.current === null) return;
    const observer = new ResizeObserver(noteEnd);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [noteEnd, ready]);

  // One's own line is always shown, wherever one was reading; what is done to others moves nothing.
  const lastOwn = own.findLast(({ body: { what } }) => what === "post" || what === "forward")?.requestId;
  const ownBefore = useRef(lastOwn);
  useLayoutEffect(() => {
    if (lastOwn !== undefined && lastOwn !== ownBefore.current) {
      if (past === null) virtualizer.scrollToEnd();
      else onNewest();
    }
    ownBefore.current = lastOwn;
  }, [lastOwn, past, onNewest, virtualizer]);

  useEffect(() => {
    if (past !== null || !wasPast.current) return;
    wasPast.current = false;
    // What follows was there before.
    seenSeq.current = divider ?? lastSeq;
  }, [past, divider, lastSeq]);

  // Read is what was on screen at the end while somebody could look at it.
  const looking = useLooking();
  useEffect(() => {
    if (!ready || !placed.current || catchingUp || past !== null) return;
    if (looking && atEnd) {
      seenSeq.current = lastSeq;
      client.markRead(id, lastSeq);
    } else if (!looking && lastSeq > seenSeq.current && (divider ?? 0) < seenSeq.current) {
      // Nobody is looking: what comes now is new when somebody comes back.
      view.note({ divider: seenSeq.current });
    }
  }, [client, id, view, past, ready, atEnd, looking, catchingUp, divider, lastSeq]);
  const newer = atEnd || past !== null ? 0 : newerThan(entries, seenSeq.current, client.user.id);

  // Older lines come before the reader reaches the top, newer ones before the end. Where one is
  // the element tells: while a place is gone to, the rows that are drawn are still those before.
  const items = virtualizer.getVirtualItems();
  const firstIndex = items[0]?.index ?? 0;
  const lastIndex = items.at(-1)?.index ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is another place with other rows
  useEffect(() => {
    const element = scroller.current;
    if (element === null || !placed.current) return;
    const { scrollTop, clientHeight } = element;
    const top = virtualizer.getVirtualItemForOffset(scrollTop)?.index ?? 0;
    if (moreBefore && state.older === "idle" && top < MORE_WITHIN_ROWS) {
      void (past ?? client.history).loadOlder(id);
    }
    const bottom = virtualizer.getVirtualItemForOffset(scrollTop + clientHeight)?.index ?? 0;
    if (moreAfter && state.newer === "idle" && bottom >= rows.length - MORE_WITHIN_ROWS) {
      void past?.loadNewer();
    }
  }, [client, id, past, moreBefore, moreAfter, state.older, state.newer, firstIndex, lastIndex, rows.length]);

  // Esc reads everything and jumps to the newest.
  useEscape(() => {
    if (past !== null) return onNewest();
    view.note({ divider: null, held: false });
    client.markRead(id, lastSeq);
    virtualizer.scrollToEnd();
  });

  const topRow = rows[virtualizer.getVirtualItemForOffset(virtualizer.scrollOffset ?? 0)?.index ?? 0];
  const topAt = topRow === undefined ? null : timeOf(topRow);

  if (state.status === "error") {
    return (
      <div className="min-h-0 flex-1">
        <Notice title={t(state.error === "offline" ? "room.unreachable" : "room.refused")}>
          <button type="button" className="button" onClick={() => void (past ?? client).reload(id)}>
            {t("retry")}
          </button>
          {past !== null && (
            <button type="button" className="button" onClick={onNewest}>
              {t("past.newest")}
            </button>
          )}
        </Notice>
      </div>
    );
  }

  const name = room?.name ?? "";
  // A feed is made of articles: before the first of them there is none.
  const feed = rows.length > 0 && {
    role: "feed",
    "aria-label": t("timeline.label", { name }),
    "aria-busy": state.older === "loading",
  };
  return (
    <section aria-label={t("timeline.label", { name })} className="ruled relative min-h-0 flex-1">
      {state.status === "loading" && <GreyLines />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are for the messages in it */}
      <div
        ref={scroller}
        data-testid="timeline"
        data-landmark
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget }) => {
          noteEnd();
          placeActs(currentTarget);
        }}
        onKeyDown={(event) => {
          // Keys do what buttons do, which may not be drawn yet.
          if (!painted) paintNow();
          onMessageKey(event);
        }}
        onFocus={({ currentTarget }) => placeActs(currentTarget)}
        className="h-full overflow-y-auto overflow-x-hidden overscroll-contain [overflow-anchor:none]"
      >
        <div {...feed} className="relative flex min-h-full flex-col">
          <div className="relative mt-auto w-full flex-none" style={{ height: virtualizer.getTotalSize() }}>
            {ready && (
              <Beginning
                moreBefore={moreBefore}
                older={state.older}
                empty={rows.length === 0}
                archived={room?.archived === true}
                onRetry={() => {
                  view.note({ older: "idle" });
                  void (past ?? client.history).loadOlder(id);
                }}
              />
            )}
            {items.map((item) => {
              const row = rows[item.index];
              if (row === undefined) return null;
              return (
                <div
                  key={item.key}
                  ref={virtualizer.measureElement}
                  data-index={item.index}
                  className={`absolute inset-x-0 top-0 transition-colors duration-700 ${row.kind === "message" && row.seq === marked ? "bg-tint" : ""}`}
                  data-marked={row.kind === "message" && row.seq === marked ? "" : undefined}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  {row.kind === "day" && <DayLine at={row.at} />}
                  {row.kind === "unread" && <UnreadLine />}
                  {row.kind === "system" && <SystemRow line={row.line} names={names} />}
                  {row.kind === "message" && (
                    <MessageRow
                      row={row}
                      name={names(row.authorId)}
                      author={people.get(row.authorId)}
                      mine={row.authorId === client.user.id}
                      mayDelete={
                        row.authorId === client.user.id || room?.role === "owner" || room?.role === "admin"
                      }
                      frozen={room?.archived !== false}
                      withActs={painted}
                      readByPeer={row.seq > 0 && row.seq === markedSeq}
                      editing={editing === row.seq && row.seq > 0}
                      roomId={id}
                      setEditing={setEditing}
                      onForward={setForwarding}
                      onJump={onJump}
                    />
                  )}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {ready && !atEnd && topAt !== null && topRow?.kind !== "day" && (
        <div
          className="label pointer-events-none absolute inset-x-0 top-0 flex justify-center"
          aria-hidden="true"
        >
          <span className="rounded-b-md border border-t-0 border-line bg-ground px-3 py-1">
            <FormattedDate value={topAt} weekday="long" day="numeric" month="long" />
          </span>
        </div>
      )}
      {ready && past !== null && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center px-3">
          <div
            role="status"
            className="pointer-events-auto flex items-center gap-3 rounded-full border border-line bg-surface py-1 ps-4 pe-1"
          >
            <span className="text-muted text-sm">
              {t(state.newer === "error" ? "past.error" : "past.hint")}
            </span>
            {state.newer === "error" && (
              <button type="button" className="link text-sm" onClick={() => void past.loadNewer()}>
                {t("retry")}
              </button>
            )}
            <button
              type="button"
              data-testid="to-newest"
              className="button rounded-full border-accent text-accent"
              onClick={onNewest}
            >
              {t("past.newest")}
              <ArrowDown size={15} aria-hidden="true" />
            </button>
          </div>
        </div>
      )}
      {ready && past === null && !atEnd && rows.length > 0 && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <button
            type="button"
            className={`button pointer-events-auto rounded-full ${newer > 0 ? "border-accent text-accent" : ""}`}
            aria-label={newer > 0 ? undefined : t("timeline.toEnd")}
            onClick={() => virtualizer.scrollToEnd()}
          >
            {newer > 0 && t("timeline.newer", { count: newer })}
            <ArrowDown size={15} aria-hidden="true" />
          </button>
        </div>
      )}
      <Announcer rows={rows} folds={folds} names={names} me={client.user.id} />
      {forwarding !== null && <Forwarding row={forwarding} roomId={id} onClose={() => setForwarding(null)} />}
    </section>
  );
}

/** Down to where reading begins, in pixels, as far as one can tell before anything is drawn: to the end
    of the screen that the line asked for or the first unread one is in the middle or at the top of. */
function placeOf(rows: readonly Row[], shown: number | null): number {
  const height = (of: readonly Row[]) => of.reduce((sum, row) => sum + estimate(row), 0);
  const wanted = indexOf(rows, shown);
  if (wanted >= 0) return height(rows.slice(0, wanted)) + sizeBefore.height / 2;
  const unread = rows.findIndex(({ kind }) => kind === "unread");
  if (unread >= 0) return height(rows.slice(0, unread)) + sizeBefore.height;
  return height(rows) + PADDING_START + PADDING_END;
}

/** Where a message stands; -1 where it is not among these rows. */
function indexOf(rows: readonly Row[], seq: number | null): number {
  return rows.findIndex((row) => row.kind === "message" && row.seq === seq);
}

function estimate(row: Row | undefined): number {
  const files = row?.kind === "message" && !row.folded && !row.foldsSaid ? heightOf(row.attachments) : 0;
  return ESTIMATES[row?.kind ?? "message"] + files;
}

/** How many messages of others come after one. */
function newerThan(entries: readonly Entry[], seq: number, me: string): number {
  let count = 0;
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const entry = entries[at];
    if (entry === undefined || entry.seq <= seq) break;
    if (entry.kind === "message" && entry.authorId !== me) count += 1;
  }
  return count;
}

function timeOf(row: Row): number | null {
  if (row.kind === "unread") return null;
  return row.kind === "system" ? row.line.at : row.at;
}

interface AnnouncerProps {
  rows: readonly Row[];
  /** Whose words are folded away. */
  folds: ReadonlySet<string>;
  names(id: string): string;
  me: string;
}

/** Says new lines of others to those who listen instead of look. */
function Announcer({ rows, folds, names, me }: AnnouncerProps) {
  const last = rows.findLast((row): row is MessageRowData => row.kind === "message" && row.seq > 0);
  const t = useT();
  const gist = useGist();
  const first = useRef<number | null>(null);
  const seq = last?.seq ?? 0;
  if (first.current === null && last !== undefined) first.current = seq;
  const fresh = last !== undefined && seq > (first.current ?? 0) && last.authorId !== me && !last.folded;
  const words = (row: MessageRowData) =>
    isFolded(row, folds) ? t("timeline.folded") : wordsOf(row) || gist(gistOf(row.attachments));
  return (
    <p className="sr-only" aria-live="polite">
      {fresh ? `${names(last.authorId)}: ${words(last)}` : ""}
    </p>
  );
}

interface BeginningProps {
  moreBefore: boolean;
  older: RoomState["older"];
  empty: boolean;
  archived: boolean;
  onRetry(): void;
}

/** What stands above the oldest line shown. */
function Beginning({ moreBefore, older, empty, archived, onRetry }: BeginningProps) {
  const t = useT();
  return (
    <div className="line absolute inset-x-0 top-0 h-14 items-center text-muted">
      <span />
      <p className="col-span-full col-start-2 line-clamp-2 px-3 wrap-anywhere text-sm">
        {!moreBefore && t(empty && !archived ? "room.empty" : "room.begin")}
        {moreBefore && older === "loading" && t("room.loadingOlder")}
        {moreBefore && (older === "error" || older === "offline") && (
          <>
            {t(older === "offline" ? "room.olderOffline" : "room.olderError")}{" "}
            <button type="button" className="link" onClick={onRetry}>
              {t("retry")}
            </button>
          </>
        )}
      </p>
    </div>
  );
}

function GreyLines() {
  return (
    <div className="absolute inset-x-0 bottom-4 grid gap-5" aria-hidden="true">
      {["38%", "62%", "24%", "55%", "46%"].map((width) => (
        <div key={width} className="line items-center">
          <div className="skeleton ms-auto me-3 h-2.5 w-8" />
          <div className="skeleton mx-3 h-2.5 w-20 max-md:hidden" />
          <div className="skeleton h-2.5 max-md:mx-3" style={{ width }} />
        </div>
      ))}
    </div>
  );
}
