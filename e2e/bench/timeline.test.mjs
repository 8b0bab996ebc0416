// How fast the web app is with a long history behind it, and whether what is read stays where it is
// while older pages come. `PARLOR_BENCH_MESSAGES` sets how long (100,000).

import assert from "node:assert/strict";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const MESSAGES = Number(process.env.PARLOR_BENCH_MESSAGES ?? 100_000);
const IN_FLIGHT = 64;
const SWITCHES = 20;
const STARTS = 5;
/** Older pages that are scrolled through, of 50 messages each. */
const PAGES = Number(process.env.PARLOR_BENCH_PAGES ?? 100);

const NO_LIMITS = ["http-address", "http-user"].flatMap((of) => [
  `--${of}-burst=1000000`,
  `--${of}-per-second=1000000`,
]);
const VIEWPORT = { width: 1280, height: 900 };

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
/** As it is reported; what it should be on a machine that does nothing else: see docs/performance.md. */
const report = (what, values, unit) =>
  console.log(
    `# ${what}: median ${median(values).toFixed(1)} ${unit}, most ${Math.max(...values).toFixed(1)} ${unit}`,
  );

/** Lines of one to three rows, as people write them. */
const line = (at) => `message ${at} ${"and some more words ".repeat((at * 7) % 11)}`.trim();

async function fill(rest, room, count) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await rest.post(`/rooms/${room}/messages`, { text: line(next) });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

story("the web app with a long history", async (world) => {
  await world.serve(NO_LIMITS);
  const ben = new Rest(world.server);
  await ben.register("ben");
  const long = await ben.room("long");
  const short = await ben.room("short");
  const from = performance.now();
  await fill(ben, long, MESSAGES);
  await fill(ben, short, 100);
  console.log(`# ${MESSAGES} messages written in ${Math.round((performance.now() - from) / 1_000)} s`);

  const ada = await world.person("ada", { viewport: VIEWPORT });
  const { page } = ada;
  await ada.register();
  await ada.join("short");
  await ada.join("long");
  await page.getByTestId("message").first().waitFor();
  await ada.isKept();

  const coldStarts = await starts(page, ada);
  report("cold start from the cache, to messages and a composer", coldStarts, "ms");
  const switches = await switchRooms(page, [short, long]);
  report("room switch from the cache, to the painted frame", switches, "ms");

  const { drifts, heapsMb, nodes } = await scrollBack(page, PAGES);
  report(`drift of what is read, over ${drifts.length} older pages`, drifts, "px");
  console.log(`# heap ${heapsMb.map((mb) => Math.round(mb)).join(", ")} MB over these pages`);
  console.log(`# most rows in the page: ${nodes}`);
  await page.locator(`[data-room-id="${short}"]`).click();
  await page.locator(`[data-room-id="${short}"][aria-current=page]`).waitFor();
  await until("the other room is shown", async () => (await page.getByTestId("message").count()) > 0);
  console.log(`# heap ${Math.round(await heapMb(page))} MB in the other room`);

  // Times depend on what else the machine does; these do not.
  assert.equal(Math.max(...drifts), 0, "what is read does not move");
  assert.ok(nodes < 200, "the page holds what is near the screen");
});

async function starts(page, ada) {
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      const usable =
        document.querySelector("[data-testid=message]") && document.querySelector("[data-testid=composer]");
      if (!usable) return;
      window.usableAt = performance.now();
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true });
  });
  const took = [];
  for (let round = 0; round < STARTS; round += 1) {
    await page.reload();
    took.push(await until("the page is usable", () => page.evaluate(() => window.usableAt)));
    await ada.onLane("webtransport");
  }
  return took;
}

/** From the click to the end of the frame in which the room's messages were painted. */
async function switchRooms(page, rooms) {
  const took = [];
  for (let round = 0; round < SWITCHES; round += 1) {
    const ms = await page.evaluate(
      async (room) => {
        const shown = () => document.querySelector("[data-testid=message-text]");
        const before = shown();
        const from = performance.now();
        document.querySelector(`[data-room-id="${room}"]`).click();
        await new Promise((resolve) => {
          const observer = new MutationObserver(() => {
            if (shown() === null || shown() === before) return;
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(resolve));
          });
          observer.observe(document, { subtree: true, childList: true });
        });
        return performance.now() - from;
      },
      rooms[round % rooms.length],
    );
    // The first time a room is shown, it comes from the storage or the server.
    if (round >= rooms.length) took.push(ms);
  }
  return took;
}

/** Scrolls up page after page; around each, a line in view must stay where it is on the screen. */
async function scrollBack(page, pages) {
  const drifts = [];
  const heapsMb = [await heapMb(page)];
  let nodes = 0;
  for (let at = 0; at < pages; at += 1) {
    const { drift, count } = await page.evaluate(async () => {
      const scroller = document.querySelector("[data-testid=timeline]");
      const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      const settled = async () => {
        for (let quiet = 0, height = -1; quiet < 4; quiet += 1) {
          await frame();
          if (scroller.scrollHeight !== height) quiet = 0;
          height = scroller.scrollHeight;
        }
      };
      // Up to where the next page is asked for.
      const grown = (height) => scroller.scrollHeight > height + 400;
      scroller.scrollTop = 400;
      await frame();
      await frame();
      const height = scroller.scrollHeight;
      const top = scroller.getBoundingClientRect().top;
      const held = [...document.querySelectorAll("[data-testid=message]")].find(
        (row) => row.getBoundingClientRect().top > top + 200,
      );
      const { seq } = held.dataset;
      const before = held.getBoundingClientRect().top;
      for (let frames = 0; frames < 600 && !grown(height); frames += 1) await frame();
      await settled();
      const after = document.querySelector(`[data-seq="${seq}"]`)?.getBoundingClientRect().top;
      return {
        drift: after === undefined ? 10_000 : Math.abs(after - before),
        count: document.querySelectorAll("[data-index]").length,
      };
    });
    drifts.push(drift);
    nodes = Math.max(nodes, count);
    if ((at + 1) % Math.ceil(pages / 5) === 0) heapsMb.push(await heapMb(page));
  }
  return { drifts, heapsMb, nodes };
}

async function heapMb(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1_000_000;
}
