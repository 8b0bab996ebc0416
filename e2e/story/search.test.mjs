// Somebody looks for what was said, by keyboard, and reads it where it stands.

import assert from "node:assert/strict";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

story("a Chinese word of two characters is found and jumped to, near and far back", async (world) => {
  await world.serve();
  const ben = new Rest(world.server);
  await ben.register("ben");
  // More than is loaded on the way to it.
  const filler = Array.from({ length: 250 }, (_, n) => `filler ${n}`);
  const room = await ben.room("celadon", ["很久以前我们喝龙井", ...filler]);
  const carol = new Rest(world.server);
  await carol.register("carol");
  await carol.post(`/rooms/${room}/join`, {});
  for (let n = 0; n < 200; n += 1) await carol.post(`/rooms/${room}/messages`, { text: `more ${n}` });
  await carol.post(`/rooms/${room}/messages`, {
    text: "我们明天早上喝龙井茶",
  });
  for (const text of ["one", "two", "three"]) await carol.post(`/rooms/${room}/messages`, { text });

  const ada = await world.person("ada");
  await ada.register();
  await ada.join("celadon");
  await ada.sees("three");
  const { page } = ada;
  const hits = page.getByTestId("search-hit");
  const field = page.getByTestId("search-field");
  const finds = (count) => until(`${count} hits`, async () => (await hits.count()) === count);

  await page.getByTestId("timeline").focus();
  await page.keyboard.press("/");
  await page.keyboard.type("龙井");
  await finds(2);
  assert.deepEqual(await hits.locator("mark").allTextContents(), ["龙井", "龙井"]);
  assert.match(await hits.first().textContent(), /carol.*celadon/);
  await page.keyboard.type(" from:ben");
  await finds(1);
  await page.keyboard.type(" in:nowhere");
  await page.getByTestId("search-nothing").getByText("in:nowhere").waitFor();
  await field.fill("cela");
  await page.getByTestId("search-room").getByText("celadon").waitFor();
  await field.fill("龙井");
  await finds(2);

  // The near one stands in the room as it is.
  const marked = page.locator("[data-marked]").getByText("我们明天早上喝龙井茶").waitFor();
  await hits.first().press("Enter");
  const focused = page.locator("[data-testid=message]:focus");
  await focused.getByText("我们明天早上喝龙井茶").waitFor();
  await marked;
  await until("it stands out for a moment", async () => (await page.locator("[data-marked]").count()) === 0);
  assert.equal(await page.getByTestId("to-newest").count(), 0);

  // The far one stands among older messages; from there it is one step to the newest.
  await page.keyboard.press("ControlOrMeta+Shift+f");
  await finds(2);
  await hits.last().press("Enter");
  await focused.getByText("很久以前我们喝龙井").waitFor();
  await page.getByTestId("message").getByText("filler 3", { exact: true }).waitFor();
  await page.getByTestId("to-newest").click();
  await ada.sees("three");
  await page.goBack();
  await finds(2);

  // What is changed or gone is found no more, what is new at once.
  await carol.post(`/rooms/${room}/messages`, { text: "龙井没有了" });
  await page.getByRole("radio", { name: "Best first" }).check();
  await finds(3);
});

story("a jump over hundreds of messages asks for one place, and reads on from there", async (world) => {
  await world.serve(["--http-user-burst=1000", "--http-address-burst=2000"]);
  const ben = new Rest(world.server);
  await ben.register("ben");
  const room = await ben.room("celadon");
  const seqs = [];
  for (let n = 1; n <= 600; n += 1) {
    seqs[n] = Number((await ben.post(`/rooms/${room}/messages`, { text: `line ${n}` })).seq);
  }
  const last = await ben.post(`/rooms/${room}/messages`, {
    text: "as I said",
    reply_to: `${seqs[5]}`,
  });

  const ada = await world.person("ada", { viewport: { width: 1280, height: 800 } });
  const { page } = ada;
  await ada.register();
  await ada.join("celadon");
  await ada.sees("as I said");
  // A page that begins anew begins at what is unread.
  const device = new Rest(world.server);
  await device.signIn("ada");
  await device.post(`/rooms/${room}/read`, { seq: last.seq });
  /** Pages of the room that were asked for; a quoted message comes alone. */
  const asked = [];
  page.on("request", (request) => {
    const [, query] = request.url().split(`/rooms/${room}/messages?`);
    if (query !== undefined && !query.endsWith("limit=1")) asked.push(query);
  });
  const newest = page.getByTestId("to-newest");
  /** What brings one to a line, which has the focus then, far from the newest. */
  async function jumps(n, act) {
    asked.splice(0);
    await act();
    await page.locator("[data-testid=message]:focus").getByText(`line ${n}`, { exact: true }).waitFor();
    await newest.waitFor();
    // The place itself, what is read ahead on both sides, and as much where the page begins anew.
    assert.ok(asked.length <= 5, `to line ${n}: ${asked.join(" ")}`);
    assert.equal(asked.filter((query) => query.startsWith("around=")).length, 1);
    assert.ok((await ada.timeline()).every(({ seq }) => Math.abs(seq - seqs[n]) <= 110));
  }
  async function returns() {
    await newest.click();
    await ada.sees("as I said");
    assert.equal(await newest.count(), 0);
  }

  await jumps(5, () => page.goto(`${world.server.url}/rooms/${room}/${seqs[5]}`));
  await returns();
  await jumps(5, () => page.getByTestId("quote").getByText("line 5", { exact: true }).click());
  const five = page.locator(`[data-seq="${seqs[5]}"]`);
  await five.getByTestId("more-acts").click();
  await five.getByTestId("pin-message").click();
  await returns();
  await page.getByText("ada pinned a message").waitFor();
  await page.getByRole("button", { name: "Room menu" }).click();
  await page.getByRole("menuitem", { name: "Pinned messages" }).click();
  await jumps(5, () => page.getByTestId("pin").getByRole("button").click());
  await returns();

  // Where the part that is read meets what was loaded, it is the room as it is, and nothing moves.
  await jumps(400, () => page.goto(`${world.server.url}/rooms/${room}/${seqs[400]}`));
  const moved = await page.evaluate(async () => {
    const scroller = document.querySelector("[data-testid=timeline]");
    const isPast = () => document.querySelector("[data-testid=to-newest]") !== null;
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const inView = () => {
      const middle = scroller.getBoundingClientRect().top + scroller.clientHeight / 2;
      const rows = [...document.querySelectorAll("[data-testid=message]")];
      return rows.find((row) => row.getBoundingClientRect().bottom > middle);
    };
    while (isPast()) {
      const { seq } = inView().dataset;
      const { top } = inView().getBoundingClientRect();
      for (let frames = 0; frames < 20 && isPast(); frames += 1) await frame();
      const after = document.querySelector(`[data-seq="${seq}"]`)?.getBoundingClientRect().top;
      if (Math.abs((after ?? -10_000) - top) > 1) return { seq, top, after };
      if (isPast()) scroller.scrollTop += 200;
    }
    return null;
  });
  assert.equal(moved, null, "what is read stays where it is");
  assert.ok(asked.length <= 7, asked.join(" "));
  const shown = (await ada.timeline()).map(({ seq }) => Number(seq));
  assert.deepEqual(
    shown,
    shown.map((_, at) => shown[0] + at),
    "no line is missing or there twice",
  );
  await page.getByTestId("timeline").focus();
  await page.keyboard.press("Escape");
  await ada.sees("as I said");
});
