// The page of somebody who has no network.
import { describe, expect, test } from "vitest";
import { summary } from "../../test/fake-rest.js";
import { ROOM } from "../../test/fake-server.js";
import { message, page } from "../../test/page.js";
import {
  begin,
  inRoom,
  kept,
  posted,
  requests,
  rest,
  server,
  stage,
  texts,
  until,
} from "../../test/stage.js";
import { idToBytes } from "../net/id.js";

stage();

describe("without a network", () => {
  test("a page started offline shows what was kept, and catches up when it can", async () => {
    const first = await inRoom();
    server.last.events(2, [posted("kept")]);
    await kept(2);
    await first.stop(false);

    rest.away = true;
    const client = await begin();
    await client.enter(ROOM);
    expect(texts(client)).toEqual(["text 1", "kept"]);
    expect(client.rooms.get(ROOM)?.name).toBe("design");

    rest.away = false;
    client.connection.tryNow();
    await until(() => expect(client.connection.getSnapshot().state).toBe("live"));
    expect(server.last.all("hello")[0]?.resume.map(({ seq }) => seq)).toContain(2n);
  });

  test("what was kept says until when it is complete", async () => {
    const first = await inRoom();
    const from = Date.now();
    server.last.events(2, [posted("kept")]);
    await kept(2);
    await first.stop(false);
    const to = Date.now();
    rest.away = true;
    const client = await begin();
    await client.enter(ROOM);
    const { completeAt } = client.view(ROOM).getSnapshot();
    expect(completeAt).toBeGreaterThanOrEqual(from);
    expect(completeAt).toBeLessThanOrEqual(to);
  });

  test("what was read without a server is told by the next page, unless it was told already", async () => {
    const first = await inRoom();
    await until(() => expect(first.connection.session).not.toBeNull());
    rest.away = true;
    server.refused.add("webtransport").add("websocket");
    server.last.events(2, [posted("unread")]);
    server.last.die();
    await until(() => expect(first.connection.session).toBeNull());
    expect(first.rooms.get(ROOM)?.unread).toBe(1);
    first.markRead(ROOM, 2);
    dispatchEvent(new Event("pagehide"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.stop(false);

    rest.away = false;
    server.refused.clear();
    // The server knows nothing of it yet.
    rest.rooms = [summary({ head: "2", read_seq: "1", unread: 1 })];
    const head = { roomId: idToBytes(ROOM), epoch: 1n, head: 2n, readSeq: 1n, unread: 1 };
    server.onHello = (peer) => peer.welcome({ heads: [head] });
    const client = await begin();
    await until(() =>
      expect(requests("markRead").map(({ body }) => body.value)).toMatchObject([{ seq: 2n }]),
    );
    expect(client.rooms.get(ROOM)?.unread).toBe(0);
    // Answered ok: it is not told again.
    await new Promise((resolve) => setTimeout(resolve, 900));
    await client.stop(false);
    const third = await begin();
    await until(() => expect(third.connection.session).not.toBeNull());
    expect(requests("markRead")).toEqual([]);
  });

  test("a list of which nothing is kept does not seem to be on its way", async () => {
    rest.away = true;
    const client = await begin();
    await until(() => expect(client.connection.getSnapshot().state).not.toBe("connecting"));
    expect(client.rooms.getSnapshot().status).toBe("error");
  });

  test("older pages are asked for again when the server is back", async () => {
    rest.newest = page([message(5)], 5, { more_before: true });
    rest.rooms = [summary({ head: "5", read_seq: "5" })];
    const client = await begin();
    await client.enter(ROOM);
    rest.away = true;
    await client.history.loadOlder(ROOM);
    expect(client.view(ROOM).getSnapshot().older).toBe("offline");
    rest.away = false;
    const old = server.last;
    old.die();
    await until(() => expect(server.last).not.toBe(old));
    await until(() => expect(client.view(ROOM).getSnapshot().older).toBe("idle"));
  });

  test("drafts are there after a reload", async () => {
    const first = await begin();
    first.drafts.write(ROOM, "half a thou");
    await new Promise((resolve) => setTimeout(resolve, 900));
    await first.stop(false);
    const client = await begin();
    expect(client.drafts.getSnapshot().get(ROOM)).toBe("half a thou");
  });

  test("a room of which nothing is kept says so, and loads when the server is back", async () => {
    rest.away = true;
    rest.newest = page([message(1)], 1);
    const client = await begin();
    await client.enter(ROOM);
    expect(client.view(ROOM).getSnapshot()).toMatchObject({ status: "error", error: "offline" });
    rest.away = false;
    client.connection.tryNow();
    await until(() => expect(texts(client)).toEqual(["text 1"]));
  });
});
