import type { SearchHit } from "parlor-client/net/rest";
import type { Client } from "parlor-client/sync/client";
import { PeopleFinder } from "parlor-client/sync/finder";
import { MessageSearch, pieces, type SearchSort } from "parlor-client/sync/search";
import { Fragment, useEffect, useMemo, useRef, useState } from "react";
import { FormattedDate } from "react-intl";
import { Link, useLocation, useSearch } from "wouter";
import { reasonOf, useStore, useT } from "../hooks";
import { Trouble } from "../Trouble";
import { useTitle } from "../title";
import { unmarked } from "../unmarked";
import { nameOf, useChat, useMessage } from "./context";
import { foldsIn } from "./folds";
import { Page } from "./Page";
import { RoomMark } from "./RoomMark";

const SORTS: readonly SearchSort[] = ["newest", "best"];
const FILTERS = ["“…”", "from:", "in:", "before:2026-11-01", "after:", "has:file", "has:image", "has:link"];
const ADDRESS_PAUSE_MS = 400;
/** Rooms and people above the messages, of each at most. */
const OTHERS = 4;
/** More is loaded before the end of the list is reached, in pixels. */
const MORE_WITHIN_PX = 600;

/** What was looked for last is there again when the page is. */
const searches = new WeakMap<Client, MessageSearch>();

function searchOf(client: Client): MessageSearch {
  const search = searches.get(client) ?? new MessageSearch(client.api.search);
  searches.set(client, search);
  return search;
}

/** Messages of all rooms by their words, and the rooms and people that a word names. */
export default function Search() {
  const t = useT();
  const { client } = useChat();
  const search = searchOf(client);
  const { lane } = useStore(client.connection);
  const state = useStore(search);
  const [, go] = useLocation();
  // What the address asks for, else what was looked for last.
  const [first] = useState(new URLSearchParams(useSearch()));
  const [text, setText] = useState(first.get("q") ?? state.text);
  const [sort, setSort] = useState(
    SORTS.find((known) => known === first.get("sort")) ?? (first.has("q") ? "newest" : state.sort),
  );
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);

  useTitle(t("search.title"));
  useEffect(() => search.look(text, sort), [search, text, sort]);
  // What failed offline may be found now.
  const live = lane !== null;
  useEffect(() => {
    if (live && search.getSnapshot().status === "error") search.again();
  }, [search, live]);

  // The address has what is looked for: whoever comes back from a hit finds it again. Not at
  // every key, which browsers do not allow.
  useEffect(() => {
    const timer = setTimeout(() => {
      const query = new URLSearchParams({ q: text, ...(sort !== "newest" && { sort }) });
      go(text === "" ? "/search" : `/search?${query}`, { replace: true });
    }, ADDRESS_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [go, text, sort]);

  const { status, hits, unknown } = state;
  return (
    <Page title={t("search.title")}>
      <div className="mx-auto max-w-3xl p-6 max-md:p-4">
        <input
          ref={field}
          type="search"
          data-testid="search-field"
          className="field"
          // biome-ignore lint/a11y/noAutofocus: the page is there to be typed into
          autoFocus
          aria-label={t("search.field")}
          aria-describedby="search-filters"
          placeholder={t("search.field")}
          maxLength={250}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="mt-2 flex flex-wrap items-baseline justify-between gap-x-6 gap-y-2">
          <p id="search-filters" className="label">
            {t("search.filters")}{" "}
            {FILTERS.map((filter) => (
              <Fragment key={filter}>
                <code className="me-1 whitespace-nowrap">{filter}</code>{" "}
              </Fragment>
            ))}
          </p>
          <fieldset className="flex gap-4 text-sm">
            <legend className="sr-only">{t("search.sort")}</legend>
            {SORTS.map((each) => (
              <label key={each} className="flex items-center gap-1.5 max-md:min-h-11">
                <input type="radio" name="sort" checked={sort === each} onChange={() => setSort(each)} />
                {t(`search.sort.${each}`)}
              </label>
            ))}
          </fieldset>
        </div>
        <Others text={text} />
        <p className="sr-only" role="status">
          {status === "ready" && t("search.count", { count: hits.length })}
        </p>
        {status === "idle" && <p className="py-10 text-center text-muted">{t("search.idle")}</p>}
        {status === "looking" && hits.length === 0 && <Grey />}
        {status === "error" && (
          <div className="py-6">
            <Trouble text={t("search.error")} onRetry={() => search.again()} />
            {!live && <p className="label">{t("conn.offline.hint")}</p>}
          </div>
        )}
        {status === "refused" && (
          <p role="alert" className="py-6 text-muted">
            {t("search.refused", { detail: state.detail })}
          </p>
        )}
        {status === "ready" && hits.length === 0 && (
          <div className="py-10 text-center text-muted" data-testid="search-nothing">
            {unknown.length === 0 ? (
              <p>{t("search.none")}</p>
            ) : (
              <p>{t("search.unknown", { parts: unknown.join(", ") })}</p>
            )}
          </div>
        )}
        {!state.complete && <p className="label py-2">{t("search.incomplete")}</p>}
        {hits.length > 0 && (
          <section aria-label={t("search.messages")} aria-busy={status === "looking"} className="mt-5">
            <h2 className="heading ps-0">{t("search.messages")}</h2>
            <ol className={`divide-y divide-line ${status === "looking" ? "opacity-60" : ""}`}>
              {hits.map((hit) => (
                <Hit key={`${hit.room_id} ${hit.seq}`} hit={hit} />
              ))}
            </ol>
            <More />
          </section>
        )}
      </div>
    </Page>
  );
}

function Hit({ hit }: { hit: SearchHit }) {
  const t = useT();
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const { blocked } = useStore(client.friends);
  const room = rooms.find(({ id }) => id === hit.room_id);
  const folded = foldsIn(blocked, room?.peerId ?? null).has(hit.author.id);
  const cut = useMemo(() => pieces(hit.text, hit.matches, unmarked(hit.text)), [hit]);
  return (
    <li>
      <Link
        href={`/rooms/${hit.room_id}/${hit.seq}`}
        data-testid="search-hit"
        className="-mx-3 block rounded-md px-3 py-3 hover:bg-tint"
      >
        <span className="label flex flex-wrap items-center gap-x-2">
          <span className="font-semibold text-ink">{nameOf(hit.author)}</span>
          {room !== undefined && (
            <span className="flex min-w-0 items-center gap-1">
              <RoomMark visibility={room.visibility} />
              <span className="truncate">{room.name}</span>
            </span>
          )}
          <time dateTime={hit.posted_at} className="ms-auto tabular-nums">
            <FormattedDate value={hit.posted_at} dateStyle="medium" timeStyle="short" hourCycle="h23" />
          </time>
        </span>
        <span className={`line-clamp-3 wrap-anywhere ${folded ? "text-muted" : ""}`}>
          {folded
            ? t("timeline.folded")
            : cut.map((piece, at) =>
                piece.hit ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: pieces have nothing else
                  <mark key={at} className="rounded-xs bg-tint font-semibold text-ink">
                    {piece.text}
                  </mark>
                ) : (
                  piece.text
                ),
              )}
          {hit.edited_at !== null && !folded && <span className="label"> {t("timeline.edited")}</span>}
        </span>
      </Link>
    </li>
  );
}

/** The rest of the hits, as somebody comes near the end of those that are there. */
function More() {
  const t = useT();
  const search = searchOf(useChat().client);
  const { cursor, more, status } = useStore(search);
  const end = useRef<HTMLDivElement>(null);
  const waits = cursor !== null && more === "idle" && status === "ready";
  useEffect(() => {
    const element = end.current;
    if (!waits || element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void search.more();
      },
      { rootMargin: `${MORE_WITHIN_PX}px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [search, waits]);
  if (cursor === null) return null;
  return (
    <div ref={end} className="py-4">
      {more === "error" ? (
        <Trouble text={t("search.error")} onRetry={() => void search.more()} />
      ) : (
        <button
          type="button"
          className="button"
          disabled={more === "loading"}
          onClick={() => void search.more()}
        >
          {t(more === "loading" ? "search.loading" : "browse.more")}
        </button>
      )}
    </div>
  );
}

/** Rooms and people that a few letters name; filters name neither. */
function Others({ text }: { text: string }) {
  const t = useT();
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const people = useStore(client.people);
  const message = useMessage();
  const [finder] = useState(() => new PeopleFinder((name) => client.api.findPeople(name)));
  const found = useStore(finder);
  const [error, setError] = useState<string | null>(null);
  const word = /[:："“]/.test(text) ? "" : text.trim().replace(/^[@#]/, "").toLocaleLowerCase();
  useEffect(() => finder.look(word), [finder, word]);
  if (word === "") return null;

  const isNamed = (name: string | undefined) => name?.toLocaleLowerCase().includes(word) === true;
  const named = rooms
    .filter((room) => isNamed(room.name) || (room.peerId !== null && isNamed(people.get(room.peerId)?.name)))
    .slice(0, OTHERS);
  // Those with whom there is a room already are among the rooms.
  const known = new Set(rooms.map(({ peerId }) => peerId));
  const others = found.people.filter(({ id }) => id !== client.user.id && !known.has(id)).slice(0, OTHERS);
  if (named.length === 0 && others.length === 0) return null;

  async function write(userId: string) {
    setError(null);
    try {
      await message(userId);
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }

  return (
    <section aria-label={t("search.others")} className="mt-5">
      <h2 className="heading ps-0">{t("search.others")}</h2>
      {error !== null && (
        <p role="alert" className="text-coral text-sm">
          {error}
        </p>
      )}
      <ul className="flex flex-wrap gap-2">
        {named.map((room) => (
          <li key={room.id} className="min-w-0">
            <Link href={`/rooms/${room.id}`} data-testid="search-room" className="button max-w-full">
              <RoomMark visibility={room.visibility} />
              <span className="truncate">{room.name}</span>
            </Link>
          </li>
        ))}
        {others.map((person) => (
          <li key={person.id} className="min-w-0">
            <button
              type="button"
              data-testid="search-person"
              className="button max-w-full"
              onClick={() => void write(person.id)}
            >
              <RoomMark visibility="direct" />
              <span className="truncate">{nameOf(person)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Grey() {
  return (
    <div className="grid gap-6 py-8" aria-hidden="true">
      {["55%", "70%", "40%"].map((width) => (
        <div key={width} className="skeleton h-4" style={{ width }} />
      ))}
    </div>
  );
}
