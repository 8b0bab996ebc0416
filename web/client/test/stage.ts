// A page with a server that its test plays: what tests of the whole client share.
import { afterEach, beforeEach, expect, vi } from "vitest";
import { idToBytes } from "../src/net/id.js";
import { Client } from "../src/sync/client.js";
import { forgetStorage, openStorage } from "../src/sync/storage.js";
import { ADA, FakeRest, summary } from "./fake-rest.js";
import { FakeServer, OTHER, ROOM, USER } from "./fake-server.js";
import { message, page } from "./page.js";

/** The REST face of the test that runs. */
export let rest: FakeRest;
/** The node of the test that runs. */
export let server: FakeServer;
const clients: Client[] = [];
/** Sets the stage anew for each test of the file that calls it. */
export function stage(): void {
  beforeEach(() => {
    localStorage.clear();
    vi.stubGlobal("WebTransport", class {});
    rest = new FakeRest();
    vi.stubGlobal("fetch", rest.fetch);
    server = new FakeServer();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.stop(false);
    await forgetStorage(USER);
    vi.unstubAllGlobals();
  });
}

export async function begin(): Promise<Client> {
  const client = await Client.start({ auth: await rest.auth(), user: ADA, openers: server.openers });
  clients.push(client);
  return client;
}
/** Until the page has settled; what is waited for is named by the test. */
export const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 4_000, interval: 5 });
export const texts = (client: Client) =>
  client
    .view(ROOM)
    .getSnapshot()
    .entries.map((entry) => (entry.kind === "message" ? entry.text : entry.change.what));
export const requests = (kind: string) =>
  server.last
    .all("request")
    .flatMap(({ requestId, body }) => (body.case === kind ? [{ requestId, body }] : []));
export const posted = (text: string, requestId?: Uint8Array, actor = OTHER) => ({
  actorId: idToBytes(actor),
  body: { case: "messagePosted" as const, value: { text } },
  ...(requestId !== undefined && { requestId }),
});

/** Until the browser keeps the room up to an event. */
export async function kept(seq: number): Promise<void> {
  const storage = await openStorage(USER);
  await until(async () => {
    expect((await storage.get("logs", ROOM))?.seq).toBe(seq);
    expect((await storage.get("state", "rooms"))?.rooms?.[0]?.head).toBe(seq);
  });
  storage.close();
}

/** In a room with one message, live. */
export async function inRoom(): Promise<Client> {
  rest.newest = page([message(1)], 1);
  rest.rooms = [summary({ head: "1", read_seq: "1" })];
  const client = await begin();
  await client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(1));
  return client;
}
