// A stranger becomes the first admin by the link that the server printed, and runs it.

import assert from "node:assert/strict";
import { PASSWORD } from "../lib/person.mjs";
import { story } from "../lib/world.mjs";

story("the first admin runs the server by keyboard", async (world) => {
  await world.serve();
  const by = (person, id) => person.page.getByTestId(id);
  const link = await world.server.claimLink();

  const ben = await world.person("ben");
  await ben.register();
  const ada = await world.person("ada");
  await ada.page.goto(link);
  await by(ada, "auth-name").fill("ada");
  await by(ada, "auth-password").fill(PASSWORD);
  await ada.page.keyboard.press("Enter");
  await by(ada, "claim").waitFor();
  assert.equal(new URL(ada.page.url()).hash, "", "the code does not stay in the address");
  await by(ada, "claim").focus();
  await ada.page.keyboard.press("Enter");
  await ada.page.waitForURL((url) => url.pathname === "/admin/users");
  await ada.page.locator('nav a[href="/admin/users"]').first().waitFor();

  // Whoever is no admin finds nothing there.
  await ben.page.goto(`${ben.url}/admin/users`);
  await ben.page.locator('main a[href="/browse"]').waitFor();
  assert.equal(await ben.page.locator('a[href^="/admin"]').count(), 0);
  await ben.page.goto(ben.url);
  await by(ben, "composer").waitFor();

  await ada.page.goto(`${ada.url}/admin/announcements`);
  await by(ada, "announce-text").fill("Down at six");
  await ada.page.keyboard.press("Enter");
  await by(ben, "announcement").filter({ hasText: "Down at six" }).waitFor();
  await by(ben, "announcement").getByRole("button").press("Enter");
  await by(ben, "announcement").waitFor({ state: "detached" });
  await ben.page.reload();
  await by(ben, "composer").waitFor();
  await by(ada, "announcement").waitFor();
  assert.equal(await by(ben, "announcement").count(), 0, "dismissed for good");

  await ada.page.goto(`${ada.url}/admin/settings`);
  await by(ada, "policy-closed").focus();
  const saved = ada.page.waitForResponse((answer) => answer.request().method() === "PUT");
  await ada.page.keyboard.press("Space");
  await saved;
  await ada.page.goto(`${ada.url}/admin/audit`);
  await ada.page.locator("[data-testid=audit-entry][data-act=set_sign_up]").waitFor();
  const cy = await world.person("cy");
  await cy.page.goto(cy.url);
  await by(cy, "auth-closed").waitFor();

  await choose("ben", 0);
  const reset = await by(ada, "one-time-link").inputValue();
  await ada.page.keyboard.press("Escape");
  await choose("ben", 2);
  await by(ben, "auth-name").waitFor({ timeout: 3_000 });
  await ben.page.goto(reset);
  await by(ben, "reset-password").fill("a garden of green tiles");
  await ben.page.keyboard.press("Enter");
  await by(ben, "reset-done").waitFor();
  await ben.page.getByRole("button").press("Enter");
  await by(ben, "auth-name").fill("ben");
  await by(ben, "auth-password").fill("a garden of green tiles");
  await ben.page.keyboard.press("Enter");
  await by(ben, "auth-error").waitFor();
  await choose("ben", 2);
  await by(ben, "auth-submit").press("Enter");
  await by(ben, "room-list").waitFor();

  /** Chooses one of the acts on somebody, and says yes. */
  async function choose(name, index) {
    await ada.page.goto(`${ada.url}/admin/users`);
    const menu = ada.page.locator(`[data-testid=admin-user][data-name=${name}] [aria-haspopup=menu]`);
    await menu.press("Enter");
    for (let step = 0; step < index; step += 1) await ada.page.keyboard.press("ArrowDown");
    await ada.page.keyboard.press("Enter");
    await ada.page.getByRole("dialog").getByRole("button").last().press("Enter");
    if (index !== 0) await ada.page.getByRole("dialog").waitFor({ state: "detached" });
  }
});
