// What hands do without thinking: emoji by name, code in colours, Esc, a swipe, a mention while one looks elsewhere.

import assert from "node:assert/strict";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const viewport = { width: 1280, height: 800 };
const message = (person, text) => person.page.getByTestId("message").filter({ hasText: text });

/** A room of eve's with some lines in it, and ada in it. */
async function inRoom(world, texts, settings = { viewport }) {
  const server = await world.serve();
  const eve = new Rest(server);
  await eve.register("eve");
  const room = await eve.room("celadon", texts);
  const ada = await world.person("ada", settings);
  await ada.register();
  await ada.page.goto(`${ada.url}/rooms/${room}`);
  await ada.page.getByTestId("join-room").click();
  await ada.page.getByTestId("composer").waitFor();
  return { eve, room, ada, page: ada.page };
}

story("emoji are found by name and by looking, while writing and for reactions", async (world) => {
  const { ada, page } = await inRoom(world, ["shall we?"]);
  await ada.sees("shall we?");
  const composer = page.getByTestId("composer");
  await composer.pressSequentially("yes :tad");
  await page.getByTestId("emoji-list").getByText(":tada:").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("at 10:30, :rocket:");
  assert.equal(await composer.inputValue(), "yes 🎉 at 10:30, 🚀");
  await page.keyboard.press("Enter");
  await ada.sees("yes 🎉 at 10:30, 🚀");

  // Into the text, where the caret is.
  await composer.fill("well done");
  await composer.evaluate((box) => box.setSelectionRange(4, 4));
  await page.getByTestId("add-emoji").click();
  await page.getByTestId("emoji-search").fill("clap");
  await page.getByRole("gridcell").filter({ hasText: "👏" }).first().click();
  await until("it is in the text", async () => (await composer.inputValue()) === "well👏 done");

  // As a reaction, by keyboard alone: the same sign as the row of common ones has.
  await message(ada, "shall we?").focus();
  await page.keyboard.press("+");
  await page.getByTestId("emoji-search").waitFor();
  await page.getByTestId("emoji-search").focus();
  await page.keyboard.type("thumbs up");
  await page.getByRole("gridcell").filter({ hasText: "👍" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=reaction][data-emoji=👍]").waitFor();
});

story("code has its colours, and tables and tasks their shape, within the page's policy", async (world) => {
  const code = "```ts\nconst answer: number = 42; // why\n```";
  const table = "| a | b |\n|---|--:|\n| one | 2 |\n\n- [x] done\n- [ ] open";
  const { page, ada } = await inRoom(world, [code, table]);
  const keyword = page.locator("[data-testid=message-text] pre span").first();
  await keyword.waitFor();
  const colour = (theme) =>
    page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme;
      return getComputedStyle(document.querySelector("[data-testid=message-text] pre span")).color;
    }, theme);
  assert.equal(await colour("light"), "rgb(27, 111, 95)");
  assert.equal(await colour("dark"), "rgb(114, 205, 184)");
  assert.equal(await page.locator("[data-testid=message-text] pre").textContent(), code.slice(6, -4));
  assert.equal(await page.locator("td.text-end").textContent(), "2");
  assert.equal(await page.getByRole("img", { name: "☑" }).count(), 1);
  assert.deepEqual(
    ada.console.filter((line) => /content.security|violat|page error/i.test(line)),
    [],
  );
});

story("the newest line stays in sight while a long message is written", async (world) => {
  const lines = Array.from({ length: 80 }, (_, index) => `line ${index}`);
  const { ada, page } = await inRoom(world, lines);
  await ada.sees("line 79");
  await page.keyboard.press("Escape");
  const timeline = page.getByTestId("timeline");
  const away = () => timeline.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
  const height = () => timeline.evaluate((it) => it.clientHeight);
  await until("the end is there", async () => (await away()) <= 1);
  const before = await height();
  await page.getByTestId("composer").fill("one\ntwo\nthree\nfour\nfive");
  await until("the composer has grown", async () => (await height()) < before - 40);
  await until("the end is there still", async () => (await away()) <= 1);

  // Whoever reads further up is left there.
  await timeline.evaluate((it) => it.scrollTo(0, 0));
  const seen = await away();
  assert.ok(seen > 400, `${seen} pixels from the end`);
  await page.getByTestId("composer").fill("");
  await until("the composer is small again", async () => (await height()) === before);
  assert.ok((await away()) > 400, "the end has come nearer by itself");
});

story("Esc reads and jumps to the newest, and the tab says what is unread", async (world) => {
  const lines = Array.from({ length: 80 }, (_, index) => `line ${index}`);
  const { eve, ada, page, room } = await inRoom(world, lines);
  await ada.sees("line 79");
  await ada.createRoom("elsewhere");
  await eve.post(`/rooms/${room}/messages`, { text: "while you were away" });
  await until("the title counts", async () => (await page.title()) === "(1) elsewhere · Parlor");
  const icon = () => page.locator("link[rel=icon]").getAttribute("href");
  await until("the tab has a mark", async () => (await icon()) === "/icon-unread.svg");
  for (let more = 0; more < 40; more += 1) {
    await eve.post(`/rooms/${room}/messages`, { text: `more ${more}` });
  }
  await ada.room("celadon").click();
  await message(ada, "while you were away").waitFor();
  assert.equal(await message(ada, "more 39").count(), 0, "reading begins at the divider");
  await page.keyboard.press("Escape");
  await ada.sees("more 39");
  await until("nothing is unread", async () => (await page.title()) === "celadon · Parlor");
  await until("the tab's mark is gone", async () => (await icon()) === "/icon.svg");
});

/** Until a room is the one on screen: what comes meanwhile belongs to the one before. */
const isIn = (page, room) =>
  page.locator("[data-testid=room-item][aria-current=page]").filter({ hasText: room }).waitFor();

story("notifications are offered after a mention, and lead to the message", async (world) => {
  // Without a worker, which would show them in the page's place.
  const { eve, ada, page, room } = await inRoom(world, ["before"], { worker: "off" });
  await page.addInitScript(() => {
    window.told = [];
    window.Notification = class {
      static permission = localStorage.getItem("test.permission") ?? "default";
      static async requestPermission() {
        localStorage.setItem("test.permission", "granted");
        window.Notification.permission = "granted";
        return "granted";
      }
      constructor(title, { body }) {
        window.told.push({ title, body, click: () => this.onclick() });
      }
      close() {}
    };
  });
  await page.reload();
  await ada.createRoom("elsewhere");
  await isIn(page, "elsewhere");
  const told = () => page.evaluate(() => window.told.map(({ title, body }) => `${title}: ${body}`));
  await eve.post(`/rooms/${room}/messages`, { text: "nothing special" });
  await until("it is unread", async () => (await page.title()).startsWith("(1)"));
  assert.equal(await page.getByTestId("notify-offer").count(), 0);
  await eve.post(`/rooms/${room}/messages`, { text: "look, @ada" });
  await page.getByTestId("notify-on").click();
  await page.getByTestId("notify-offer").waitFor({ state: "detached" });
  assert.deepEqual(await told(), [], "what came before is not told after");
  const { seq } = await eve.post(`/rooms/${room}/messages`, { text: "are you there?" });
  await until("it is told", async () => (await told()).at(-1) === "eve · celadon: are you there?");
  await page.evaluate(() => window.told.at(-1).click());
  await until("the message has the focus", () =>
    page.evaluate((seq) => document.activeElement?.dataset.seq === seq, seq),
  );
  // The room on screen tells nothing.
  const before = (await told()).length;
  await eve.post(`/rooms/${room}/messages`, { text: "now you see it" });
  await ada.sees("now you see it");
  assert.equal((await told()).length, before);
});

story("the service worker shows notifications, takes them away, and leads to the message", async (world) => {
  const { eve, ada, page, room } = await inRoom(world, ["before"]);
  const context = page.context();
  await context.grantPermissions(["notifications"], { origin: world.server.url });
  await page.addInitScript(() => {
    // As on Android: a page shows none by itself.
    window.Notification = class {
      static permission = "granted";
      constructor() {
        throw new TypeError("Illegal constructor");
      }
    };
  });
  await page.reload();
  await ada.isKept();
  await ada.createRoom("elsewhere");
  await isIn(page, "elsewhere");
  const [worker] = context.serviceWorkers();
  const told = () =>
    worker.evaluate(async () => {
      const shown = await self.registration.getNotifications();
      return shown.map(({ title, body }) => `${title}: ${body}`);
    });
  const tells = (...expected) =>
    until(`it tells ${expected}`, async () => {
      assert.deepEqual(await told(), expected);
      return true;
    });
  await eve.post(`/rooms/${room}/messages`, { text: "one" });
  await tells("eve · celadon: one");
  const { seq } = await eve.post(`/rooms/${room}/messages`, { text: "two" });
  await tells("eve · celadon: two");

  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  });
  await until("the message has the focus", () =>
    page.evaluate((seq) => document.activeElement?.dataset.seq === seq, seq),
  );
  await tells();

  // What is read in a page that began later is taken away too.
  const item = (name) => page.getByTestId("room-item").filter({ hasText: name });
  await item("elsewhere").click();
  await isIn(page, "elsewhere");
  await eve.post(`/rooms/${room}/messages`, { text: "three" });
  await tells("eve · celadon: three");
  await page.reload();
  await ada.onLane("webtransport");
  await tells("eve · celadon: three");
  await item("celadon").click();
  await ada.sees("three");
  await tells();
});

story("what can be done with a message is in view where its head is not", async (world) => {
  const long = Array.from({ length: 80 }, (_, index) => `line ${index}`).join("\n");
  const { page } = await inRoom(world, [long], { viewport: { width: 390, height: 844 }, hasTouch: true });
  // They are drawn after the first frame.
  const acts = page.locator("article [role=toolbar]");
  await acts.waitFor({ state: "attached" });
  await page.touchscreen.tap(200, 400);
  await page.locator("article:focus").waitFor();
  const bar = await page.locator("main header").boundingBox();
  assert.ok((await acts.boundingBox()).y >= bar.y + bar.height - 1, "below the bar of the room");
  await acts.getByTestId("more-acts").tap();
  await page.getByRole("menu").waitFor();
});

story("a swipe goes back on a phone, and what is pressed is large enough", async (world) => {
  const { ada, page } = await inRoom(world, ["hello"], {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
  });
  await ada.sees("hello");
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, a, input, textarea, select")]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      // A link in a sentence is as high as its line.
      .filter((element) => !element.matches("[data-testid=message-text] a, p a, p button, .sr-only"))
      .map((element) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const [x, y] = [left + width / 2, top + height / 2];
        const isHit = (dx, dy) => {
          const hit = document.elementFromPoint(x + dx, y + dy);
          return hit !== null && element.contains(hit);
        };
        // How far from its middle a finger may be; what is covered is not there for a finger.
        const reach = (dx, dy) => {
          let far = 0;
          while (far < 60 && isHit(dx * far, dy * far)) far += 1;
          return far;
        };
        const size = [reach(-1, 0) + reach(1, 0), reach(0, -1) + reach(0, 1)];
        return { words: `${element.outerHTML.slice(0, 90)} ${size.join("x")}`, size, shown: isHit(0, 0) };
      })
      .filter(({ size, shown }) => shown && Math.min(...size) < 44)
      .map(({ words }) => words),
  );
  assert.deepEqual(small, []);

  const session = await page.context().newCDPSession(page);
  const touch = (type, x, y) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
  await touch("touchStart", 60, 300);
  for (let x = 80; x <= 260; x += 30) await touch("touchMove", x, 305);
  await touch("touchEnd");
  await page.getByTestId("room-list").waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
});
