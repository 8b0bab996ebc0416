// Files on their way: through lost connections, a server's death and a reload.

import assert from "node:assert/strict";
import { bytes, receives } from "../lib/files.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

story("what is dropped without a server is sent in order when it is back", async (world) => {
  const { ada, ben } = await world.together();
  // The code for it came after the page was live.
  await ada.drop([bytes("before.bin", 1_000)]);
  await ada.page.getByTestId("composer").press("Enter");
  await ada.lastSent();

  await world.server.kill();
  const late = bytes("late.bin", 500_000);
  await ada.page.locator("[data-testid=connection][data-state=reconnecting]").first().waitFor();
  await ada.drop([late]);
  await ada.page.getByText("waiting for network").waitFor();
  await ada.say("with a file");
  await ada.say("and after it");
  assert.equal(await ada.page.getByTestId("pending-files").count(), 1);
  await world.server.start();
  await ben.sees("and after it");
  const texts = (await ben.timeline()).map(({ text }) => text).filter((text) => text !== "");
  assert.deepEqual(texts, ["with a file", "and after it"]);
  await receives(ben, late);
});

/** Counts what goes up; from the third slice on it is held until it is let go. */
async function watchUploads(page) {
  const seen = { begun: 0, from: [], held: false, letGo: () => {} };
  const free = new Promise((resolve) => {
    seen.letGo = resolve;
  });
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/uploads")) seen.begun += 1;
  });
  await page.route("**/api/v1/uploads/*", async (route) => {
    const request = route.request();
    if (request.method() === "PATCH") {
      seen.from.push(Number(request.headers()["upload-offset"]));
      if (seen.from.length > 2) {
        seen.held = true;
        await free;
      }
    }
    await route.continue().catch(() => {});
  });
  return seen;
}

/** Ada sends a large file, of which the server has the beginning. */
async function halfSent(world) {
  const { ada, ben } = await world.together();
  const seen = await watchUploads(ada.page);
  const large = bytes("large.bin", 3_000_000);
  await ada.drop([large]);
  await ada.say("a large one");
  await until("it is in the middle", () => seen.held);
  return { ada, ben, seen, large };
}

/** What came after the cut began where the server was, and nothing of it came twice. */
function wentOn(seen, cut) {
  assert.equal(seen.begun, 1, "it is the same upload");
  const after = seen.from.slice(cut);
  assert.ok(after[0] > 0, `from ${seen.from}`);
  assert.equal(new Set(after).size, after.length, `twice: ${seen.from}`);
}

story("an upload that the server's death cut goes on from where the server has it", async (world) => {
  const { ada, ben, seen, large } = await halfSent(world);
  await world.server.kill();
  const cut = seen.from.length;
  seen.letGo();
  await ada.page.getByText("waiting for network").waitFor();
  await world.server.start();
  await ben.sees("a large one");
  wentOn(seen, cut);
  await receives(ben, large);
});

story("an upload goes on from where the server has it after a reload", async (world) => {
  const { ada, ben, seen, large } = await halfSent(world);
  const cut = seen.from.length;
  // The page finds the file and the message on this device.
  await ada.page.reload();
  seen.letGo();
  await ben.sees("a large one");
  wentOn(seen, cut);
  await receives(ben, large);
});
