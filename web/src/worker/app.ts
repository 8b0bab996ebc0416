// The page's side of the service worker: starts it, and knows whether a newer
// version of the app waits for a reload, and where a notification leads.
import { Store } from "parlor-client/store";
import { pathOf } from "./clicks";

/** True once another build than this page's is in use; the page goes on working. */
export const newVersion = new Store(false);

/** Where a click on a notification leads, until somebody has gone there. */
export const lead = new Store<string | null>(null);

/** `localStorage[SWITCH] = "off"` removes the worker and what it keeps from this browser. */
const SWITCH = "parlor.worker";
/** At most one look at the server for a newer worker in this time, in milliseconds. */
const LOOK_EVERY_MS = 10_000;
/** After a worker could not be installed. */
const AGAIN_MS = 20_000;
const CACHES = "parlor-app-";

let registration: ServiceWorkerRegistration | null = null;
let lookedAt = 0;
let looking: ReturnType<typeof setTimeout> | undefined;

/** The script this page began with, which names its build. */
function ownEntry(): string {
  const script = document.querySelector<HTMLScriptElement>("script[type=module][src]");
  return script === null ? "" : new URL(script.src).pathname;
}

export async function startWorker(): Promise<void> {
  const workers = navigator.serviceWorker;
  if (import.meta.env.DEV || workers === undefined) return;
  if (localStorage.getItem(SWITCH) === "off") return removeWorker(workers);
  const own = ownEntry();
  workers.addEventListener("message", ({ data }) => {
    if (typeof data?.parlorBuild === "string" && data.parlorBuild !== own) newVersion.set(true);
    const path = pathOf(data);
    if (path !== null) lead.set(path);
  });
  workers.startMessages();
  // A part of the app that the server does not have any more: an older build is on screen.
  addEventListener("vite:preloadError", () => newVersion.set(true));
  lookedAt = performance.now();
  try {
    registration = await workers.register(workerUrl(), { updateViaCache: "none" });
    registration.addEventListener("updatefound", noteInstalling);
    noteInstalling();
  } catch {
    // Without it the app works as long as there is a network.
  }
}

/** The server may have been upgraded: asks whether there is a newer worker. */
export function lookForNewVersion(): void {
  if (registration === null || looking !== undefined) return;
  const waitMs = Math.max(0, lookedAt + LOOK_EVERY_MS - performance.now());
  looking = setTimeout(() => {
    looking = undefined;
    lookedAt = performance.now();
    registration?.update().catch(() => {});
  }, waitMs);
}

/** A worker that cannot fetch all of its build is given up: the server was away for a moment. */
function noteInstalling(): void {
  const worker = registration?.installing;
  if (worker == null) return;
  let installed = false;
  worker.addEventListener("statechange", () => {
    if (worker.state === "redundant" && !installed) setTimeout(lookForNewVersion, AGAIN_MS);
    installed ||= worker.state === "installed";
  });
}

async function removeWorker(workers: ServiceWorkerContainer): Promise<void> {
  for (const found of await workers.getRegistrations()) await found.unregister();
  for (const name of await caches.keys()) if (name.startsWith(CACHES)) await caches.delete(name);
}

/** The page's policy lets no plain string name a script. */
function workerUrl(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("parlor-worker", { createScriptURL: () => "/sw.js" });
  return (policy?.createScriptURL("") ?? "/sw.js") as string;
}

/** What of the browser's face we use; TypeScript does not know it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}
