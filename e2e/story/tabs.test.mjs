// Tabs of one browser: one session for all of them, which outlives the tab that holds it.

import assert from "node:assert/strict";
import { Person } from "../lib/person.mjs";
import { story } from "../lib/world.mjs";

story("two tabs share one session, and the one that stays loses nothing", async (world) => {
  await world.serve();
  const first = await world.person("ada", { lane: "websocket" });
  await first.register();
  await first.createRoom("celadon");
  const room = first.page.url();
  const ben = await world.person("ben");
  await ben.register();
  await ben.join("celadon");

  const sockets = [];
  const page = await first.page.context().newPage();
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const second = new Person("ada", page, first.url);
  await page.goto(room);
  await second.onLane("websocket");
  await first.onLane("websocket");
  assert.deepEqual(sockets, [], "the second tab opens no connection");

  await ben.say("for both");
  await Promise.all([first.sees("for both"), second.sees("for both")]);
  await second.say("from the second");
  await Promise.all([
    first.sees("from the second"),
    second.sees("from the second"),
    ben.sees("from the second"),
  ]);
  await first.say("from the first");
  await second.sees("from the first");

  // Said while nobody leads: the first tab is gone, the second does not know yet.
  await first.page.close();
  await second.say("written at once");
  await ben.say("said meanwhile");
  await Promise.all([second.sees("said meanwhile"), second.sees("written at once")]);
  await ben.sees("written at once");
  assert.equal(sockets.length, 1, "now it has the session");
  const truth = await world.history(ben);
  assert.deepEqual(await second.timeline(), truth, "the second tab");
  assert.deepEqual(await ben.timeline(), truth, "ben");

  // Each tab shows a room of its own, and all of them follow both.
  const third = new Person("ada", await page.context().newPage(), first.url);
  await third.page.goto(first.url);
  await third.createRoom("ops");
  await ben.say("in celadon");
  await second.sees("in celadon");
  await third.say("in ops");
  await third.sees("in ops");
  assert.equal(sockets.length, 1);
});
