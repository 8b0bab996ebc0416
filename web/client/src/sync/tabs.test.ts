// Several tabs of one browser: one session for all of them.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA, FakeRest, summary } from "../../test/fake-rest.js";
import { FakeServer, OTHER, ROOM, USER } from "../../test/fake-server.js";
import { FakeBrowser, type FakeTab } from "../../test/fake-tabs.js";
import { message, page } from "../../test/page.js";
import { bytesToId, idToBytes } from "../net/id.js";
import { Client } from "./client.js";
import { forgetStorage } from "./storage.js";

let rest: FakeRest;
let server: FakeServer;
let browser: FakeBrowser;
const clients: Client[] = [];
beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("WebTransport", class {});
  rest = new FakeRest();
  rest.newest = page([message(1)], 1);
  rest.rooms = [summary({ head: "1", read_seq: "1" })];
  vi.stubGlobal("fetch", rest.fetch);
  server = new FakeServer();
  const head = { roomId: idToBytes(ROOM), epoch: 1n, head: 1n, readSeq: 1n };
  server.onHello = (peer) => peer.welcome({ heads: [head] as never });
  browser = new FakeBrowser();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.stop(false);
  await forgetStorage(USER);
  vi.unstubAllGlobals();
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 9_000, interval: 5 });

async function open(): Promise<{ client: Client; tab: FakeTab }> {
  const tab = browser.tab();
  const auth = await rest.auth();
  const client = await Client.start({ auth, user: ADA, openers: server.openers, tabs: tab.links });
  clients.push(client);
  await until(() => expect(client.connection.getSnapshot().state).toBe("live"));
  return { client, tab };
}
const posted = (text: string, requestId?: Uint8Array) => ({
  actorId: idToBytes(requestId === undefined ? OTHER : USER),
  body: { case: "messagePosted" as const, value: { text } },
  ...(requestId !== undefined && { requestId }),
});
const texts = (client: Client) =>
  client
    .view(ROOM)
    .getSnapshot()
    .entries.map((entry) => (entry.kind === "message" ? entry.text : ""));
const requests = (kind: string) =>
  server.last
    .all("request")
    .flatMap(({ requestId, body }) => (body.case === kind ? [{ requestId, body }] : []));

/** Two tabs, both in the room. */
async function two() {
  const first = await open();
  const second = await open();
  await first.client.enter(ROOM);
  await second.client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(1));
  return { first, second };
}

test("two tabs have one session, and both show what comes", async () => {
  const { first, second } = await two();
  expect(server.peers).toHaveLength(1);
  expect(first.client.connection.leads).toBe(true);
  expect(second.client.connection.leads).toBe(false);
  expect(second.client.connection.getSnapshot()).toMatchObject({ state: "live", lane: "webtransport" });
  server.last.events(2, [posted("for both")]);
  await until(() => expect(texts(second.client)).toEqual(["text 1", "for both"]));
  expect(texts(first.client)).toEqual(["text 1", "for both"]);
});

test("each tab sends its own lines, and is told what became of them", async () => {
  const { second } = await two();
  server.onRequest = () => {};
  second.client.write(ROOM, { what: "post", text: "mine", replyTo: null });
  await until(() => expect(requests("post")).toHaveLength(1));
  const requestId = requests("post")[0]?.requestId as Uint8Array;
  server.last.ok(requestId, 2);
  await until(() => expect(second.client.outbox.getSnapshot()).toMatchObject([{ state: "sent" }]));
  server.last.events(2, [posted("mine", requestId)]);
  await until(() => expect(second.client.outbox.getSnapshot()).toEqual([]));
});

test("c7 the tab that leads is closed: the other goes on from where it stands and loses nothing", async () => {
  const { first, second } = await two();
  server.onRequest = () => {};
  second.client.write(ROOM, { what: "post", text: "on its way", replyTo: null });
  await until(() => expect(requests("post")).toHaveLength(1));
  const before = requests("post")[0]?.requestId;
  const old = server.last;
  server.last.events(2, [posted("heard by both")]);
  await until(() => expect(texts(second.client)).toContain("heard by both"));
  clients.splice(clients.indexOf(first.client), 1);
  first.tab.kill();
  old.die();
  await until(() => expect(second.client.connection.leads).toBe(true));
  await until(() => expect(server.last).not.toBe(old));
  const resumed = server.last.all("hello")[0]?.resume.map(({ logId, seq }) => [bytesToId(logId), seq]);
  expect(resumed).toContainEqual([ROOM, 2n]);
  await until(() => expect(requests("post").map(({ requestId }) => requestId)).toEqual([before]));
  server.last.events(3, [posted("after it")]);
  await until(() => expect(texts(second.client)).toEqual(["text 1", "heard by both", "after it"]));
  await first.client.stop(false);
});

test("a tab that does not show the room counts what is unread in it", async () => {
  const first = await open();
  const second = await open();
  await first.client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(1));
  await until(() => expect(second.client.rooms.get(ROOM)).toBeDefined());
  server.last.events(2, [posted("unread there")]);
  await until(() => expect(second.client.rooms.get(ROOM)).toMatchObject({ head: 2, unread: 1 }));
});

test("a room stays open as long as any tab shows it", async () => {
  const first = await open();
  const second = await open();
  await second.client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(1));
  await first.client.enter(ROOM);
  // What comes after the page comes to all tabs: nothing has to be opened again.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(requests("open")).toHaveLength(1);
  clients.splice(clients.indexOf(second.client), 1);
  await second.client.stop(false);
  server.last.events(2, [posted("still here")]);
  await until(() => expect(texts(first.client)).toContain("still here"));
  expect(requests("close")).toEqual([]);
});

test("what only a closed tab had open is closed", async () => {
  await open();
  const second = await open();
  await second.client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(1));
  clients.splice(clients.indexOf(second.client), 1);
  second.tab.kill();
  await until(() => expect(requests("close")).toHaveLength(1));
  await second.client.stop(false);
});

test("a tab that opens a room from further back gets what it lacks, and the others nothing twice", async () => {
  const { second } = await two();
  server.last.events(2, [posted("a"), posted("b")]);
  await until(() => expect(texts(second.client)).toHaveLength(3));
  const third = await open();
  // Its page was loaded before these came.
  await third.client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(2));
  expect(requests("open")[1]?.body.value).toMatchObject({ afterSeq: 1n });
  server.last.events(2, [posted("a"), posted("b")]);
  await until(() => expect(texts(third.client)).toEqual(["text 1", "a", "b"]));
  expect(texts(second.client)).toEqual(["text 1", "a", "b"]);
});

test("a session that is lost is lost for all, and they come back together", async () => {
  const { first, second } = await two();
  const old = server.last;
  const states = new Set<string>();
  second.client.connection.subscribe(() => states.add(second.client.connection.getSnapshot().state));
  old.die();
  await until(() => expect(server.last).not.toBe(old));
  await until(() => expect(second.client.connection.session).not.toBeNull());
  expect(states).toContain("reconnecting");
  server.last.events(2, [posted("afterwards")]);
  await until(() => expect(texts(second.client)).toContain("afterwards"));
  expect(texts(first.client)).toContain("afterwards");
  expect(server.peers).toHaveLength(2);
});

test("a frozen tab that leads does not stall the others", async () => {
  const { first, second } = await two();
  const old = server.last;
  first.tab.frozen = true;
  old.cut = true;
  await until(() => expect(second.client.connection.leads).toBe(true));
  await until(() => expect(server.last).not.toBe(old));
  server.last.events(2, [posted("without it")]);
  await until(() => expect(texts(second.client)).toContain("without it"));
  // When it wakes it leads no more, and follows.
  first.tab.thaw();
  await until(() => expect(first.client.connection.leads).toBe(false));
  await until(() => expect(first.client.connection.session).not.toBeNull());
  server.last.events(3, [posted("with it again")]);
  await until(() => expect(texts(second.client)).toContain("with it again"));
}, 20_000);
