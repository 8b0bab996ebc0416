import type { Page } from "parlor-client/net/rest";
import { type DependencyList, useCallback, useEffect, useRef, useState } from "react";
import type { MessageId } from "../../i18n/en";
import { reasonOf, useT } from "../hooks";
import type { Loaded } from "../useLoaded";

/** Between keys of somebody who types; the server is asked after this pause. */
const PAUSE_MS = 150;

export interface Pages<T> extends Loaded<T[]> {
  /** There are more; asks for them. Null at the end. */
  more: (() => Promise<void>) | null;
  /** Does something to an item, and shows what it is then; nothing else moves. Says
      whether it worked. */
  change(
    act: () => Promise<unknown>,
    isIt: (item: T) => boolean,
    now: (item: T) => T | null,
  ): Promise<boolean>;
}

/** A list that is read page by page, anew with every change of what it depends on. */
export function usePages<T>(
  fetch: (cursor: string | null) => Promise<Page<T>>,
  dependencies: DependencyList,
  failed: MessageId,
): Pages<T> {
  const t = useT();
  const [items, setItems] = useState<T[] | null>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const asked = useRef(0);
  const ask = useRef(fetch);
  ask.current = fetch;

  const read = useCallback(
    async (from: string | null) => {
      asked.current += 1;
      const round = asked.current;
      try {
        const page = await ask.current(from);
        if (round !== asked.current) return;
        setItems((before) => (from === null ? page.items : [...(before ?? []), ...page.items]));
        setCursor(page.next_cursor);
        setError(null);
      } catch {
        if (round === asked.current) setError(t(failed));
      }
    },
    [t, failed],
  );
  const first = useRef(true);
  useEffect(() => {
    const wait = first.current ? 0 : PAUSE_MS;
    first.current = false;
    const timer = setTimeout(() => void read(null), wait);
    return () => clearTimeout(timer);
  }, [read, ...dependencies]);

  async function attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
      return false;
    }
    setError(null);
    return true;
  }

  return {
    value: items,
    error,
    load: () => read(null),
    more: cursor === null ? null : () => read(cursor),
    attempt: async (act) => {
      const worked = await attempt(act);
      if (worked) await read(null);
      return worked;
    },
    change: async (act, isIt, now) => {
      const worked = await attempt(act);
      if (worked) {
        setItems((before) => (before ?? []).flatMap((item) => (isIt(item) ? (now(item) ?? []) : [item])));
      }
      return worked;
    },
  };
}
