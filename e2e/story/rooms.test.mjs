// Somebody runs a room: finds it, gives roles, keeps somebody out, and says how much it may disturb.

import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const section = (person, title) => person.page.getByRole("region", { name: title, exact: true });

/** Opens the panel with the members, and the menu of one of them. */
async function menuOf(person, name) {
  const { page } = person;
  const button = page.getByRole("button", { name: `Menu of ${name}` });
  if ((await page.getByTestId("members-panel").count()) === 0)
    await page.getByRole("button", { name: /people$/ }).click();
  await button.click();
}

const choose = (person, role, name) => person.page.getByRole(role, { name, exact: true }).click();

story("an owner runs a room, and everybody orders their own list", async (world) => {
  await world.serve();
  const ada = await world.person("ada");
  await ada.register();
  await ada.createRoom("celadon");
  const ben = await world.person("ben");
  await ben.register();
  await ben.page.getByTestId("browse-rooms").click();
  await ben.page.getByRole("searchbox").fill("lado");
  const found = ben.page.getByTestId("directory-item");
  await until("the directory finds it alone", async () => (await found.count()) === 1);
  await found.getByTestId("join-room").click();
  await ben.page.getByTestId("composer").waitFor();

  // Roles, told at once to whoever bears them.
  await menuOf(ada, "ben");
  await choose(ada, "menuitem", "Make admin");
  await ben.page.getByText("ada made ben an admin").waitFor();
  await ben.page.getByRole("button", { name: "Room menu" }).click();
  await ben.page.getByRole("menuitem", { name: /name|topic/i }).waitFor();
  await ben.page.keyboard.press("Escape");
  await menuOf(ada, "ada");
  await choose(ada, "menuitem", "Step down to member");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Step down to member" }).click();
  await ada.page.getByRole("alert").filter({ hasText: "needs an owner" }).waitFor();

  // How much a room disturbs, on both devices of the same person.
  await ben.createRoom("elsewhere");
  const phone = await world.person("ben");
  await phone.signIn();
  await phone.room("elsewhere").click();
  await ben.room("celadon").click();
  await ben.page.getByTestId("composer").waitFor();
  await ben.page.getByRole("button", { name: "Room menu" }).click();
  await choose(ben, "menuitemradio", "Only mentions of you");
  await ben.page.getByRole("button", { name: "Room menu" }).click();
  await choose(ben, "menuitemcheckbox", "Favourite");
  await section(phone, "Favourites").getByText("celadon").waitFor();
  await ben.room("elsewhere").click();
  await ada.say("nothing urgent");
  await ada.say("but you, @ben!");
  for (const device of [ben, phone])
    await until("one message is for ben", async () => {
      return (await device.room("celadon").getAttribute("data-unread")) === "1";
    });
  await section(phone, "Unread").getByText("celadon").waitFor();

  // Kept out, until the ban is lifted.
  await ben.room("celadon").click();
  await ben.sees("nothing urgent");
  await menuOf(ada, "ben");
  await choose(ada, "menuitem", "Ban from room");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Ban from room" }).click();
  for (const device of [ben, phone])
    await until("the room is gone", async () => (await device.room("celadon").count()) === 0);
  await ben.page.getByTestId("browse-rooms").click();
  await found.filter({ hasText: "celadon" }).getByTestId("join-room").click();
  await ben.page.getByRole("alert").filter({ hasText: "you are banned from this room" }).waitFor();
  await ada.page.getByTestId("bans").getByText("Banned").click();
  await ada.page.getByRole("button", { name: "Lift ban on ben" }).click();
  await ada.page.getByText("ada lifted the ban on ben").waitFor();
  await found.filter({ hasText: "celadon" }).getByTestId("join-room").click();
  await ben.sees("but you, @ben!");
  // Leaving forgot what was wanted.
  await section(phone, "Favourites").waitFor({ state: "detached" });
  await section(phone, "Rooms").getByText("celadon").waitFor();
});
