// Somebody answers, and everybody finds the way to what was answered, by keyboard and by link.

import assert from "node:assert/strict";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const viewport = { width: 1280, height: 800 };
const row = (person, text) => person.page.locator("[data-testid=message]").filter({ hasText: text });
const focused = (person) => person.page.evaluate(() => document.activeElement?.dataset.seq ?? null);

story("answers lead back to what they answer, however old it is", async (world) => {
  const server = await world.serve();
  const eve = new Rest(server);
  await eve.register("eve");
  const room = await eve.room("long");
  const first = await eve.post(`/rooms/${room}/messages`, { text: "the very first" });
  const second = await eve.post(`/rooms/${room}/messages`, { text: "the second" });
  for (let line = 0; line < 180; line += 1) {
    await eve.post(`/rooms/${room}/messages`, { text: `line ${line} of many` });
  }
  const { seq } = await eve.post(`/rooms/${room}/messages`, { text: "shall we meet?" });
  await eve.post(`/rooms/${room}/messages`, { text: "about the first", reply_to: first.seq });

  const ada = await world.person("ada", { viewport });
  await ada.register();
  const { page } = ada;
  await page.goto(`${ada.url}/rooms/${room}`);
  await page.getByTestId("join-room").click();
  await ada.sees("about the first");

  // By keyboard alone: up from the list to the message, R, write, Enter.
  await page.getByTestId("timeline").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await until("the message has the focus", async () => (await focused(ada)) === seq);
  await page.keyboard.press("r");
  await page.getByTestId("answering").getByText("shall we meet?").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("answering").waitFor({ state: "detached" });
  await row(ada, "shall we meet?").first().focus();
  await page.keyboard.press("r");
  // Whom one may call stands above what is answered, and covers none of it.
  await page.keyboard.type("@");
  const list = await page.getByTestId("mention-list").boundingBox();
  const answered = await page.getByTestId("answering").boundingBox();
  assert.ok(list.y + list.height <= answered.y, "the list covers nothing");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("yes, at noon");
  await page.keyboard.press("Enter");
  await ada.sees("yes, at noon");
  assert.equal(await page.getByTestId("answering").count(), 0);
  const quote = row(ada, "yes, at noon").getByTestId("quote");
  await quote.getByText("shall we meet?").waitFor();
  const answers = await world.history(ada);
  assert.equal(answers.at(-1).text, "yes, at noon");

  // What is not loaded is quoted all the same, and is there after a click.
  const old = row(ada, "about the first").getByTestId("quote");
  await old.getByText("the very first").waitFor();
  await old.click();
  await until("the old message has the focus", async () => (await focused(ada)) === first.seq);
  assert.ok(await row(ada, "the very first").first().isVisible());

  // A link leads there from outside, and says where it leads nowhere.
  await page.goto(`${ada.url}/rooms/${room}/${second.seq}`);
  await until("the linked message has the focus", async () => (await focused(ada)) === second.seq);
  assert.equal(new URL(page.url()).pathname, `/rooms/${room}`);
  await page.goto(`${ada.url}/rooms/${room}/1`);
  await page.getByTestId("message-missing").waitFor();

  // Deleted: the quote does not keep what it said.
  await eve.remove(`/rooms/${room}/messages/${first.seq}`);
  await page.goto(`${ada.url}/rooms/${room}`);
  await ada.sees("about the first");
  await row(ada, "about the first").getByTestId("quote").getByText("This message was deleted.").waitFor();
});

story("a message's link is copied, and Up and Esc do what hands expect", async (world) => {
  await world.serve();
  const ada = await world.person("ada", { viewport });
  await ada.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await ada.register();
  await ada.createRoom("celadon");
  await ada.say("first");
  await ada.sees("first");
  const { page } = ada;
  const { seq } = (await ada.timeline())[0];
  await row(ada, "first").focus();
  await page.keyboard.press("m");
  await page.getByTestId("copy-link").click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${page.url()}/${seq}`);

  // Up in an empty box edits, Esc gives up and is back in the box.
  await page.getByTestId("composer").focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type(" no");
  await page.keyboard.press("Escape");
  await until("the box has the focus again", () =>
    page.getByTestId("composer").evaluate((box) => box === document.activeElement),
  );
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type(" and better");
  await page.keyboard.press("Enter");
  await ada.sees("first and better");
});
