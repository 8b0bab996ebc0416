// The browser that binds tabs together, for tests: one channel and the locks of
// all tabs, each of which a test can freeze or kill.
import type { TabLinks } from "../src/net/tabs/shared.js";

interface Request {
  tab: FakeTab;
  callback(): unknown;
  resolve(value: unknown): void;
  reject(cause: Error): void;
}
interface Held extends Request {
  end(): void;
}

/** What one tab has of the browser. */
export class FakeTab {
  /** Nothing it does comes out, and nothing comes in; what is said to it waits. */
  frozen = false;
  dead = false;
  readonly missed: unknown[] = [];
  readonly #browser: FakeBrowser;
  readonly channel: TabLinks["channel"];
  readonly locks: TabLinks["locks"];

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
    this.channel = {
      onmessage: null,
      postMessage: (message) => {
        if (!this.frozen && !this.dead) browser.post(this, message);
      },
      close: () => {
        this.channel.onmessage = null;
      },
    };
    this.locks = {
      request: ((name: string, options: LockOptions | (() => unknown), callback?: () => unknown) =>
        typeof options === "function"
          ? browser.lock(this, name, {}, options)
          : browser.lock(this, name, options, callback ?? (() => {}))) as LockManager["request"],
    };
  }

  get links(): TabLinks {
    return { channel: this.channel, locks: this.locks };
  }

  hear(message: unknown): void {
    if (this.dead) return;
    if (this.frozen) this.missed.push(message);
    else this.channel.onmessage?.call(null as never, { data: message } as MessageEvent);
  }

  thaw(): void {
    this.frozen = false;
    for (const message of this.missed.splice(0)) this.hear(message);
    this.#browser.tellStolen(this);
  }

  /** The tab is closed without a word. */
  kill(): void {
    this.dead = true;
    this.#browser.release(this);
  }
}

export class FakeBrowser {
  readonly tabs: FakeTab[] = [];
  readonly #held = new Map<string, Held>();
  readonly #queues = new Map<string, Request[]>();
  readonly #stolen: Held[] = [];

  tab(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.push(tab);
    return tab;
  }

  post(from: FakeTab, message: unknown): void {
    // As it is between tabs: a copy, and later.
    const copy = structuredClone(message);
    for (const tab of this.tabs) if (tab !== from) queueMicrotask(() => tab.hear(copy));
  }

  lock(tab: FakeTab, name: string, options: LockOptions, callback: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request: Request = { tab, callback, resolve, reject };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      if (options.steal === true) {
        const old = this.#held.get(name);
        this.#held.delete(name);
        if (old !== undefined) {
          this.#stolen.push(old);
          if (!old.tab.frozen) this.tellStolen(old.tab);
        }
        queue.unshift(request);
      } else queue.push(request);
      options.signal?.addEventListener("abort", () => {
        if (!queue.includes(request)) return;
        queue.splice(queue.indexOf(request), 1);
        reject(new Error("aborted"));
      });
      this.#next(name);
    });
  }

  tellStolen(tab: FakeTab): void {
    for (const held of this.#stolen.filter((one) => one.tab === tab)) {
      this.#stolen.splice(this.#stolen.indexOf(held), 1);
      held.reject(new Error("stolen"));
    }
  }

  release(tab: FakeTab): void {
    for (const queue of this.#queues.values()) {
      for (const request of queue.filter((one) => one.tab === tab)) queue.splice(queue.indexOf(request), 1);
    }
    for (const [name, held] of [...this.#held]) {
      if (held.tab !== tab) continue;
      this.#held.delete(name);
      this.#next(name);
    }
  }

  #next(name: string): void {
    const queue = this.#queues.get(name) ?? [];
    if (this.#held.has(name)) return;
    const request = queue.shift();
    if (request === undefined) return;
    const held: Held = {
      ...request,
      end: () => {
        if (this.#held.get(name) !== held) return;
        this.#held.delete(name);
        this.#next(name);
      },
    };
    this.#held.set(name, held);
    queueMicrotask(async () => {
      const value = await request.callback();
      held.end();
      request.resolve(value);
    });
  }
}
