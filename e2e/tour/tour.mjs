// Makes the pictures of docs/tour.md anew: `npm run tour`, where fonts for Chinese and emoji are installed.

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../lib/server.mjs";
import { story } from "../lib/world.mjs";
import { paint } from "./art.mjs";
import { furnish } from "./content.mjs";
import { shrink } from "./shrink.mjs";

const FOLDER = path.join(ROOT, "docs", "tour");
const DESK = { width: 1120, height: 800 };
const PHONE = { width: 390, height: 760 };

story("the tour is pictured", async (world) => {
  await mkdir(FOLDER, { recursive: true });
  await world.serve();
  const painter = (await world.person("painter")).page;
  const { rooms } = await furnish(world.server, await paint(painter));

  /** Ada at a device of hers, and how a picture of its screen is taken. */
  async function device(settings) {
    const ada = await world.person("ada", settings);
    const { page } = ada;
    const by = (id) => page.getByTestId(id).first();
    const take = async (name) => {
      // Pictures, letters and colours of code come a moment after the words.
      await page.waitForLoadState("networkidle");
      await page.evaluate(() => document.fonts.ready);
      await page.mouse.move(0, 0);
      await writeFile(path.join(FOLDER, `${name}.png`), await shrink(painter, await page.screenshot()));
    };
    const open = async (room) => {
      await page.goto(`${ada.url}/rooms/${room}`);
      await by("message").waitFor();
      await ada.onLane("webtransport");
    };
    return { ada, page, by, take, open };
  }

  await atADesk(await device({ viewport: DESK, locale: "en", theme: "light" }), rooms);
  await inTheDark(await device({ viewport: DESK, locale: "en", theme: "dark" }), rooms);
  await inChinese(await device({ viewport: DESK, locale: "zh", theme: "light" }), rooms);
  await onAPhone(await device({ viewport: PHONE, hasTouch: true, locale: "en", theme: "light" }), rooms);
  const operator = await device({ viewport: DESK, locale: "en", theme: "light" });
  await asAnAdmin(operator, await world.server.claimLink());
  await withoutAServer(await device({ viewport: DESK, locale: "en", theme: "dark" }), { world, rooms });
});

async function atADesk({ ada, page, by, take, open }, rooms) {
  await page.goto(ada.url);
  await by("auth-switch").click();
  await by("auth-name").fill("ada");
  await by("auth-password").fill("celadon");
  await take("sign-up");
  await ada.signIn();

  await open(rooms.design);
  await page.getByTestId("message").filter({ hasText: "forty bowls" }).waitFor();
  await take("room");

  await page.locator("main header [aria-haspopup=menu]").click();
  await by("room-files").click();
  await by("room-file").waitFor();
  await take("files");
  await page.keyboard.press("Escape");

  await page.goto(`${ada.url}/search`);
  await by("search-field").fill("kiln");
  await by("search-hit").waitFor();
  await take("search");

  await open(rooms.kiln);
  await page.locator("main header [aria-haspopup=menu]").click();
  await by("invite-people").click();
  await by("make-invite").click();
  await by("qr-code").waitFor();
  await take("invite");

  await open(rooms.design);
  const code = page.getByTestId("message").filter({ hasText: "holds the top for too long" }).first();
  await code.focus();
  await page.keyboard.press("f");
  await page.getByRole("option").filter({ hasText: "kiln" }).click();
  await by("forward-comment").fill("Before Tuesday night, please: it holds the top for too long.");
  await take("forward");
  await page.keyboard.press("Escape");

  await by("composer").pressSequentially("The bowls can wait, @");
  await page.getByRole("listbox").waitFor();
  await take("writing");
}

async function inTheDark({ ada, page, by, take, open }, rooms) {
  await ada.signIn();
  await open(rooms.design);
  const answer = page.getByTestId("message").filter({ hasText: "take one bag" });
  await ada.say("@xiaowen I will take one bag, thank you. 谢谢！");
  await answer.waitFor();
  await answer.hover();
  await answer.getByTestId("more-acts").click();
  await page.getByRole("menu").waitFor();
  await take("message");
  await page.keyboard.press("Escape");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("k");
  await page.getByRole("option").filter({ hasText: "“k”" }).waitFor();
  await take("switcher");
  await page.keyboard.press("Escape");

  await page.goto(`${ada.url}/people`);
  await by("accept-request").waitFor();
  await take("people");
}

async function inChinese({ ada, take, open }, rooms) {
  await ada.signIn();
  await open(rooms.glazes);
  await take("chinese");
}

async function onAPhone({ ada, page, by, take, open }, rooms) {
  await ada.signIn();
  await page.goto(ada.url);
  await by("room-item").waitFor();
  await take("phone-rooms");
  await open(rooms.design);
  await take("phone-room");
}

async function asAnAdmin({ ada, page, by, take }, link) {
  await ada.signIn();
  await page.goto(link);
  await by("claim").click();
  await by("admin-user").waitFor();
  await take("admin");
}

async function withoutAServer({ ada, page, by, take, open }, { world, rooms }) {
  await ada.signIn();
  await open(rooms.general);
  await page.getByTestId("message").filter({ hasText: "Not any more." }).waitFor();
  await world.server.kill();
  await ada.say("Then I will bake another one.");
  await page.locator("[data-testid=connection][data-state=reconnecting]").waitFor();
  await by("saved-copy").waitFor();
  await take("offline");
}
