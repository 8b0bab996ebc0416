/** Less than this is a tap or the beginning of a scroll, in pixels. */
const BEGIN_PX = 14;
/** Let go beyond this, it goes back. */
const BACK_PX = 96;
/** Or faster than this, in pixels per millisecond. */
const FLING = 0.5;

/** What scrolls sideways itself, and what is above the page, is left alone. */
function isTaken(target: Element, pane: Element): boolean {
  if (target.closest("input, textarea, select, dialog, [popover]") !== null) return true;
  for (let at: Element | null = target; at !== null && at !== pane; at = at.parentElement) {
    if (at.scrollWidth > at.clientWidth + 1 && getComputedStyle(at).overflowX !== "visible") return true;
  }
  return false;
}

/** A swipe towards the end of the line goes back, and the pane follows the finger, until
    the signal comes. */
export function followSwipes(onBack: () => void, signal: AbortSignal): void {
  let swipe: { pane: HTMLElement; x: number; y: number; at: number; moves: boolean } | null = null;

  const begin = (event: TouchEvent) => {
    const [touch, ...others] = event.touches;
    const target = event.target as Element;
    const pane = target.closest<HTMLElement>("aside, main");
    if (touch === undefined || others.length > 0 || pane === null || isTaken(target, pane)) return;
    swipe = { pane, x: touch.clientX, y: touch.clientY, at: event.timeStamp, moves: false };
  };
  const end = () => {
    swipe?.pane.style.removeProperty("translate");
    swipe = null;
  };
  const move = (event: TouchEvent) => {
    const touch = event.touches[0];
    if (swipe === null || touch === undefined) return;
    const along = touch.clientX - swipe.x;
    const across = Math.abs(touch.clientY - swipe.y);
    if (!swipe.moves) {
      // Up or down, or a text that is being selected.
      if (across > BEGIN_PX || event.touches.length > 1 || getSelection()?.isCollapsed === false)
        return end();
      if (along < BEGIN_PX || along < across * 2) return;
      swipe.moves = true;
    }
    swipe.pane.style.translate = `${Math.max(0, along)}px 0`;
  };
  const release = (event: TouchEvent) => {
    const touch = event.changedTouches[0];
    const done = swipe;
    end();
    if (done === null || !done.moves || touch === undefined) return;
    const along = touch.clientX - done.x;
    if (along < BACK_PX && along / Math.max(1, event.timeStamp - done.at) < FLING) return;
    // A panel that covers the page goes first.
    if (done.pane.tagName === "ASIDE") done.pane.querySelector<HTMLElement>("header button")?.click();
    else onBack();
  };

  const options = { passive: true, signal };
  document.addEventListener("touchstart", begin, options);
  document.addEventListener("touchmove", move, options);
  document.addEventListener("touchend", release, options);
  document.addEventListener("touchcancel", end, options);
  signal.addEventListener("abort", end);
}
