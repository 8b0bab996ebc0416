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
  await carol.post(`/rooms/${room}/messages`, { text: "我们明天早上喝龙井茶" });
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
