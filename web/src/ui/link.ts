// One-time codes that links carry behind `#`, which reaches no server.

/** The code of the link that this page was opened by, and which page it is for. */
export interface OpenedLink {
  path: "/reset" | "/register" | "/admin/claim";
  code: string;
}

const PATHS = ["/reset", "/register", "/admin/claim"] as const;

/** Takes the code out of the address, so that it stays in no history and is in no
    screenshot. */
export function takeLink(): OpenedLink | null {
  const path = PATHS.find((known) => known === location.pathname);
  const code = location.hash.slice(1);
  if (path === undefined || code === "") return null;
  history.replaceState(history.state, "", path === "/register" ? "/" : path);
  return { path, code };
}
