// How fast the web app is with a long history behind it, and whether what is read stays where it is
// while older pages come. `PARLOR_BENCH_MESSAGES` sets how long (100,000), `PARLOR_BENCH_PAGES` how far
// back it scrolls (100). `PARLOR_BENCH_BUDGETS=1` makes it fail above a budget of docs/performance.md: on a
// machine that does nothing else.

import assert from "node:assert/strict";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const MESSAGES = Number(process.env.PARLOR_BENCH_MESSAGES ?? 100_000);
const IN_FLIGHT = 64;
const SWITCHES = 20;
const STARTS = 9;
/** Older pages that are scrolled through, of 50 messages each. */
const PAGES = Number(process.env.PARLOR_BENCH_PAGES ?? 100);
/** Turns of the wheel through history that is loaded, and pages that are not. */
const TURNS = 60;
/** What a message takes at most, in bytes. */
const LONGEST = 16 * 1024;

const NO_LIMITS = ["http-address", "http-user"].flatMap((of) => [
  `--${of}-burst=1000000`,
  `--${of}-per-second=1000000`,
]);
const VIEWPORT = { width: 1280, height: 900 };

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
/** What was measured, as a table for docs/performance.md. */
const rows = [];

/** Notes pairs of wall time and time of the page's own thread, in milliseconds. The second does not
    depend on what else the machine does; the budget is for the median of the first, or for the most. */
function note(what, pairs, { budgetMs, of = "median" }) {
  const [wall, thread] = [0, 1].map((at) => pairs.map((pair) => pair[at]));
  const ms = (values) => `${median(values).toFixed(1)} (most ${Math.max(...values).toFixed(1)})`;
  const reached = of === "most" ? Math.max(...wall) : median(wall);
  rows.push({
    what,
    budgetMs,
    of,
    reached,
    line: `| ${what} | ${budgetMs} ms (${of}) | ${ms(wall)} | ${ms(thread)} |`,
  });
}

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
  await ada.register();
  await ada.join("short");
  await ada.join("long");
  await ada.page.getByTestId("message").first().waitFor();
  await ada.isKept();

  const context = ada.page.context();
  await context.addInitScript(noteUsable);
  await ada.page.close();
  const { page, coldStarts, firstSwitches } = await starts(context, world.server.url, { long, short });
  note("cold start from the cache, to messages and a composer that are painted", coldStarts, {
    budgetMs: 1_000,
  });
  note("room switch, the first after a start: from what the browser keeps", firstSwitches, { budgetMs: 50 });
  const measured = await thread(page);
  const switches = [];
  const others = (await isShown(page, long)) ? [short, long] : [long, short];
  for (let round = 0; round < SWITCHES + 2; round += 1) {
    const pair = await measured(() => switchTo(page, others[round % 2]));
    // A room that is shown for the first time comes from the storage or the server.
    if (round >= 2) switches.push(pair);
  }
  note("room switch, later: from memory", switches, { budgetMs: 50 });

  const frames = { budgetMs: 100, of: "most" };
  await shows(page, long);
  note(
    "a turn of the wheel, to the frame after it, while older pages come",
    await turns(page, measured),
    frames,
  );
  const texts = [
    ["a line of 16 KiB without a space", "w".repeat(LONGEST)],
    ["a line of 16 KiB of words", "word ".repeat(LONGEST / 5)],
    ["a line of 5,000 Chinese characters", "字".repeat(5_000)],
    ["a word with 600 marks above and below", `Z${"\u0335\u0321\u034e".repeat(200)}algo`],
  ];
  // To the newest, as whoever comes into the room.
  await shows(page, short);
  await shows(page, long);
  for (const [what, text] of texts) {
    const seen = [];
    for (let round = 0; round < 3; round += 1) {
      const { seq } = await ben.post(`/rooms/${long}/messages`, { text: "before it" });
      await page.locator(`[data-seq="${seq}"]`).waitFor();
      seen.push(await measured(() => arrives(page, () => ben.post(`/rooms/${long}/messages`, { text }))));
    }
    note(`${what}: from its coming to the painted frame`, seen, frames);
  }
  await page.getByTestId("timeline").hover();
  note("a turn of the wheel over those", await turns(page, measured, 20), frames);

  await shows(page, short);
  await shows(page, long);
  const { drifts, heapsMb, nodes } = await scrollBack(page, PAGES);
  console.log(
    `# drift of what is read, over ${drifts.length} older pages: ${Math.max(...drifts)} px at most`,
  );
  console.log(`# heap ${heapsMb.map((mb) => Math.round(mb)).join(", ")} MB over these pages`);
  console.log(`# most rows in the page: ${nodes}`);
  await shows(page, short);
  console.log(`# heap ${Math.round(await heapMb(page))} MB in the other room`);
  console.log(`#\n# | what | budget | ms, median (most) | of the page's own thread |\n# |---|---|---|---|`);
  for (const row of rows) console.log(`# ${row.line}`);

  // Times depend on what else the machine does; these do not.
  assert.equal(Math.max(...drifts), 0, "what is read does not move");
  assert.ok(nodes < 200, "the page holds what is near the screen");
  if (process.env.PARLOR_BENCH_BUDGETS !== "1") return;
  for (const { what, budgetMs, of, reached } of rows) {
    assert.ok(reached <= budgetMs, `${what}: ${reached.toFixed(1)} ms (${of}) of ${budgetMs} ms`);
  }
});

/** In the page: notes when there are messages and a composer, and when they were painted. */
function noteUsable() {
  new MutationObserver((_, observer) => {
    const usable =
      document.querySelector("[data-testid=message]") && document.querySelector("[data-testid=composer]");
    if (!usable) return;
    observer.disconnect();
    requestAnimationFrame(() =>
      setTimeout(() => {
        window.usableAt = performance.now();
      }),
    );
  }).observe(document, { subtree: true, childList: true });
}

/** Measures an act, which says how many milliseconds it took, in time of the page's own thread too. */
async function thread(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
  };
  return async (act) => {
    const before = await busy();
    const wall = await act();
    return [wall, (await busy()) - before];
  };
}

/** In the page: waits until no frame is due and nothing is left of the start. Who clicks looked first. */
async function atRest() {
  const idle = () => new Promise((resolve) => requestIdleCallback(resolve));
  let inARow = 0;
  while (inARow < 3) inARow = (await idle()).timeRemaining() < 40 ? 0 : inARow + 1;
}

/** Opens the app in new tabs, one after the other, each with the room it was left in; and in each the
    other room, which this tab has not shown. */
async function starts(context, url, { long, short }) {
  const [coldStarts, firstSwitches] = [[], []];
  for (let round = 0; ; round += 1) {
    const page = await context.newPage();
    const measured = await thread(page);
    coldStarts.push(
      await measured(async () => {
        await page.goto(url);
        return until("the page is usable", () => page.evaluate(() => window.usableAt));
      }),
    );
    await page.locator("[data-testid=connection][data-state=live]").first().waitFor();
    await page.evaluate(atRest);
    const other = (await isShown(page, long)) ? short : long;
    firstSwitches.push(await measured(() => switchTo(page, other)));
    // The first two had yet to keep what they showed, and code that was not compiled.
    if (round === STARTS + 1)
      return { page, coldStarts: coldStarts.slice(2), firstSwitches: firstSwitches.slice(2) };
    await page.close();
  }
}

/** From the click to the end of the frame in which the room's messages were painted. */
const switchTo = (page, room) =>
  page.evaluate(async (room) => {
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
  }, room);

/** The page itself is asked: what is known of it from outside comes later. */
const isShown = (page, room) => page.evaluate((room) => location.pathname.includes(room), room);

/** Goes to a room, where it is not on the screen already. */
async function shows(page, room) {
  if (!(await isShown(page, room))) await switchTo(page, room);
}

/** From the end of the frame before somebody's message is there to the end of the one that paints it. */
async function arrives(page, act) {
  await page.evaluate(() => {
    const newest = () =>
      Math.max(...[...document.querySelectorAll("[data-seq]")].map((row) => row.dataset.seq));
    const before = newest();
    let [ended, done] = [performance.now(), false];
    const frame = () => {
      if (done) return;
      ended = performance.now();
      requestAnimationFrame(frame);
    };
    frame();
    window.arrived = new Promise((resolve) => {
      new MutationObserver((_, observer) => {
        if (newest() === before) return;
        observer.disconnect();
        done = true;
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - ended)));
      }).observe(document, { subtree: true, childList: true });
    });
  });
  await act();
  return page.evaluate(() => window.arrived);
}

/** Turns the wheel upwards; what each turn took until the frame after it. */
async function turns(page, measured, count = TURNS) {
  await page.getByTestId("timeline").hover();
  const took = [];
  for (let turn = 0; turn < count; turn += 1) {
    const pair = await measured(async () => {
      const worst = page.evaluate(
        () =>
          new Promise((resolve) => {
            let [last, most, frames] = [performance.now(), 0, 0];
            const frame = () => {
              const now = performance.now();
              [last, most, frames] = [now, Math.max(most, now - last), frames + 1];
              if (frames === 6) resolve(most);
              else requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
          }),
      );
      await page.mouse.wheel(0, -900);
      return worst;
    });
    took.push(pair);
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
