import { startTransition, useEffect, useState } from "react";
import { flushSync } from "react-dom";

/** Whether what was drawn as this became `ready` has been painted. Then the rest is drawn, and gives way
    to whatever somebody does meanwhile; or at once, where `now` is called because they need it. */
export function usePainted(ready: boolean): { painted: boolean; now(): void } {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    if (!ready) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // A frame is painted after its callbacks, and before the next task.
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => startTransition(() => setPainted(true)));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [ready]);
  return { painted, now: () => flushSync(() => setPainted(true)) };
}
