import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeRest } from "../../test/fake-rest.js";
import { ROOM } from "../../test/fake-server.js";
import { type Ok, OkSchema } from "../net/gen/parlor/realtime/v1/realtime_pb.js";
import { Api } from "./api.js";
import { type Intent, Outbox } from "./outbox.js";
import { MemoryStorage, type Storage } from "./storage.js";
import { Uploads } from "./uploads.js";

let rest: FakeRest;
const stop: (() => void)[] = [];
beforeEach(() => {
  localStorage.clear();
  rest = new FakeRest();
  vi.stubGlobal("fetch", rest.fetch);
});
afterEach(() => {
  for (const end of stop.splice(0)) end();
  vi.unstubAllGlobals();
});

/** A page: its uploads, its outbox, and what it says to the server. */
async function page(storage: Storage = new MemoryStorage()) {
  const now = { live: true };
  const posted: { text: string; files: string[] }[] = [];
  const api = new Api(await rest.auth());
  await api.targets();
  const uploads: Uploads = new Uploads({
    storage,
    api,
    limits: () => api.limits.getSnapshot(),
    isLive: () => now.live,
    owner: () => outbox.tab,
    sizeOf: async () => null,
    moved: (roomId) => outbox.filesMoved(roomId),
  });
  const send = async ({ body }: Intent): Promise<Ok> => {
    if (body.what === "post") posted.push({ text: body.text, files: uploads.ids(body.files ?? []) });
    return create(OkSchema, { seq: BigInt(posted.length) });
  };
  const outbox: Outbox = new Outbox({
    storage,
    files: uploads,
    send,
    isLive: () => now.live,
    isShown: () => true,
  });
  await outbox.start();
  const end = () => {
    uploads.stop();
    outbox.stop();
  };
  stop.push(end);
  return {
    uploads,
    outbox,
    posted,
    end,
    states: () => uploads.getSnapshot().map(({ state }) => state),
    /** Goes away and comes back. */
    live(live: boolean) {
      now.live = live;
      if (live) {
        uploads.wake();
        outbox.drainAll();
      } else uploads.rest();
    },
    post(text: string) {
      const files = uploads.drafted(ROOM).map(({ key }) => key);
      void outbox.add(ROOM, { what: "post", text, replyTo: null, files });
    },
  };
}

const file = (name: string, bytes: number) => new File([new Uint8Array(bytes).fill(7)], name);
const until = (check: () => void) => vi.waitFor(check, { timeout: 4_000, interval: 5 });
const arrived = () => [...rest.uploads.values()].map(({ name, bytes }) => [name, bytes.length]);
const slices = () => rest.asked.filter((asked) => asked.startsWith("PATCH")).length;

describe("sending", () => {
  test("a file is sent in slices, and what the server calls it goes with the message", async () => {
    const it = await page();
    expect(await it.uploads.add(ROOM, [file("a.bin", 900_000)])).toBe(0);
    await until(() => expect(it.states()).toEqual(["done"]));
    expect(arrived()).toEqual([["a.bin", 900_000]]);
    expect(slices()).toBeGreaterThan(1);
    it.post("look");
    expect(it.uploads.drafted(ROOM)).toEqual([]);
    const [{ file: whole } = { file: null }] = rest.uploads.values();
    await until(() => expect(it.posted).toEqual([{ text: "look", files: [whole?.id] }]));
    expect(it.uploads.getSnapshot()).toEqual([]);
  });

  test("a message waits for its files, and what was written after it waits with it", async () => {
    const it = await page();
    let go = () => {};
    rest.held = new Promise<void>((done) => (go = done));
    void it.uploads.add(ROOM, [file("a.bin", 10)]);
    it.post("with a file");
    void it.outbox.add(ROOM, { what: "post", text: "after it", replyTo: null });
    await until(() => expect(it.states()).toEqual(["uploading"]));
    expect(it.posted).toEqual([]);
    expect(it.outbox.getSnapshot().map(({ state }) => state)).toEqual(["queued", "queued"]);
    go();
    await until(() => expect(it.posted.map(({ text }) => text)).toEqual(["with a file", "after it"]));
  });

  test("the connection is lost in the middle of a slice: it goes on from what the server has", async () => {
    const it = await page();
    rest.cutAfter = 100_000;
    await it.uploads.add(ROOM, [file("a.bin", 600_000)]);
    await until(() => expect(it.states()).toEqual(["waiting"]));
    expect(arrived()).toEqual([["a.bin", 100_000]]);
    it.live(true);
    await until(() => expect(it.states()).toEqual(["done"]));
    expect(arrived()).toEqual([["a.bin", 600_000]]);
    expect(rest.asked.filter((asked) => asked === "POST /uploads")).toHaveLength(1);
  });

  test("names are such as the server takes", async () => {
    const it = await page();
    const long = `${"x".repeat(300)}.tar.gz`;
    await it.uploads.add(ROOM, [file("a\nb.txt", 1), file(long, 1), file("\u200b", 1)]);
    const names = it.uploads.getSnapshot().map(({ name }) => name);
    expect(names).toEqual(["a b.txt", `${"x".repeat(252)}.gz`, "file"]);
  });

  test("a file of no bytes is sent too", async () => {
    const it = await page();
    await it.uploads.add(ROOM, [file("empty", 0)]);
    await until(() => expect(it.states()).toEqual(["done"]));
    expect(slices()).toBe(1);
  });

  test("a server that forgot an upload is given it anew, as another one", async () => {
    const it = await page();
    rest.cutAfter = 100;
    await it.uploads.add(ROOM, [file("a.bin", 300)]);
    await until(() => expect(it.states()).toEqual(["waiting"]));
    const [before] = rest.uploads.keys();
    rest.uploads.clear();
    it.live(true);
    await until(() => expect(it.states()).toEqual(["done"]));
    expect([...rest.uploads.keys()]).not.toContain(before);
    expect(arrived()).toEqual([["a.bin", 300]]);
  });
});

describe("offline", () => {
  test("what is chosen offline says that it waits, and is sent on return, in order", async () => {
    const it = await page();
    it.live(false);
    await it.uploads.add(ROOM, [file("a.bin", 10), file("b.bin", 20)]);
    it.post("first");
    void it.outbox.add(ROOM, { what: "post", text: "second", replyTo: null });
    expect(it.states()).toEqual(["waiting", "waiting"]);
    it.live(true);
    await until(() => expect(it.posted.map(({ text }) => text)).toEqual(["first", "second"]));
    expect(it.posted[0]?.files).toHaveLength(2);
  });

  test("after a reload it goes on from what the server has, and the message with it", async () => {
    const storage = new MemoryStorage();
    const before = await page(storage);
    rest.cutAfter = 100_000;
    await before.uploads.add(ROOM, [file("a.bin", 600_000)]);
    before.post("kept");
    await until(() => expect(before.states()).toEqual(["waiting"]));
    before.end();

    const after = await page(storage);
    await until(() => expect(after.posted.map(({ text }) => text)).toEqual(["kept"]));
    expect(arrived()).toEqual([["a.bin", 600_000]]);
    expect(rest.asked.filter((asked) => asked === "POST /uploads")).toHaveLength(1);
    expect(await storage.all("uploads")).toEqual([]);
    expect(await storage.all("blobs")).toEqual([]);
  });

  test("what was chosen and not sent yet is still there after a reload", async () => {
    const storage = new MemoryStorage();
    const before = await page(storage);
    await before.uploads.add(ROOM, [file("a.bin", 10)]);
    await until(() => expect(before.states()).toEqual(["done"]));
    before.end();
    const after = await page(storage);
    expect(after.uploads.drafted(ROOM)).toMatchObject([{ name: "a.bin", state: "done" }]);
  });

  test("files of a message that is there already are cleared away", async () => {
    const storage = new MemoryStorage();
    const before = await page(storage);
    await before.uploads.add(ROOM, [file("a.bin", 10)]);
    await until(() => expect(before.states()).toEqual(["done"]));
    await before.uploads.take(before.uploads.getSnapshot().map(({ key }) => key));
    before.end();
    const after = await page(storage);
    expect(after.uploads.getSnapshot()).toEqual([]);
    expect(await storage.all("blobs")).toEqual([]);
  });
});

describe("refused", () => {
  test("what is too large is not sent at all, and says how much is taken", async () => {
    rest.fileBytes = 100;
    const it = await page();
    await it.uploads.add(ROOM, [file("a.bin", 101)]);
    expect(it.uploads.getSnapshot()).toMatchObject([
      { state: "failed", failure: { why: "tooLarge", limit: 100 } },
    ]);
    expect(rest.uploads.size).toBe(0);
  });

  test("more than one message may have are left out, and counted", async () => {
    const it = await page();
    const many = Array.from({ length: 12 }, (_, at) => file(`${at}`, 1));
    expect(await it.uploads.add(ROOM, many)).toBe(2);
    expect(it.uploads.drafted(ROOM)).toHaveLength(10);
  });

  test("a message with a file that was not taken waits for its writer, and what follows goes on", async () => {
    const it = await page();
    rest.sliceRefused = { status: 422, code: "UNPROCESSABLE" };
    await it.uploads.add(ROOM, [file("a.bin", 10)]);
    it.post("with a file");
    void it.outbox.add(ROOM, { what: "post", text: "after it", replyTo: null });
    await until(() => expect(it.posted.map(({ text }) => text)).toEqual(["after it"]));
    expect(it.outbox.getSnapshot()).toMatchObject([{ state: "failed", failure: { code: 0 } }]);
    expect(it.uploads.getSnapshot()).toMatchObject([{ failure: { why: "refused", code: "UNPROCESSABLE" } }]);

    // Another try takes it; nothing of it was lost.
    const [failed] = it.outbox.getSnapshot();
    await it.outbox.retry(failed?.requestId ?? "");
    await until(() => expect(it.posted.map(({ text }) => text)).toEqual(["after it", "with a file"]));
  });

  test("it can be sent without that file", async () => {
    const it = await page();
    rest.sliceRefused = { status: 415, code: "UNSUPPORTED" };
    await it.uploads.add(ROOM, [file("a.bin", 10)]);
    await it.uploads.add(ROOM, [file("b.bin", 10)]);
    await until(() => expect(it.states().sort()).toEqual(["done", "failed"]));
    it.post("two");
    await until(() => expect(it.outbox.getSnapshot()).toMatchObject([{ state: "failed" }]));
    const [{ requestId } = { requestId: "" }] = it.outbox.getSnapshot();
    const bad = it.uploads.getSnapshot().find(({ state }) => state === "failed");
    await it.outbox.without(requestId, bad?.key ?? "");
    await until(() => expect(it.posted).toMatchObject([{ text: "two", files: [expect.any(String)] }]));
  });

  test("those that wait go on when others are taken away in the middle", async () => {
    const it = await page();
    let go = () => {};
    rest.held = new Promise<void>((done) => (go = done));
    await it.uploads.add(ROOM, [file("a", 1), file("b", 1), file("c", 1)]);
    await until(() => expect(it.states()).toEqual(["uploading", "uploading", "queued"]));
    const [a, b] = it.uploads.getSnapshot();
    it.uploads.remove(a?.key ?? "");
    it.uploads.remove(b?.key ?? "");
    go();
    await until(() => expect(it.states()).toEqual(["done"]));
    await until(() => expect(arrived()).toEqual([["c", 1]]));
  });

  test("what is taken away is taken away on the server too, also in the middle", async () => {
    const it = await page();
    rest.cutAfter = 100;
    await it.uploads.add(ROOM, [file("a.bin", 300)]);
    await until(() => expect(it.states()).toEqual(["waiting"]));
    it.uploads.remove(it.uploads.getSnapshot()[0]?.key ?? "");
    expect(it.uploads.getSnapshot()).toEqual([]);
    await until(() => expect(rest.uploads.size).toBe(0));
  });
});
