import { Trouble } from "./Trouble";
import type { Loaded } from "./useLoaded";

/** Stands where a list will be while it is on the way, and says why it did not come. */
export function LoadedState({ of: { value, error, load } }: { of: Loaded<unknown> }) {
  if (error !== null) {
    return <Trouble className="py-1" text={error} onRetry={() => void load()} />;
  }
  if (value !== null) return null;
  return (
    <div className="grid gap-4 py-2" aria-hidden="true">
      <div className="skeleton h-3 w-2/3" />
      <div className="skeleton h-3 w-1/2" />
    </div>
  );
}
