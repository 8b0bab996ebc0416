// What the service worker does with a request: decided here, purely.

/** One build of the app, as the worker that belongs to it knows it. */
export interface Build {
  /** Names this build and no other. */
  version: string;
  /** The script that index.html begins with. */
  entry: string;
  /** Paths of all files that are kept, index.html as "/". */
  files: readonly string[];
}

/** What is asked, as far as it matters. */
export interface Asked {
  method: string;
  url: string;
  /** The request's mode: "navigate" where a page is asked for. */
  mode: string;
}

/**
 * - `page`: index.html, from the network if it answers soon, else from the cache.
 * - `file`: from the cache, for what has a name of its own per content.
 * - `network`: none of the worker's affairs.
 */
export type Route = "page" | "file" | "network";

const HASHED = "/assets/";
/** First segments of paths that the server answers itself: see `control/src/web.rs`. */
const SERVERS = new Set(["api", "rt", "healthz", "readyz", "metrics"]);

export function route({ method, url, mode }: Asked, origin: string, build: Build): Route {
  const { origin: asked, pathname, search } = new URL(url);
  if (method !== "GET" || asked !== origin) return "network";
  const [, first = ""] = pathname.split("/");
  if (SERVERS.has(first)) return "network";
  if (mode === "navigate") return isFile(pathname) ? "network" : "page";
  if (search !== "") return "network";
  return pathname.startsWith(HASHED) || (pathname !== "/" && build.files.includes(pathname))
    ? "file"
    : "network";
}

/** Paths of the app have no dot in their last segment; names of files do. */
function isFile(pathname: string): boolean {
  return pathname.slice(pathname.lastIndexOf("/")).includes(".");
}

const CACHE = "parlor-app-";

export function cacheName(build: Build): string {
  return CACHE + build.version;
}

/** The caches of other builds among all there are. */
export function oldCaches(names: readonly string[], build: Build): string[] {
  return names.filter((name) => name.startsWith(CACHE) && name !== cacheName(build));
}

/** True where this index.html is the build's own: between two requests the server may be upgraded. */
export function isOwnPage(html: string, build: Build): boolean {
  return html.includes(build.entry);
}
