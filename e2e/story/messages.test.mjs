// What two people do with each other's messages, each seeing at once what the other did.

import assert from "node:assert/strict";
import { findings } from "../lib/axe.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const IN_MENU = ["pin-message", "mark-unread", "delete-message"];

/** Presses one of the buttons that show while the row has the focus. */
async function acts(person, text, button) {
  const message = person.row(text);
  await message.focus();
  if (IN_MENU.includes(button)) await message.getByTestId("more-acts").click();
  await message.getByTestId(button).first().click();
}

story("two people react, edit, mention, mark unread and pin", async (world) => {
  const { ada, ben } = await world.together();

  // Reactions, by keyboard alone and by a click on what is there.
  await ada.say("shall we?");
  await ben.sees("shall we?");
  await acts(ben, "shall we?", "react");
  await ben.page.keyboard.press("Enter");
  await ben.seesReactions("shall we?", [["👍", "1", "true"]]);
  await ada.seesReactions("shall we?", [["👍", "1", "false"]]);
  await ada.row("shall we?").getByTestId("reaction").click();
  await ben.seesReactions("shall we?", [["👍", "2", "true"]]);
  const words = await ben.row("shall we?").getByTestId("reaction").getAttribute("aria-label");
  assert.equal(words, "👍 you and ada");
  await ben.row("shall we?").getByTestId("reaction").click();
  await ada.seesReactions("shall we?", [["👍", "1", "true"]]);

  // Earlier texts.
  await acts(ada, "shall we?", "edit-message");
  await ada.page.keyboard.press("ControlOrMeta+a");
  await ada.page.keyboard.type("shall we go?");
  await ada.page.keyboard.press("Enter");
  await ben.sees("shall we go?");
  await ben.row("shall we go?").getByTestId("edited").click();
  const versions = ben.page.getByTestId("version");
  await until("both texts are told", async () => (await versions.count()) === 2);
  assert.match(await versions.nth(0).textContent(), /shall we go\?$/);
  assert.match(await versions.nth(1).textContent(), /shall we\?$/);
  await ben.page.keyboard.press("Escape");
  await ben.seesReactions("shall we go?", [["👍", "1", "false"]]);

  // Mentions reach somebody who is in another room.
  await ben.createRoom("elsewhere");
  await ada.page.getByTestId("composer").pressSequentially("look, @b");
  await ada.page.getByTestId("mention-list").getByText("@ben").waitFor();
  await ada.page.keyboard.press("Tab");
  await ada.page.keyboard.type("here");
  await ada.page.keyboard.press("Enter");
  await ada.sees("look, @ben here");
  await ada.say("and nobody else");
  await ada.sees("and nobody else");
  await until("one of two unread messages mentions ben", async () => {
    const item = ben.room("celadon");
    return (
      (await item.getAttribute("data-unread")) === "2" &&
      (await item.getByTestId("mentions").textContent()) === "@1"
    );
  });
  await ben.room("celadon").click();
  await ben.sees("look, @ben here");
  await until("nothing is unread", async () => {
    return (await ben.room("celadon").getAttribute("data-unread")) === "0";
  });

  // Unread again, until the room is entered anew.
  await acts(ben, "and nobody else", "mark-unread");
  await ben.room("elsewhere").click();
  await until("one message is unread", async () => {
    return (await ben.room("celadon").getAttribute("data-unread")) === "1";
  });
  await ben.room("celadon").click();
  await until("it is read", async () => {
    return (await ben.room("celadon").getAttribute("data-unread")) === "0";
  });

  // Pins.
  await acts(ada, "shall we go?", "pin-message");
  await ben.page.getByText("ada pinned a message").waitFor();
  await ben.page.getByRole("button", { name: "Room menu" }).click();
  await ben.page.getByRole("menuitem", { name: "Pinned messages" }).click();
  await until("the pin is listed", async () => (await ben.page.getByTestId("pin").count()) === 1);
  await acts(ada, "shall we go?", "pin-message");
  await until("the list follows", async () => (await ben.page.getByTestId("pin").count()) === 0);

  // Forwarded, by keyboard alone, to a room that ada is not in.
  await ben.row("shall we go?").focus();
  await ben.page.keyboard.press("f");
  const dialog = ben.page.getByRole("dialog", { name: "Forward" });
  await dialog.getByRole("option").first().waitFor();
  await ben.page.keyboard.type("elsew");
  await ben.page.keyboard.press("Enter");
  await dialog.getByTestId("forward-comment").waitFor();
  await ben.page.keyboard.type("an idea");
  await ben.page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await ben.sees("an idea");
  const forwarded = ben.row("an idea").getByTestId("forwarded");
  assert.match(await forwarded.textContent(), /^Forwarded from ada, .*shall we go\?$/);
  await until("it is there", async () => (await ben.row("an idea").getAttribute("data-state")) === "sent");
  assert.deepEqual(await findings(ben.page), []);
  await ben.room("celadon").click();

  // What is deleted loses all of it.
  await acts(ada, "shall we go?", "delete-message");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await until("no reaction is left", async () => (await ben.page.getByTestId("reaction").count()) === 0);
  await ben.room("elsewhere").click();
  await forwarded.getByText("shall we go?").waitFor();
});
