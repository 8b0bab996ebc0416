// Notifications as this browser shows them. Those of the service worker work on phones too, and are
// answered when the page is gone; without a worker the page shows them itself.
import type { Lead } from "../../worker/clicks";

export interface Told {
  title: string;
  body: string;
  /** One notification of each tag is shown, the last. */
  tag: string;
  /** Where a click leads. */
  path: string;
}

export interface Showing {
  close(): void;
}

const ICON = "/icon.svg";

/** Shows it; rejects where this browser shows none of a page. `go` is told of a click that the page
    hears itself: the worker tells the page in its own way. */
export async function show({ title, body, tag, path }: Told, go: (path: string) => void): Promise<Showing> {
  const worker = await activeWorker();
  if (worker !== null) {
    const data: Lead = { parlorPath: path };
    await worker.showNotification(title, { body, tag, data, icon: ICON });
    return byWorker(worker, tag);
  }
  const notification = new Notification(title, { body, tag, icon: ICON });
  notification.onclick = () => {
    window.focus();
    go(path);
    notification.close();
  };
  return notification;
}

/** What pages that are gone have left on the screen, by tag. */
export async function shownBefore(): Promise<ReadonlyMap<string, Showing>> {
  const worker = await activeWorker();
  const left = (await worker?.getNotifications()) ?? [];
  return new Map(left.map((notification) => [notification.tag, notification]));
}

function byWorker(worker: ServiceWorkerRegistration, tag: string): Showing {
  return {
    close() {
      void worker.getNotifications({ tag }).then((shown) => {
        for (const notification of shown) notification.close();
      });
    },
  };
}

async function activeWorker(): Promise<ServiceWorkerRegistration | null> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  return registration?.active == null ? null : registration;
}
