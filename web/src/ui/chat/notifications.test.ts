import { idToBytes } from "parlor-client/net/id";
import type { Forwarded } from "parlor-client/net/rest";
import type { Client } from "parlor-client/sync/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { summary } from "../../../client/test/fake-rest";
import { OTHER, ROOM, USER } from "../../../client/test/fake-server";
import { message, page } from "../../../client/test/page";
import { begin as beginClient, rest, server, until as settled, stage } from "../../../client/test/stage";
import type { Watch } from "./notifications";

/** What the browser was told to show. */
class Shown {
  static permission: NotificationPermission = "granted";
  static all: Shown[] = [];
  static requestPermission = async () => {
    Shown.permission = "granted";
    return Shown.permission;
  };
  onclick: () => void = () => {};
  closed = false;
  readonly title: string;
  readonly options: NotificationOptions;
  constructor(title: string, options: NotificationOptions) {
    this.title = title;
    this.options = options;
    Shown.all.push(this);
  }
  close() {
    this.closed = true;
  }
}

let client: Client;
let watching: Watch[];
let current: string | null;
let looking: boolean;
let went: string[];

stage();
beforeEach(() => {
  Shown.all = [];
  Shown.permission = "granted";
  vi.resetModules();
  vi.stubGlobal("Notification", Shown);
  vi.spyOn(document, "hasFocus").mockImplementation(() => looking);
  current = null;
  looking = false;
  went = [];
  watching = [];
});
afterEach(() => {
  for (const watch of watching) watch.stop();
  vi.restoreAllMocks();
});

/** A page with the room at message 1, read; something is said in it when the test says so. */
async function begin(notify: "all" | "mentions" | "none" = "all") {
  rest.rooms = [summary({ head: "1", read_seq: "1", notify })];
  client = await beginClient();
  await settled(() => expect(client.rooms.isFresh).toBe(true));
  await watch();
}
async function watch() {
  const { watch } = await import("./notifications");
  watching.push(
    watch(client, {
      go: (path) => went.push(path),
      current: () => current,
      gist: () => "Image",
      folded: () => "Folded",
    }),
  );
  return (await import("./notifyState")).notifyState;
}
function said(
  seq: number,
  {
    mentions = 0,
    unread = seq - 1,
    author = OTHER,
    forwarded = null,
  }: { mentions?: number; unread?: number; author?: string; forwarded?: Forwarded | null } = {},
) {
  const mention_ids = mentions > 0 ? [USER] : [];
  const text = forwarded === null ? `text ${seq}` : "";
  rest.newest = page([message(seq, text, { mention_ids, author_id: author, forwarded })], seq);
  const head = {
    roomId: idToBytes(ROOM),
    epoch: 1n,
    head: BigInt(seq),
    readSeq: 1n,
    unread,
    mentions,
    preview: "",
    lastAtUs: 0n,
  };
  server.last.say({ case: "roomHeads", value: { heads: [head] } });
}
const titles = () => Shown.all.map(({ title, options }) => `${title}: ${options.body}`);

test("what comes is told with who said it, and a click leads to it", async () => {
  await begin();
  said(2);
  await settled(() => expect(titles()).toEqual(["Ben · design: text 2"]));
  Shown.all[0]?.onclick();
  expect(went).toEqual([`/rooms/${ROOM}/2`]);
  said(2, { unread: 0 });
  expect(Shown.all[0]?.closed, "what was read needs no telling").toBe(true);
});

test("what somebody blocked said is not told where others pass it on", async () => {
  await begin();
  const blocked = "77777777-7777-4777-8777-777777777777";
  client.friends.blocks(blocked, true);
  const forwarded = { author_id: blocked, said_at: "2026-01-01T00:00:00Z", text: "their words" };
  said(2, { forwarded });
  await settled(() => expect(titles()).toEqual(["Ben · design: Folded"]));
});

test("only mentions are told where that is the level, and nothing where it is none", async () => {
  await begin("mentions");
  said(2);
  said(3, { mentions: 1 });
  await settled(() => expect(titles()).toEqual(["Ben · design: text 3"]));
  client.rooms.change(ROOM, { notify: "none" });
  said(4, { mentions: 2 });
  client.rooms.change(ROOM, { notify: "all" });
  said(5, { mentions: 2 });
  await settled(() => expect(titles()).toEqual(["Ben · design: text 3", "Ben · design: text 5"]));
});

test("the room that somebody looks at tells nothing, in this tab or another", async () => {
  await begin();
  current = ROOM;
  looking = true;
  said(2);
  looking = false;
  localStorage.setItem("parlor.looking", `another-tab ${ROOM}`);
  said(3);
  localStorage.removeItem("parlor.looking");
  said(4);
  await settled(() => expect(titles()).toEqual(["Ben · design: text 4"]));
});

/** A browser in which a worker shows what there is to tell, and pages show nothing. */
function withWorker(left: Shown[] = []) {
  const registration = {
    active: {},
    showNotification: async (title: string, options: NotificationOptions) => {
      // One of each tag.
      for (const shown of Shown.all) if (shown.options.tag === options.tag) shown.close();
      new Shown(title, options);
    },
    getNotifications: async ({ tag }: { tag?: string } = {}) =>
      [...left, ...Shown.all].filter(
        ({ closed, options }) => !closed && (tag === undefined || options.tag === tag),
      ),
  };
  const serviceWorker = { getRegistration: async () => registration };
  vi.stubGlobal("navigator", {
    ...navigator,
    onLine: true,
    languages: ["en"],
    userAgent: "test",
    serviceWorker,
  });
  class Illegal {
    static permission = "granted";
    constructor() {
      throw new TypeError("Illegal constructor");
    }
  }
  vi.stubGlobal("Notification", Illegal);
  return registration;
}

test("where there is a worker it shows what there is to tell, and takes away what was read", async () => {
  withWorker();
  await begin();
  said(2);
  await settled(() => expect(titles()).toEqual(["Ben · design: text 2"]));
  expect(Shown.all[0]?.options.data).toEqual({ parlorPath: `/rooms/${ROOM}/2` });
  said(2, { unread: 0 });
  await settled(() => expect(Shown.all[0]?.closed).toBe(true));
});

test("what an earlier page has told is taken away once it is read", async () => {
  const left = new Shown("Ben · design", { tag: `parlor ${ROOM}` });
  const foreign = new Shown("something else", { tag: "another" });
  Object.assign(left, { tag: left.options.tag });
  Object.assign(foreign, { tag: foreign.options.tag });
  Shown.all = [];
  withWorker([left, foreign]);
  rest.rooms = [summary({ head: "2", read_seq: "1", unread: 1 })];
  client = await beginClient();
  await settled(() => expect(client.rooms.isFresh).toBe(true));
  await watch();
  said(3, { unread: 2 });
  await settled(() => expect(titles()).toEqual(["Ben · design: text 3"]));
  expect(left.closed).toBe(false);
  said(3, { unread: 0 });
  await settled(() => expect(Shown.all[0]?.closed).toBe(true));
  expect([left.closed, foreign.closed]).toEqual([true, false]);
});

test("what an earlier page has told is taken away where it was read before this one began", async () => {
  const left = new Shown("Ben · design", { tag: `parlor ${ROOM}` });
  Object.assign(left, { tag: left.options.tag });
  withWorker([left]);
  await begin();
  await settled(() => expect(left.closed).toBe(true));
});

test("a browser that shows nothing of a page is not asked again", async () => {
  withWorker().showNotification = () => Promise.reject(new TypeError("no"));
  await begin();
  const { notifyState } = await import("./notifyState");
  said(2);
  await settled(() => expect(notifyState.getSnapshot()).toBe("unsupported"));
});

test("one of two tabs tells, and the other goes on when the first is closed", async () => {
  const waiting: (() => void)[] = [];
  vi.stubGlobal("navigator", {
    ...navigator,
    onLine: true,
    languages: ["en"],
    userAgent: "test",
    locks: {
      request: (name: string, ...rest: unknown[]) => {
        const callback = rest.at(-1) as () => Promise<void>;
        if (!name.startsWith("parlor.notify")) return callback();
        waiting.push(callback);
        return new Promise(() => {});
      },
    },
  });
  await begin();
  await watch();
  waiting[0]?.();
  said(2);
  await settled(() => expect(titles()).toEqual(["Ben · design: text 2"]));
  watching.shift()?.stop();
  waiting[1]?.();
  said(3);
  await settled(() => expect(titles()).toEqual(["Ben · design: text 2", "Ben · design: text 3"]));
});

test("the browser is asked after a mention, and only when the user says so", async () => {
  Shown.permission = "default";
  await begin();
  const state = await import("./notifyState");
  said(2);
  expect(state.notifyState.getSnapshot()).toBe("off");
  said(3, { mentions: 1 });
  expect(state.notifyState.getSnapshot()).toBe("offered");
  expect([Shown.permission, titles()]).toEqual(["default", []]);
  await state.turnOn();
  expect([Shown.permission, state.notifyState.getSnapshot()]).toEqual(["granted", "on"]);
  said(4, { mentions: 2 });
  await settled(() => expect(titles()).toEqual(["Ben · design: text 4"]));
});

test("whoever said no is not offered it again", async () => {
  Shown.permission = "default";
  await begin();
  const state = await import("./notifyState");
  said(2, { mentions: 1 });
  state.turnOff();
  said(3, { mentions: 2 });
  expect(state.notifyState.getSnapshot()).toBe("off");
});
