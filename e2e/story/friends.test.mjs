// Two people become friends, part, and one keeps the other away: each sees at once what concerns them.

import assert from "node:assert/strict";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

story("two people become friends, and a block keeps both away", async (world) => {
  const { ada, ben } = await world.together();

  // Ada finds ben and asks, by keyboard alone; ben sees it at once, wherever he is.
  await ada.page.keyboard.press("Control+k");
  await ada.page.keyboard.type("friends");
  await ada.page.keyboard.press("Enter");
  await ada.page.locator("[data-testid=find-people]:focus").waitFor();
  await ada.page.keyboard.type("ben");
  await ada.line("found-people", "ben").waitFor();
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.press("Enter");
  await ada.page.keyboard.press("ArrowDown");
  await ada.page.keyboard.press("Enter");
  await ada.line("people-requested", "ben").waitFor();
  const badge = ben.page.getByTestId("waiting-requests").first();
  await badge.waitFor();
  assert.equal(await badge.textContent(), "1");
  await ben.page.locator('a[href="/people"]').first().click();
  await ben.line("people-asked", "ada").getByTestId("accept-request").click();
  await ben.line("people-friends", "ada").waitFor();
  await ada.line("people-friends", "ben").waitFor();
  assert.equal(await ben.page.getByTestId("waiting-requests").count(), 0);

  // They write to each other.
  await ada.choose("people-friends", "ben", "message-person");
  await ada.page.getByTestId("composer").waitFor();
  await ada.say("hello ben");
  await ada.sees("hello ben");

  // Ben blocks ada: their friendship ends, and she is told in words that she cannot write.
  await ben.choose("people-friends", "ada", "block");
  await ben.page.getByRole("dialog").getByRole("button", { name: "Block", exact: true }).click();
  await ben.line("people-blocked", "ada").waitFor();
  await ada.say("are you there?");
  await until(
    "her message is refused",
    async () => (await ada.row("are you there?").getAttribute("data-state")) === "failed",
  );
  await ada.page.getByText("Not sent: you cannot write to this person.").waitFor();
  await ada.page.getByRole("button", { name: "Discard" }).click();

  // In a shared room she is folded away, for him alone.
  await ada.room("celadon").click();
  await ada.say("to everybody");
  await ada.sees("to everybody");
  await ben.room("celadon").click();
  const folded = ben.page.getByTestId("folded-message").last();
  await folded.waitFor();
  assert.equal(await ben.page.getByText("to everybody").count(), 0);
  await folded.getByRole("button").click();
  await ben.sees("to everybody");

  // His side of their room offers to let her write again; then she can.
  await ben.room("ada").click();
  const note = ben.page.getByTestId("blocked-note");
  await note.getByRole("button").click();
  await ben.page.getByTestId("composer").waitFor();
  await ada.room("ben").click();
  await ada.say("here again");
  await ben.sees("here again");
});
