import { useCallback, useSyncExternalStore } from "react";
import { useIntl } from "react-intl";
import type { MessageId } from "../i18n/en";
import { Problem } from "../net/rest";
import type { Readable } from "../store";

export function useStore<T>(store: Readable<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

export type Translate = (id: MessageId, values?: Record<string, string | number>) => string;

/** Words in the reader's language, by typed ids. */
export function useT(): Translate {
  const intl = useIntl();
  return useCallback<Translate>((id, values) => intl.formatMessage({ id }, values), [intl]);
}

/** Why something did not work, in words. */
export function reasonOf(error: unknown, t: Translate): string {
  return error instanceof Problem ? error.message : t("unreachable");
}
