// Where a click on a notification leads: decided here, purely.

/** What a notification of ours carries, and what the worker tells the page of it. */
export interface Lead {
  /** Path of the message in the app. */
  parlorPath: string;
}

/** The path that this data leads to; null where it is none of ours. */
export function pathOf(data: unknown): string | null {
  const { parlorPath } = (data ?? {}) as Partial<Lead>;
  return typeof parlorPath === "string" && parlorPath.startsWith("/rooms/") ? parlorPath : null;
}

export interface Window {
  focused: boolean;
  visibilityState: DocumentVisibilityState;
}

/** The window that goes there: the one somebody looks at, one they can see, or any. */
export function windowFor<W extends Window>(windows: readonly W[]): W | undefined {
  return (
    windows.find(({ focused }) => focused) ??
    windows.find(({ visibilityState }) => visibilityState === "visible") ??
    windows[0]
  );
}
