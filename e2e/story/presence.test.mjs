// What one begins is on all of one's devices, and who is there shows to whom it shall.

import assert from "node:assert/strict";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const composed = (person) => person.page.getByTestId("composer").inputValue();
/** How somebody shows in the list of rooms. */
const dot = (person, name) => person.room(name).getByTestId("presence").getAttribute("data-state");

/** The texts of the drafts that a page keeps on its device. */
const kept = (page) =>
  page.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const { id } = JSON.parse(localStorage.getItem("parlor.user"));
    const database = await done(indexedDB.open(`parlor-${id}`));
    const drafts = await done(database.transaction("drafts").objectStore("drafts").getAll());
    database.close();
    return drafts.map(({ text }) => text);
  });

story("what was cleared does not come back with a reload, however soon that is", async (world) => {
  await world.serve();
  const ada = await world.person("ada");
  await ada.register();
  await ada.createRoom("celadon");
  const { page } = ada;
  await page.getByTestId("composer").fill("half a thought");
  await until("it is kept", async () => (await kept(page)).includes("half a thought"));
  await page.getByTestId("composer").fill("");
  await page.reload();
  await ada.onLane("webtransport");
  assert.equal(await composed(ada), "");
  await until("nor is it kept", async () => (await kept(page)).length === 0);
});

story("drafts, presence and read marks follow two people over three devices", async (world) => {
  const { ada, ben } = await world.together();
  const phone = await world.person("ada");
  await phone.signIn();

  // What is begun on the laptop is on the phone, and is not posted by it.
  await phone.room("celadon").click();
  await ada.page.getByTestId("composer").fill("half a thou");
  await until("the phone has the draft", async () => (await composed(phone)) === "half a thou");
  await phone.page.locator('a[href="/people"]').first().click();
  await phone.room("celadon").getByText("draft", { exact: true }).waitFor();
  await phone.room("celadon").click();
  await phone.page.getByTestId("composer").press("End");
  await phone.page.keyboard.type("ght");
  await phone.page.keyboard.press("Enter");
  await phone.sees("half a thought");
  assert.equal(await composed(phone), "");
  // The laptop's box lets go of it once nobody writes there.
  await ada.page.getByTestId("composer").blur();
  await until("the draft is gone from the laptop", async () => (await composed(ada)) === "");

  // They talk to each other, and see each other.
  await ben.page.locator('a[href="/people"]').first().click();
  await ben.page.getByTestId("find-people").fill("ada");
  await ben.page.getByTestId("found-people").locator("[aria-haspopup=menu]").click();
  await ben.page.getByTestId("message-person").click();
  await ben.page.getByTestId("composer").waitFor();
  await ben.say("hello ada");
  await ben.sees("hello ada");
  await ada.room("ben").waitFor();
  await until("ada sees that ben is there", async () => (await dot(ada, "ben")) === "online");
  await until("ben sees that ada is there", async () => (await dot(ben, "ada")) === "online");
  assert.equal(await ben.page.getByTestId("peer-presence").textContent(), "online");

  // She reads it, and he sees that she did.
  assert.equal(await ben.page.getByTestId("read-mark").count(), 0);
  await ada.room("ben").click();
  await ada.sees("hello ada");
  await ada.page.getByTestId("timeline").click();
  await ben.page.getByTestId("read-mark").waitFor();

  // Whoever is invisible is there for nobody, on all of their devices.
  await ben.page.locator("[data-testid=me]:visible").first().click();
  await ben.page.getByTestId("invisible").click();
  await until("ben is gone", async () => (await dot(ada, "ben")) === "offline");
  assert.equal(await ada.page.getByTestId("peer-presence").textContent(), "offline");
  await ben.page.reload();
  await ben.page.locator("[data-testid=me]:visible").first().click();
  await until(
    "ben's page knows that he is invisible",
    async () => (await ben.page.getByTestId("invisible").getAttribute("aria-checked")) === "true",
  );
  await ben.page.getByTestId("invisible").click();
  await until("ben is back", async () => (await dot(ada, "ben")) === "online");
});
