// Two people become friends, part, and one keeps the other away: each sees at once what concerns them.

import assert from "node:assert/strict";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

/** Somebody's line in one of the lists of the page of people. */
const line = (person, list, name) =>
  person.page.getByTestId(list).locator(`[data-testid=person][data-person=${name}]`);

/** Chooses from the menu of somebody in a list. */
async function choose(person, list, name, item) {
  await line(person, list, name).locator("[aria-haspopup=menu]").click();
  await person.page.getByTestId(item).click();
}

const stateOf = (person, text) =>
  person.page
    .getByTestId("message")
    .filter({ has: person.page.getByText(text, { exact: true }) })
    .getAttribute("data-state");

story("two people become friends, and a block keeps both away", async (world) => {
  await world.serve();
  const ada = await world.person("ada");
  await ada.register();
  await ada.createRoom("celadon");
  const ben = await world.person("ben");
  await ben.register();
  await ben.join("celadon");
  await Promise.all([ada.onLane("webtransport"), ben.onLane("webtransport")]);

  // Ada finds ben and asks, by keyboard alone; ben sees it at once, wherever he is.
  await ada.page.keyboard.press("Control+k");
  await ada.page.keyboard.type("friends");
  await ada.page.keyboard.press("Enter");
  await ada.page.getByTestId("find-people").focus();
  await ada.page.keyboard.type("ben");
  await line(ada, "found-people", "ben").waitFor();
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.press("ArrowDown");
  await ada.page.keyboard.press("Enter");
  await line(ada, "people-requested", "ben").waitFor();
  const badge = ben.page.getByTestId("waiting-requests").first();
  await badge.waitFor();
  assert.equal(await badge.textContent(), "1");
  await ben.page.locator('a[href="/people"]').first().click();
  await line(ben, "people-asked", "ada").getByTestId("accept-request").click();
  await line(ben, "people-friends", "ada").waitFor();
  await line(ada, "people-friends", "ben").waitFor();
  assert.equal(await ben.page.getByTestId("waiting-requests").count(), 0);

  // They write to each other.
  await choose(ada, "people-friends", "ben", "message-person");
  await ada.page.getByTestId("composer").waitFor();
  await ada.say("hello ben");
  await ada.sees("hello ben");

  // Ben blocks ada: their friendship ends, and she is told in words that she cannot write.
  await choose(ben, "people-friends", "ada", "block");
  await ben.page.getByRole("dialog").getByRole("button", { name: "Block", exact: true }).click();
  await line(ben, "people-blocked", "ada").waitFor();
  await ada.say("are you there?");
  await until("her message is refused", async () => (await stateOf(ada, "are you there?")) === "failed");
  await ada.page.getByText("Not sent: you cannot write to this person.").waitFor();
  await ada.page.getByRole("button", { name: "Discard" }).click();

  // In a shared room she is folded away, for him alone.
  await ada.page.getByTestId("room-item").filter({ hasText: "celadon" }).click();
  await ada.say("to everybody");
  await ada.sees("to everybody");
  await ben.page.getByTestId("room-item").filter({ hasText: "celadon" }).click();
  const folded = ben.page.getByTestId("folded-message").last();
  await folded.waitFor();
  assert.equal(await ben.page.getByText("to everybody").count(), 0);
  await folded.getByRole("button").click();
  await ben.sees("to everybody");

  // His side of their room offers to let her write again; then she can.
  await ben.page.getByTestId("room-item").filter({ hasText: "ada" }).click();
  const note = ben.page.getByTestId("blocked-note");
  await note.getByRole("button").click();
  await ben.page.getByTestId("composer").waitFor();
  await ada.page.getByTestId("room-item").filter({ hasText: "ben" }).click();
  await ada.say("here again");
  await ben.sees("here again");
});
