import type { KeyboardEvent } from "react";

/** Arrows go from message to message; a letter does what its button on the message does. */
export function onMessageKey(event: KeyboardEvent<HTMLElement>): void {
  const { target, currentTarget: list, key } = event;
  if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(target instanceof HTMLElement)) return;
  const message = target.tagName === "ARTICLE" ? target : null;
  if (message === null && target !== list) return;
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next =
      message === null ? atEdge(list, key === "ArrowUp") : beside(list, message, key === "ArrowUp");
    // At either end the list scrolls, as it does without this.
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  } else if (message !== null && key === "Enter") {
    event.preventDefault();
    message.querySelector<HTMLElement>("[role=toolbar] button")?.focus();
  } else if (message !== null) {
    const button = [...message.querySelectorAll<HTMLElement>("[aria-keyshortcuts]")].find(
      (candidate) => candidate.getAttribute("aria-keyshortcuts") === key.toUpperCase(),
    );
    if (button === undefined) return;
    event.preventDefault();
    button.click();
  }
}

/** Where the head of the message that has the focus is out of view, what can be done with it is not. */
export function placeActs(list: HTMLElement): void {
  const focused = document.activeElement;
  const message = list.contains(focused) ? focused?.closest("article") : null;
  const acts = message?.querySelector<HTMLElement>(":scope > [role=toolbar]");
  if (message == null || acts == null) return;
  acts.style.top = "";
  const hidden = list.getBoundingClientRect().top - acts.getBoundingClientRect().top;
  const room = message.offsetHeight - acts.offsetHeight;
  if (hidden > 0) acts.style.top = `${Math.min(hidden, Math.max(room, 0))}px`;
}

/** Left and right go along the acts of a message, Esc goes back to it. */
export function onToolbarKey(event: KeyboardEvent<HTMLElement>): void {
  const { target, currentTarget: bar, key } = event;
  const all = [...bar.querySelectorAll<HTMLElement>(":scope > button, :scope > div > button")];
  const at = all.indexOf(target as HTMLElement);
  if (at === -1) return;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    event.preventDefault();
    all[(at + (key === "ArrowRight" ? 1 : -1) + all.length) % all.length]?.focus();
  } else if (key === "Escape" && target instanceof Element && target.ariaExpanded !== "true") {
    event.preventDefault();
    bar.closest<HTMLElement>("article")?.focus();
  }
}

const messagesIn = (list: HTMLElement) => [...list.querySelectorAll<HTMLElement>("article[tabindex]")];

function beside(list: HTMLElement, message: HTMLElement, above: boolean): HTMLElement | undefined {
  const all = messagesIn(list);
  return all[all.indexOf(message) + (above ? -1 : 1)];
}

/** The lowest message in view, or the highest. */
function atEdge(list: HTMLElement, lowest: boolean): HTMLElement | undefined {
  const { top, bottom } = list.getBoundingClientRect();
  const inView = messagesIn(list).filter((message) => {
    const box = message.getBoundingClientRect();
    return box.bottom > top + 1 && box.top < bottom - 1;
  });
  return inView.at(lowest ? -1 : 0);
}
