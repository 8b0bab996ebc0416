import { Store } from "parlor-client/store";
import { useEffect } from "react";
import { useStore, useT } from "./hooks";

/** What the page shows, without the app's name; empty where that is all. */
const shown = new Store("");

/** Names what the page shows, in the browser's tab. */
export function useTitle(name: string): void {
  useEffect(() => shown.set(name), [name]);
}

/** Writes the tab's title and mark: what is shown, and how much waits to be read. */
export function useTab(unread: number): void {
  const t = useT();
  const name = useStore(shown);
  useEffect(() => {
    const words = name === "" ? t("app.name") : `${name} · ${t("app.name")}`;
    document.title = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${words}` : words;
  }, [name, unread, t]);
  const waits = unread > 0;
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    icon?.setAttribute("href", waits ? "/icon-unread.svg" : "/icon.svg");
  }, [waits]);
  // Whoever signs out leaves nothing of it behind.
  useEffect(() => () => document.querySelector("link[rel=icon]")?.setAttribute("href", "/icon.svg"), []);
}
