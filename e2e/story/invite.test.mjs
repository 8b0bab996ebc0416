// A link brings a stranger into a private room, and nobody any more once it is revoked.

import assert from "node:assert/strict";
import { story } from "../lib/world.mjs";

story("a link lets a stranger into a private room until it is revoked", async (world) => {
  await world.serve();
  const by = (person, id) => person.page.getByTestId(id);

  const ada = await world.person("ada");
  await ada.register();
  await ada.createRoom("kiln", { isPrivate: true });
  await openInvites(ada);
  await by(ada, "make-invite").click();
  const link = await by(ada, "invite-link").inputValue();
  assert.match(link, /^http:\/\/[^/]+\/invite\/[\w-]{22}$/);
  await by(ada, "qr-code").waitFor();
  await ada.page.keyboard.press("Escape");

  const ben = await world.person("ben");
  await ben.page.goto(link);
  const invitation = await by(ben, "invitation").innerText();
  assert.ok(invitation.includes("ada") && invitation.includes("kiln"), invitation);
  await ben.register(link);
  await ben.page.waitForURL((url) => url.pathname.startsWith("/rooms/"));
  await ada.say("welcome, ben");
  await ben.sees("welcome, ben");
  await ben.say("what a nice room");
  await ada.sees("what a nice room");

  // Whoever is in the room already is taken there.
  await ben.page.goto(link);
  await ben.page.waitForURL((url) => url.pathname.startsWith("/rooms/"));
  await ben.sees("welcome, ben");

  await openInvites(ada);
  await by(ada, "revoke-invite").click();
  await by(ada, "revoke-invite").waitFor({ state: "detached" });
  const cy = await world.person("cy");
  await cy.page.goto(link);
  await by(cy, "invitation-gone").waitFor();
  await cy.register(link);
  await by(cy, "invitation-gone").waitFor();
  assert.equal(new URL(cy.page.url()).pathname, new URL(link).pathname, "cy is nowhere else");

  async function openInvites(person) {
    await person.page.locator("main header [aria-haspopup=menu]").click();
    await by(person, "invite-people").click();
    await by(person, "invites").waitFor({ state: "attached" });
  }
});
