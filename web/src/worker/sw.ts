/// <reference lib="webworker" />
// The service worker: the app starts from the cache when the network is away or
// slow, and is the server's present version whenever the server answers.
import { type Lead, pathOf, windowFor } from "./clicks";
import { type Build, cacheName, isOwnPage, oldCaches, route } from "./routes";

/** Put in by the build: see `scripts/worker.ts`. */
declare const __BUILD__: Build;
declare const self: ServiceWorkerGlobalScope;

const BUILD = __BUILD__;

/** How long the network may take to answer with a page before the kept one is shown. */
const PAGE_WITHIN_MS = 1_000;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  switch (route(request, self.location.origin, BUILD)) {
    case "page":
      return event.respondWith(page(event));
    case "file":
      return event.respondWith(file(request));
    case "network":
  }
});

self.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  notification.close();
  const path = pathOf(notification.data);
  if (path !== null) event.waitUntil(lead(path));
});

/** To where a notification leads: in a window that is there, else in one of its own. */
async function lead(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windowFor(windows);
  if (there === undefined) return void (await self.clients.openWindow(path));
  there.postMessage({ parlorPath: path } satisfies Lead);
  // Where it may not come to the front, it is there as soon as somebody looks.
  await there.focus().catch(() => undefined);
}

/** All files or none: a build is kept whole. */
async function install(): Promise<void> {
  const cache = await caches.open(cacheName(BUILD));
  // What has a name of its own per content may come from the browser's cache.
  await cache.addAll(BUILD.files.filter((path) => path !== "/"));
  const index = await fetch("/", { cache: "no-store" });
  if (!index.ok || !isOwnPage(await index.clone().text(), BUILD)) {
    throw new Error("the server has another version already");
  }
  await cache.put("/", index);
  // The page in the cache is newer than the one the old worker has.
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  for (const name of oldCaches(await caches.keys(), BUILD)) await caches.delete(name);
  // A page is asked for while the worker still starts.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
  // Pages of other builds offer to load this one.
  for (const client of await self.clients.matchAll({ type: "window" })) {
    client.postMessage({ parlorBuild: BUILD.entry });
  }
}

async function page(event: FetchEvent): Promise<Response> {
  const kept = await own("/");
  if (kept === undefined) return fetch(event.request);
  const preloaded = event.preloadResponse as Promise<Response | undefined>;
  const answer = preloaded.then((response) => response ?? fetch(event.request));
  answer.catch(() => {});
  if (!navigator.onLine) return kept;
  const fromNetwork = answer.then(
    // Where a proxy finds no server behind it, the kept page tells the rest.
    (response) => (response.status >= 500 ? kept : response),
    () => kept,
  );
  let timer = 0;
  const late = new Promise<Response>((resolve) => {
    timer = self.setTimeout(() => resolve(kept), PAGE_WITHIN_MS);
  });
  return Promise.race([fromNetwork, late]).finally(() => clearTimeout(timer));
}

async function file(request: Request): Promise<Response> {
  return (await own(request)) ?? fetch(request);
}

async function own(request: Request | string): Promise<Response | undefined> {
  // Not opened, which would make it anew where the worker was got rid of.
  // Scripts are fetched with and without an Origin; the file is the same.
  return caches.match(request, { cacheName: cacheName(BUILD), ignoreVary: true });
}
