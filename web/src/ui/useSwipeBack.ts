import { useEffect, useEffectEvent } from "react";

/** One pane at a time: a swipe goes back. Only phones load what it takes; without it
    there is the button. */
export function useSwipeBack(enabled: boolean, onBack: () => void): void {
  const back = useEffectEvent(onBack);
  useEffect(() => {
    if (!enabled) return;
    const ended = new AbortController();
    import("./swipeBack").then(
      ({ followSwipes }) => followSwipes(() => back(), ended.signal),
      () => {},
    );
    return () => ended.abort();
  }, [enabled]);
}
