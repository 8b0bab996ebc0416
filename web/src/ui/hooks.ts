import { Problem } from "parlor-client/net/rest";
import type { Readable } from "parlor-client/store";
import { useCallback, useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { useIntl } from "react-intl";
import type { MessageId } from "../i18n/en";
import { isPlain } from "../i18n/plain";

export function useStore<T>(store: Readable<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

export type Translate = (id: MessageId, values?: Record<string, string | number>) => string;

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** One pane at a time. */
export const PHONE = "(width < 700px)";

/** Gives the focus to what is there to be typed into. On touch the keyboard would cover what one
    came to read. */
export function takeFocus(field: HTMLElement | null): void {
  if (matchMedia("(pointer: fine)").matches) field?.focus();
}

/** Words in the reader's language, by typed ids. */
export function useT(): Translate {
  const intl = useIntl();
  return useCallback<Translate>(
    (id, values) => {
      const text = intl.messages[id];
      // The parser that a plain text would need is no part of the built app.
      return typeof text === "string" && isPlain(text) ? text : intl.formatMessage({ id }, values);
    },
    [intl],
  );
}

/** Why something did not work, in words. */
export function reasonOf(error: unknown, t: Translate): string {
  if (!(error instanceof Problem)) return t("unreachable");
  if (error.code === "LAST_OWNER") return t("reason.lastOwner");
  return error.code === "LAST_ADMIN" ? t("reason.lastAdmin") : error.message;
}

/** What Esc does now: the newest of these acts alone. */
const escapes: (() => void)[] = [];

function onEscape(event: KeyboardEvent): void {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  const act = escapes.at(-1);
  // The browser closes a dialog by itself, wherever the focus went when what had it left.
  if (act === undefined || document.querySelector("dialog[open]") !== null) return;
  event.preventDefault();
  act();
}

/** Gives Esc a meaning while the component is there. */
export function useEscape(act: () => void): void {
  const onEscapeNow = useEffectEvent(act);
  useEffect(() => {
    const mine = () => onEscapeNow();
    if (escapes.length === 0) document.addEventListener("keydown", onEscape);
    escapes.push(mine);
    return () => {
      escapes.splice(escapes.indexOf(mine), 1);
      if (escapes.length === 0) document.removeEventListener("keydown", onEscape);
    };
  }, []);
}
