/// <reference lib="webworker" />
// Built in place of the service worker by `PARLOR_WORKER=off npm run build`: a
// browser that has a worker of ours replaces it by this one, which removes all
// that was kept and then itself.
declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", () => void self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil(leave());
});

async function leave(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
  await self.registration.unregister();
}
