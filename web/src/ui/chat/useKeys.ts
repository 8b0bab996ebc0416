import { type RoomEntry, unreadOf } from "parlor-client/sync/rooms";
import { useEffect } from "react";
import type { Sheet } from "./context";

interface Keys {
  order: readonly RoomEntry[];
  current: string | null;
  go(path: string): void;
  show(sheet: Sheet | null): void;
  sheet: Sheet | null;
}

/** The keys that work everywhere. */
export function useKeys({ order, current, go, show, sheet }: Keys): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      const command = event.ctrlKey || event.metaKey;
      if (command && event.key.toLowerCase() === "k") {
        event.preventDefault();
        show(sheet === "switch" ? null : "switch");
      } else if (
        (command && event.shiftKey && event.key.toLowerCase() === "f") ||
        (event.key === "/" && !command && !event.altKey && !isTyping(event.target))
      ) {
        event.preventDefault();
        show(null);
        go("/search");
        document.querySelector<HTMLElement>('[data-testid="search-field"]')?.focus();
      } else if ((command && event.key === "/") || (event.key === "?" && !isTyping(event.target))) {
        event.preventDefault();
        show("keys");
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        const next = neighbour(order, current, step, event.shiftKey);
        if (next !== undefined) go(`/rooms/${next.id}`);
      } else if (event.key === "F6") {
        event.preventDefault();
        nextLandmark(event.shiftKey ? -1 : 1);
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [order, current, go, show, sheet]);
}

function neighbour(
  order: readonly RoomEntry[],
  current: string | null,
  step: 1 | -1,
  onlyUnread: boolean,
): RoomEntry | undefined {
  const at = order.findIndex((room) => room.id === current);
  const start = at === -1 ? (step === 1 ? -1 : order.length) : at;
  for (let i = 1; i <= order.length; i += 1) {
    const room = order[(start + step * i + order.length * 2) % order.length];
    if (room !== undefined && room.id !== current && (!onlyUnread || unreadOf(room) > 0)) return room;
  }
  return undefined;
}

function nextLandmark(step: number): void {
  const landmarks = [...document.querySelectorAll<HTMLElement>("[data-landmark]")].filter(
    (element) => element.offsetParent !== null,
  );
  // The innermost: the conversation is a landmark within the page.
  const at = landmarks.findLastIndex((element) => element.contains(document.activeElement));
  landmarks[(at + step + landmarks.length) % landmarks.length]?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
