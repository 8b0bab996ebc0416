import { Unreachable } from "parlor-client/net/rest";
import { type DependencyList, useCallback, useEffect, useRef, useState } from "react";
import type { MessageId } from "../i18n/en";
import { reasonOf, useT } from "./hooks";

export interface Loaded<T> {
  /** Null while it is on the way for the first time. */
  value: T | null;
  /** What did not work last, in words. */
  error: string | null;
  load(): Promise<void>;
  /** Does something that changes it, loads it anew, and tells where that did not work. */
  attempt(act: () => Promise<unknown>): Promise<boolean>;
}

/** Something the server tells, loaded anew with every change of what it depends on.
    Answers may come in any order: that to the newest question counts. */
export function useLoaded<T>(
  fetch: () => Promise<T>,
  dependencies: DependencyList,
  failed: MessageId,
): Loaded<T> {
  const t = useT();
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  /** Why an act was refused; it stays until the next one. */
  const [refusal, setRefusal] = useState<string | null>(null);
  const asked = useRef(0);
  const ask = useRef(fetch);
  ask.current = fetch;

  const load = useCallback(async () => {
    asked.current += 1;
    const round = asked.current;
    const isNewest = () => round === asked.current;
    try {
      const fresh = await ask.current();
      if (!isNewest()) return;
      setValue(fresh);
      setFailure(null);
    } catch (cause) {
      if (isNewest()) setFailure(t(cause instanceof Unreachable ? "offline.notKept" : failed));
    }
  }, [t, failed]);
  useEffect(() => void load(), [load, ...dependencies]);

  async function attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
    } catch (cause) {
      setRefusal(t("action.error", { detail: reasonOf(cause, t) }));
      return false;
    }
    setRefusal(null);
    await load();
    return true;
  }

  return { value, error: refusal ?? failure, load, attempt };
}
