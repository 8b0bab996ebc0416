// Networks that swallow UDP: the page talks all the same.

import assert from "node:assert/strict";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

/** Notes, in milliseconds since the page began to load, when it loaded and when it was live. */
function watchFirstLive() {
  window.addEventListener("load", () => {
    window.loadedAt = performance.now();
  });
  new MutationObserver((_, observer) => {
    const live = document.querySelector("[data-testid=connection][data-state=live]");
    if (live === null) return;
    window.firstLive = { lane: live.dataset.lane, at: performance.now() };
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

story("UDP blocked from the start: over WebSocket within 1 s of page load", async (world) => {
  const url = await world.serveBehindRelay();
  world.relay.dropUdp = true;
  const ada = await world.person("ada", { url });
  await ada.register();
  await ada.createRoom("behind a firewall");
  await ada.say("the first words");
  await ada.sees("the first words");

  // A page that is loaded anew remembers nothing of this network.
  await ada.page.addInitScript(watchFirstLive);
  await ada.page.reload();
  const first = await until("the page is live", () =>
    ada.page.evaluate(() => window.firstLive && { ...window.firstLive, loadedAt: window.loadedAt }),
  );
  assert.equal(first.lane, "websocket");
  const waited = Math.round(first.at - first.loadedAt);
  console.log(`# live over WebSocket ${waited} ms after page load`);
  assert.ok(waited <= 1_000, `live ${waited} ms after page load`);
  await ada.say("after the reload");
  await ada.sees("after the reload");
});

/** Ada over WebTransport, which will be cut, and Ben over WebSocket, which will not. */
async function adaAndBen(world) {
  const url = await world.serveBehindRelay();
  const ada = await world.person("ada", { url });
  await ada.register();
  await ada.createRoom("the move");
  const ben = await world.person("ben", { url, lane: "websocket" });
  await ben.register();
  await ben.join("the move");
  await ada.onLane("webtransport");
  await ben.onLane("websocket");
  await ada.say("before the cut");
  await ben.sees("before the cut");
  return { ada, ben };
}

async function movesWithin(person, ms) {
  const from = performance.now();
  await person.onLane("websocket", ms);
  console.log(`# moved to WebSocket in ${Math.round(performance.now() - from)} ms`);
}

story("UDP cut while something is sent: moved within 6 s, nothing lost", async (world) => {
  const { ada, ben } = await adaAndBen(world);
  world.relay.dropUdp = true;
  await ada.say("sent into the void");
  await movesWithin(ada, 6_000);
  await ben.sees("sent into the void");
  await ada.sees("sent into the void");
  await sameForBoth(world, ada, ben);
});

story("UDP cut while idle: moved within 15 s, nothing lost", async (world) => {
  const { ada, ben } = await adaAndBen(world);
  world.relay.dropUdp = true;
  await ben.say("said while ada was cut off");
  await movesWithin(ada, 15_000);
  await ada.sees("said while ada was cut off");
  await ada.say("and back");
  await ada.sees("and back");
  await ben.sees("and back");
  await sameForBoth(world, ada, ben);
});

async function sameForBoth(world, ada, ben) {
  const truth = await world.history(ben);
  assert.deepEqual(await ada.timeline(), truth, "the screen of ada");
  assert.deepEqual(await ben.timeline(), truth, "the screen of ben");
}
