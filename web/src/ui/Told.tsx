import { Store } from "parlor-client/store";
import { useEffect } from "react";
import { useStore } from "./hooks";

/** What is told for a moment; each telling is another object. */
const told = new Store<{ words: string } | null>(null);
const TOLD_MS = 2_500;

/** Says for a moment what was done, where nothing else shows it. */
export function tell(words: string): void {
  told.set({ words });
}

export function Told() {
  const now = useStore(told);
  useEffect(() => {
    if (now === null) return;
    const timer = setTimeout(() => told.set(null), TOLD_MS);
    return () => clearTimeout(timer);
  }, [now]);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-20 z-30 flex justify-center">
      {now !== null && (
        <p data-testid="told" className="rounded-md border border-line bg-surface px-3 py-1.5">
          {now.words}
        </p>
      )}
    </div>
  );
}
