// The app without a server, and with another one than before.

import assert from "node:assert/strict";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const texts = async (person) => (await person.timeline()).map(({ text }) => text);

/** The first script of the page names its build. */
const build = (page) =>
  page.evaluate(() => new URL(document.querySelector("script[type=module][src]").src).pathname);

const caches = (page) => page.evaluate(() => window.caches.keys());

story(
  "without a server the app starts, shows what it has, and sends in order when it is back",
  async (world) => {
    const server = await world.serve();
    const ada = await world.person("ada");
    await ada.register();
    await ada.createRoom("seen once");
    const seenOnce = ada.page.url();
    await ada.createRoom("celadon");
    const celadon = ada.page.url();
    await ada.say("said with a server");
    await ada.sees("said with a server");
    const ben = await world.person("ben");
    await ben.register();
    await ben.join("seen once");
    await ben.say("something unread");
    await ben.sees("something unread");
    const unread = ada.room("seen once");
    await until("ada has something unread", async () => (await unread.getAttribute("data-unread")) === "1");
    await ben.join("celadon");
    await ben.sees("said with a server");
    await ben.say("and answered");
    await ada.sees("and answered");
    await ada.isKept();

    // A room that this device knows of and has never shown.
    const dora = await world.person("dora");
    await dora.register();
    await dora.createRoom("elsewhere");
    const elsewhere = dora.page.url();
    await ada.page.goto(elsewhere);
    await ada.page.getByTestId("join-room").waitFor();
    await ada.page.goto(celadon);
    await ada.sees("and answered");

    await server.kill();
    await ada.page.reload();
    await ada.sees("and answered");
    assert.deepEqual((await texts(ada)).slice(-2), ["said with a server", "and answered"]);
    await ada.page.getByTestId("saved-copy").waitFor();
    assert.equal(await unread.getAttribute("data-unread"), "1", "unread counts are kept");

    for (const text of ["first", "second", "third"]) await ada.say(`${text} without a server`);
    await ada.page.reload();
    await until("what was written waits", async () => (await texts(ada)).at(-1) === "third without a server");
    const waiting = (await ada.timeline()).filter(({ state }) => state !== "sent");
    assert.equal(waiting.length, 3, "nothing is called sent");

    // Never shown here: said so, not shown as empty.
    await ada.page.goto(elsewhere);
    await ada.page.getByTestId("timeline").waitFor({ state: "detached" });
    await ada.page.goto(seenOnce);
    await ada.sees("something unread");
    await ada.page.goto(celadon);
    await until("what was written waits", async () => (await texts(ada)).at(-1) === "third without a server");

    await server.start();
    for (const text of ["first", "second", "third"]) await ben.sees(`${text} without a server`);
    await ada.sees("third without a server");
    const truth = await world.history(ben);
    assert.deepEqual(await ada.timeline(), truth, "the screen of ada");
    assert.deepEqual(await ben.timeline(), truth, "the screen of ben");
    assert.deepEqual(
      truth.slice(-3).map(({ text }) => text),
      ["first", "second", "third"].map((text) => `${text} without a server`),
    );
  },
);

story(
  "after an upgrade of the server no page is stale, and an open one offers the new version",
  async (world) => {
    const url = await world.serveBehindFront();
    const ada = await world.person("ada", { url, lane: "websocket" });
    await ada.register();
    await ada.createRoom("celadon");
    await ada.say("before the upgrade");
    await ada.sees("before the upgrade");
    await ada.isKept();
    const first = await build(ada.page);
    const [before] = await caches(ada.page);
    const settings = { path: ada.page.url() };
    const second = await ada.page.context().newPage();
    await second.goto(settings.path);
    await second.getByTestId("composer").waitFor();
    assert.equal(await build(second), first);

    // The open page goes on, keeps what is being written, and says that there is more.
    await ada.page.getByTestId("composer").fill("half a sentence");
    world.front.upgraded = true;
    await world.server.kill();
    await world.server.start();
    await ada.onLane("websocket");

    // The very next visit shows the new version, whatever the worker keeps.
    await second.reload();
    await second.getByTestId("composer").waitFor();
    assert.notEqual(await build(second), first);

    await ada.page.getByTestId("new-version").waitFor({ timeout: 60_000 });
    assert.equal(await build(ada.page), first, "it did not load by itself");
    assert.equal(await ada.page.getByTestId("composer").inputValue(), "half a sentence");
    await ada.page.getByTestId("new-version").getByRole("button").click();
    await until("the new version", async () => (await build(ada.page)) !== first);
    await ada.page.getByTestId("composer").waitFor();
    assert.equal(await ada.page.getByTestId("composer").inputValue(), "half a sentence");
    assert.equal(await ada.page.getByTestId("new-version").count(), 0);

    // One cache, of the new version; without a server it is the new version that starts.
    const now = await caches(ada.page);
    assert.equal(now.length, 1);
    assert.notEqual(now[0], before);
    await world.server.kill();
    await world.front.close();
    await ada.page.reload();
    await ada.sees("before the upgrade");
    assert.notEqual(await build(ada.page), first);
  },
);

story("a server that is slow with its page does not keep anybody waiting", async (world) => {
  const url = await world.serveBehindFront();
  const ada = await world.person("ada", { url, lane: "websocket" });
  await ada.register();
  await ada.createRoom("celadon");
  await ada.say("kept here");
  await ada.sees("kept here");
  await ada.isKept();
  world.front.pageDelayMs = 20_000;
  const from = performance.now();
  await ada.page.reload({ waitUntil: "commit" });
  await ada.sees("kept here");
  const tookMs = Math.round(performance.now() - from);
  console.log(`# on screen ${tookMs} ms after a reload with a slow server`);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
});

story("a worker can be got rid of", async (world) => {
  await world.serve();
  const ada = await world.person("ada");
  await ada.register();
  await ada.isKept();
  assert.equal((await caches(ada.page)).length, 1);
  await ada.page.evaluate(() => localStorage.setItem("parlor.worker", "off"));
  await ada.page.reload();
  await until("the worker is gone", () =>
    ada.page.evaluate(async () => {
      const workers = await navigator.serviceWorker.getRegistrations();
      return workers.length === 0 && (await window.caches.keys()).length === 0;
    }),
  );
  // It serves this page until that is left, and keeps nothing anew.
  const isServed = await ada.page.evaluate(async () => {
    await (await fetch(document.querySelector("script[type=module][src]").src)).text();
    return navigator.serviceWorker.controller !== null;
  });
  assert.ok(isServed);
  assert.deepEqual(await caches(ada.page), []);
});
