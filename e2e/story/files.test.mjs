// Files, pictures and clips from one to another, and a picture of oneself.

import assert from "node:assert/strict";
import { bytes, drawn, picture, receives, seesScreenshot } from "../lib/files.mjs";
import { png, tone } from "../lib/pictures.mjs";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

story("one drops and pastes, the other sees and downloads", async (world) => {
  const { ada, ben } = await world.together();
  const report = bytes("report.bin", 300_000);
  await ada.share([picture("plan.png", 640, 400), report], "the plan, and what it says");
  await ben.sees("the plan, and what it says");
  await drawn(ben, 1);
  await receives(ben, report);

  // A screenshot from the clipboard, without a word.
  await ada.shareScreenshot(picture("image.png", 300, 200));
  await drawn(ben, 2);
  await seesScreenshot(ben, ada);
  assert.match(await ben.page.locator("p[aria-live=polite]").first().textContent(), /^ada: Image$/);

  // Several pictures, turned by keyboard alone; the focus comes back.
  await ada.drop([picture("one.png", 200, 200), picture("two.png", 400, 100)]);
  await ada.page.getByTestId("composer").press("Enter");
  await drawn(ben, 4);
  const first = ben.page.getByTestId("picture").nth(2);
  await first.focus();
  await ben.page.keyboard.press("Enter");
  const lightbox = ben.page.getByTestId("lightbox");
  await lightbox.getByAltText("one.png").waitFor();
  await ben.page.keyboard.press("ArrowRight");
  await lightbox.getByAltText("two.png").waitFor();
  await ben.page.keyboard.press("Escape");
  await lightbox.waitFor({ state: "detached" });
  assert.ok(await first.evaluate((element) => element === document.activeElement));

  // A clip is heard with the browser's own controls, from the middle too.
  await ada.drop([{ name: "tone.wav", mimeType: "audio/wav", buffer: tone(3) }]);
  await ada.page.getByTestId("composer").press("Enter");
  const audio = ben.page.locator("audio");
  await until("the length is known", () => audio.evaluate(({ duration }) => Math.round(duration) === 3));
  await audio.evaluate((element) => {
    element.currentTime = 2;
  });
  await until("it is at the middle", () =>
    audio.evaluate(({ seeking, currentTime }) => !seeking && currentTime >= 2),
  );

  // The list of all of it, from which one comes to the message.
  await ben.page.getByRole("button", { name: "Room menu" }).click();
  await ben.page.getByTestId("room-files").click();
  const listed = ben.page.getByTestId("room-file");
  await until("all is listed", async () => (await listed.count()) === 6);
  assert.match(await listed.first().textContent(), /tone\.wav/);
  await ben.page.getByTestId("files-panel").getByText("Images", { exact: true }).click();
  await until("only pictures are", async () => (await listed.count()) === 4);
  await listed.last().getByRole("button", { name: "Show in the conversation" }).click();
  await until("the message has the focus", () =>
    ben.page.evaluate(() => document.activeElement?.textContent.includes("the plan, and what it says")),
  );

  // What is deleted is gone everywhere.
  const message = ada.page.getByTestId("message").filter({ hasText: "the plan, and what it says" });
  await message.focus();
  await message.getByTestId("more-acts").click();
  await message.getByTestId("delete-message").click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await until("the list follows", async () => (await listed.count()) === 3);
  await drawn(ben, 3);
});

story("nothing moves when pictures come", async (world) => {
  const server = await world.serve();
  const eve = new Rest(server);
  await eve.register("eve");
  const room = await eve.room("gallery");
  for (let at = 0; at < 6; at += 1) {
    await eve.post(`/rooms/${room}/messages`, { text: `line ${at}` });
    await eve.share(room, [[`${at}.png`, png(500 + 40 * at, 300)]]);
  }
  await eve.share(
    room,
    ["a", "b", "c"].map((name) => [`${name}.png`, png(200, 120)]),
    "the last of them",
  );
  const ada = await world.person("ada", { viewport: { width: 1280, height: 700 } });
  await ada.register();
  const { page } = ada;
  let letGo = () => {};
  const held = new Promise((resolve) => {
    letGo = resolve;
  });
  await page.route("**/files/**", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${ada.url}/rooms/${room}`);
  await page.getByTestId("join-room").click();
  await ada.sees("the last of them");
  const places = () =>
    page
      .getByTestId("message")
      .evaluateAll((messages) =>
        messages.map((message) => [message.dataset.seq, Math.round(message.getBoundingClientRect().top)]),
      );
  const settled = () =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await settled();
  const before = await places();
  letGo();
  await until("the pictures are drawn", async () => {
    const images = page.getByTestId("picture").locator("img");
    const widths = await images.evaluateAll((all) => all.map(({ naturalWidth }) => naturalWidth));
    return widths.length > 0 && widths.every((width) => width > 0);
  });
  await settled();
  assert.deepEqual(await places(), before);
});

story("a picture of oneself is cut by keyboard, and others see it at once", async (world) => {
  const { ada, ben } = await world.together();
  const { page } = ada;
  await page.getByTestId("me").locator("visible=true").click();
  await page.getByRole("menuitem", { name: "Profile" }).click();
  await page.getByTestId("avatar-input").setInputFiles(picture("me.png", 800, 500));
  const cropper = page.getByTestId("cropper");
  await cropper.waitFor();
  await cropper.focus();
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  await page.getByTestId("use-avatar").press("Enter");
  const own = page.getByTestId("me").locator("img");
  await until("she sees it", () => own.first().evaluate(({ naturalWidth }) => naturalWidth === 256));
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();

  await ben.page.locator("main header [aria-expanded]").first().click();
  const hers = ben.page.getByTestId("members-panel").locator("li", { hasText: "ada" }).locator("img");
  await until("ben sees it", () => hers.evaluate(({ naturalWidth }) => naturalWidth === 256));
});
