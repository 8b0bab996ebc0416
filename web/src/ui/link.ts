// One-time codes that links carry behind `#`, which reaches no server.

/** The code of the link that this page was opened by, and which page it is for. */
export interface OpenedLink {
  path: "/reset" | "/register" | "/admin/claim";
  code: string;
}

const PATHS = ["/reset", "/register", "/admin/claim"] as const;

function linkHere(): OpenedLink | null {
  const path = PATHS.find((known) => known === location.pathname);
  const code = location.hash.slice(1);
  return path === undefined || code === "" ? null : { path, code };
}

/** Takes the code out of the address, so that it stays in no history and is in no
    screenshot. A link that is opened on the page it leads to begins the page anew: the
    browser itself only moves to another part of it. */
export function takeLink(): OpenedLink | null {
  addEventListener("hashchange", () => {
    if (linkHere() !== null) location.reload();
  });
  const link = linkHere();
  if (link !== null) {
    history.replaceState(history.state, "", link.path === "/register" ? "/" : link.path);
  }
  return link;
}
