import { expect, test } from "vitest";
import { summary } from "../../test/fake-rest.js";
import { ROOM } from "../../test/fake-server.js";
import { message } from "../../test/page.js";
import { begin, posted, requests, rest, server, stage, texts, until } from "../../test/stage.js";
import type { Client } from "./client.js";
import { Past } from "./past.js";

stage();

const COUNT = 600;
const PAGE = 50;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const shown = (client: Client) =>
  client
    .view(ROOM)
    .getSnapshot()
    .entries.map(({ seq }) => seq);
/** Pages of messages asked for since the test last looked. */
const pages = () => rest.asked.splice(0).filter((asked) => asked.includes("/messages?"));

/** In a room with a long history, live, with its newest page. */
async function inLongRoom(): Promise<Client> {
  rest.messages = range(1, COUNT).map((seq) => message(seq));
  rest.rooms = [summary({ head: `${COUNT}`, read_seq: `${COUNT}` })];
  const client = await begin();
  await client.enter(ROOM);
  await until(() => expect(requests("open")).toHaveLength(1));
  expect(pages()).toHaveLength(1);
  expect(shown(client)).toEqual(range(COUNT - PAGE + 1, COUNT));
  return client;
}

async function past(client: Client, seq: number): Promise<Past> {
  const found = await client.history.find(ROOM, seq);
  if (!(found instanceof Past)) throw new Error(`${seq} is no part of the past: ${found}`);
  return found;
}

test("what is loaded is shown where it is; however far back the rest is, one page is asked for", async () => {
  const client = await inLongRoom();
  expect(await client.history.find(ROOM, COUNT - 3)).toBe("here");
  expect(pages()).toEqual([]);
  const far = await past(client, 5);
  expect(pages()).toEqual([`GET /rooms/${ROOM}/messages?around=5&limit=50`]);
  expect(far.getSnapshot()).toMatchObject({ moreBefore: false, moreAfter: true, joined: false });
  expect(shown(client)).toEqual(range(COUNT - PAGE + 1, COUNT));
  expect(await client.history.find(ROOM, COUNT + 7)).toBeNull();
  expect(pages()).toHaveLength(1);
});

test("a message just before what is loaded becomes a part of the room at once", async () => {
  const client = await inLongRoom();
  expect(await client.history.find(ROOM, COUNT - PAGE - 9)).toBe("here");
  expect(pages()).toHaveLength(1);
  expect(shown(client)).toEqual(range(COUNT - PAGE - 9 - PAGE / 2, COUNT));
  expect(client.view(ROOM).getSnapshot().moreBefore).toBe(true);
});

test("a part of the past that grows into the room becomes a part of it, with what happened meanwhile", async () => {
  const client = await inLongRoom();
  const part = await past(client, 450);
  const edited = { case: "messageEdited" as const, value: { messageSeq: 430n, text: "changed" } };
  server.last.events(COUNT + 1, [{ body: edited }, posted("new")]);
  await part.loadNewer();
  expect(part.getSnapshot()).toMatchObject({ moreAfter: true, joined: false });
  expect(shown(client)).toEqual([...range(551, COUNT), COUNT + 2]);
  await part.loadNewer();
  expect(part.getSnapshot()).toMatchObject({ joined: true });
  expect(shown(client)).toEqual([...range(425, COUNT), COUNT + 2]);
  expect(texts(client)[5]).toBe("changed");
  expect(client.view(ROOM).getSnapshot().moreBefore).toBe(true);
  expect(pages()).toHaveLength(3);
  // From there it goes on as in every room.
  client.history.leave(part);
  await client.history.loadOlder(ROOM);
  expect(shown(client).slice(0, 2)).toEqual([375, 376]);
});
