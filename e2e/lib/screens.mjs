// Every screen there is, for axe to look at; none may be wider than its window.

import assert from "node:assert/strict";
import { findings } from "./axe.mjs";
import { PASSWORD } from "./person.mjs";
import { png, tone } from "./pictures.mjs";
import { Rest } from "./rest.mjs";

/** Opens every screen there is, and lets axe look at each. */
export async function tour(world, settings) {
  await world.serve();
  const { ben, room, outside, code } = await furnish(world);
  const ada = await world.person("ada", settings);
  const { page } = ada;
  const by = (id) => page.getByTestId(id).first();
  const dialog = page.getByRole("dialog");
  const found = [];
  const looked = [];
  const look = async (screen) => {
    looked.push(screen);
    for (const finding of await findings(page)) found.push(`${screen}: ${finding}`);
    const isWide = await page.evaluate(() =>
      [...document.querySelectorAll("main, main header")].some(
        (part) => part.getBoundingClientRect().right > innerWidth + 1,
      ),
    );
    if (isWide) found.push(`${screen}: wider than the window`);
  };
  const lookAtDialog = async (screen, open) => {
    await open();
    await dialog.waitFor();
    await look(screen);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  };

  await page.goto(`${ada.url}/invite/${code}`);
  await by("invitation").waitFor();
  await look("invitation, signed out");
  await page.goto(`${ada.url}/invite/none`);
  await by("invitation-gone").waitFor();
  await look("invitation that is not valid, signed out");
  await page.goto(ada.url);
  await by("auth-name").fill("nobody");
  await look("sign in");
  await by("auth-password").fill(PASSWORD);
  await by("auth-submit").click();
  await by("auth-error").waitFor();
  await look("sign in, refused");
  await by("auth-switch").click();
  await look("register");
  await ada.register();

  await page.goto(`${ada.url}/browse`);
  await by("directory-item").waitFor();
  await look("directory");
  const mine = new Rest(world.server);
  await mine.signIn("ada");
  await mine.delete(`/rooms/${await mine.room("short lived", [])}`);
  await lookAtDialog("deleted rooms", async () => {
    await by("deleted-rooms").click();
    await by("deleted-room").waitFor();
  });
  const ended = await mine.room("to be deleted", []);
  await page.goto(`${ada.url}/rooms/${ended}`);
  await by("composer").waitFor();
  await page.locator("main header [aria-haspopup=menu]").click();
  await lookAtDialog("delete a room?", () => by("delete-room").click());
  await mine.delete(`/rooms/${ended}`);
  await page.locator('main a[href="/browse"]').waitFor();
  await look("a room that was deleted while it was on screen");
  await page.goto(`${ada.url}/rooms/${outside}`);
  await by("join-room").waitFor();
  await look("a room one is not in");
  await by("join-room").click();
  await by("composer").waitFor();
  await look("a room where nothing was said");
  await page.goto(`${ada.url}/rooms/${crypto.randomUUID()}`);
  await page.locator('main a[href="/browse"]').waitFor();
  await look("a room that is not there");

  await page.goto(`${ada.url}/invite/none`);
  await by("invitation-gone").waitFor();
  await look("invitation that is not valid");
  await page.goto(`${ada.url}/invite/${code}`);
  await by("accept-invite").waitFor();
  await look("invitation");
  await by("accept-invite").click();
  await by("composer").waitFor();

  await page.goto(`${ada.url}/rooms/${room}`);
  await by("join-room").click();
  await ada.sees("a quote, a list and `code`".replaceAll("`", ""));
  await ada.say("mine, to be changed");
  await ada.sees("mine, to be changed");
  await look("room");
  const own = page.getByTestId("message").filter({ hasText: "mine, to be changed" });
  await own.focus();
  await look("room, acts of a message");
  await own.getByTestId("more-acts").click();
  await look("room, more acts of a message");
  await lookAtDialog("delete a message?", () => own.getByTestId("delete-message").click());
  await own.focus();
  const coloured = page.locator("[data-testid=message] pre span").first();
  await coloured.waitFor();
  // The first: what answers it says it once more.
  const other = page.getByTestId("message").filter({ hasText: "a quote, a list" }).first();
  await other.focus();
  await page.keyboard.press("r");
  await by("answering").waitFor();
  await by("composer").pressSequentially(":coff");
  await by("emoji-list").waitFor();
  await look("room, answering, with emoji by name");
  await by("composer").fill("");
  await by("composer").pressSequentially("@");
  await by("mention-list").waitFor();
  await look("room, answering, with people to mention");
  await page.keyboard.press("Escape");
  await ada.say("an answer");
  await by("quote").waitFor();
  await other.focus();
  await lookAtDialog("forward, where to", () => page.keyboard.press("f"));
  await other.focus();
  await lookAtDialog("forward, a word to it", async () => {
    await page.keyboard.press("f");
    await dialog.getByRole("option").filter({ hasText: "celadon" }).click();
    await by("forward-comment").fill("worth reading");
  });
  await other.focus();
  await page.keyboard.press("f");
  await dialog.getByRole("option").filter({ hasText: "celadon" }).click();
  await page.keyboard.press("Enter");
  await by("forwarded").waitFor();
  await look("room, a forwarded message");
  await by("add-emoji").click();
  await page.getByRole("gridcell").first().waitFor();
  await look("room, all emoji");
  await page.keyboard.press("Escape");
  await own.focus();
  await own.getByTestId("edit-message").click();
  await page.keyboard.type(" and it was");
  await look("room, editing");
  await page.keyboard.press("Enter");
  await ada.sees("mine, to be changed and it was");
  await look("room, edited");

  const files = [
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") },
    { name: "broken.png", mimeType: "image/png", buffer: png(40, 40).subarray(0, 60) },
  ];
  await by("attach-input").setInputFiles(files);
  const upload = (state) => page.locator(`[data-testid=upload][data-state=${state}]`).first();
  await Promise.all([upload("done").waitFor(), upload("failed").waitFor()]);
  await look("room, files of a message that is being written");
  for (const state of ["done", "failed"]) await upload(state).getByRole("button").last().click();
  await upload("done").waitFor({ state: "detached" });
  await by("picture").click();
  await by("lightbox").getByRole("img").waitFor();
  await look("lightbox");
  await page.keyboard.press("Escape");
  await by("lightbox").waitFor({ state: "detached" });

  const menu = page.locator("main header [aria-haspopup=menu]");
  await menu.click();
  await page.getByRole("menu").waitFor();
  await look("room menu");
  await lookAtDialog("leave?", () => page.getByRole("menuitem").last().click());
  await lookAtDialog("invite people", async () => {
    await menu.click();
    await by("invite-people").click();
    await by("make-invite").click();
    await by("qr-code").waitFor();
    await by("copy-invite").click();
  });
  await menu.click();
  await by("room-files").click();
  await by("room-file").waitFor();
  await look("files of a room");
  await by("files-panel").getByRole("radio").nth(2).check({ force: true });
  await by("room-file").waitFor({ state: "detached" });
  await look("files of a room, none of a kind");
  await page.keyboard.press("Escape");
  await page.locator("main header [aria-expanded]").first().click();
  await by("members-panel").getByRole("listitem").first().waitFor();
  await look("members");
  await by("members-panel").locator("[aria-haspopup=menu]").first().click();
  await page.getByRole("menu").waitFor();
  await look("members, menu of a person");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");

  const me = await page.evaluate(() => JSON.parse(localStorage.getItem("parlor.user")).id);
  await page.goto(`${ada.url}/people`);
  await by("people-friends").waitFor();
  await look("people, nobody yet");
  await ben.put(`/users/${me}/friend`);
  await by("accept-request").waitFor();
  await look("people, a request");
  await by("accept-request").click();
  await by("people-asked").waitFor({ state: "detached" });
  await by("find-people").fill("ben");
  await by("found-people").waitFor();
  await look("people, found");
  const friend = by("people-friends").locator("[aria-haspopup=menu]");
  await friend.click();
  await page.getByRole("menu").waitFor();
  await look("people, menu of a person");
  await lookAtDialog("block?", () => page.getByTestId("block").click());
  await friend.click();
  await page.getByTestId("block").click();
  await dialog.getByRole("button").last().click();
  await by("people-blocked").waitFor();
  await look("people, somebody blocked");
  await page.goto(`${ada.url}/rooms/${room}`);
  await by("folded-message").waitFor();
  await look("room, folded messages");

  await page.goto(`${ada.url}/search`);
  await by("search-field").waitFor();
  await look("search, nothing yet");
  await by("search-field").fill("早上");
  await by("search-hit").waitFor();
  await look("search, a hit");
  await by("search-field").fill("celadon");
  await by("search-room").waitFor();
  await by("search-nothing").waitFor();
  await look("search, a room and no message");
  await by("search-field").fill("早上 from:nobody");
  await by("search-nothing").getByText("from:nobody").waitFor();
  await look("search, somebody who is not there");
  await by("search-field").fill("早上");
  await by("search-hit").click();
  await page.waitForURL(/\/rooms\//);
  await by("folded-message").waitFor();
  await look("room, a message that was found");
  await lookAtAdmin(ada, { look, lookAtDialog, by, dialog }, await world.server.claimLink());
  await page.goto(`${ada.url}/rooms/${room}`);
  await ada.sees("mine, to be changed and it was");

  await lookAtDialog("switcher", () => page.keyboard.press("Control+k"));
  await lookAtDialog("shortcuts", () => page.keyboard.press("Control+/"));
  await lookAtDialog("settings", async () => {
    await page.keyboard.press("Control+k");
    await dialog.locator("[data-choice=settings]").click();
    await dialog.getByRole("radio").first().waitFor({ state: "attached" });
  });
  for (const [screen, id] of [
    ["deactivate the account?", "deactivate"],
    ["delete the account?", "delete-account"],
  ]) {
    await lookAtDialog(screen, async () => {
      await page.keyboard.press("Control+k");
      const options = dialog.getByRole("option");
      await options.last().waitFor();
      await options.nth((await options.count()) - 2).click();
      await by(id).click();
      await by("owner-password").waitFor();
    });
  }
  await lookAtDialog("connection", () => by("connection").getByRole("button").first().click());

  await page.goto(ada.url);
  await by("room-list").waitFor({ state: "attached" });
  await look("first page");
  await lookAtDialog("profile, a picture being cut", async () => {
    await page.locator("[data-testid=me]:visible").first().click();
    await page.getByRole("menuitem").first().click();
    await by("avatar-input").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: png(300, 200) });
    await by("cropper").waitFor();
  });
  if (await by("new-room").isVisible()) {
    await lookAtDialog("new room", () => by("new-room").click());
  }
  await page.goto(`${ada.url}/rooms/${room}`);
  await ada.sees("mine, to be changed and it was");
  await world.server.kill();
  await by("composer").fill("written without a server");
  await by("composer").press("Enter");
  await page.locator("[data-testid=connection][data-state=reconnecting]").first().waitFor();
  await look("without a server");

  console.log(`# ${looked.length} screens: ${looked.join(", ")}`);
  assert.deepEqual(found, []);
}

/** The pages of those who run the server, and the links that they hand on. */
async function lookAtAdmin(ada, { look, lookAtDialog, by, dialog }, link) {
  const { page, url } = ada;
  await page.goto(`${url}/admin/claim`);
  await page.locator('main a[href="/"]').last().waitFor();
  await look("first admin, without a link");
  await page.goto(link);
  await by("claim").waitFor();
  await look("first admin");
  await by("claim").click();
  await by("admin-user").waitFor();
  await look("admin, people");
  const ben = page.locator("[data-testid=admin-user][data-name=ben]");
  const act = async (index) => {
    await ben.locator("[aria-haspopup=menu]").click();
    await page.getByRole("menuitem").nth(index).click();
  };
  await ben.locator("[aria-haspopup=menu]").click();
  await page.getByRole("menu").waitFor();
  await look("admin, menu of a person");
  await lookAtDialog("disable?", () => page.getByRole("menuitem").last().click());
  await act(0);
  await dialog.getByRole("button").last().click();
  await by("one-time-link").waitFor();
  await look("reset link");
  const reset = await by("one-time-link").inputValue();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill("nobody is called so");
  await page.getByRole("status").filter({ hasText: /./ }).first().waitFor();
  await look("admin, nobody found");
  for (const [section, shown] of [
    ["rooms", "admin-room"],
    ["sessions", "admin-session"],
    ["settings", "policy-open"],
    ["audit", "audit-entry"],
  ]) {
    await page.goto(`${url}/admin/${section}`);
    if (section === "sessions") {
      // It may have asked before it was connected itself.
      await page.locator("[data-testid=connection][data-state=live]").first().waitFor();
      await page.getByRole("button", { name: ada.words("admin.refresh") }).click();
    }
    await by(shown).waitFor();
    await look(`admin, ${section}`);
  }
  await page.goto(`${url}/admin/announcements`);
  await by("announce-text").fill("Down at six 六点停机");
  await page.getByRole("checkbox").check();
  await by("announce").click();
  await by("announcement").waitFor();
  await look("admin, announcements");
  await by("announcement").getByRole("button").click();
  await by("announcement").waitFor({ state: "detached" });
  await page.goto(reset);
  await by("reset-password").waitFor();
  await look("reset a password");
  await by("reset-password").fill(`${PASSWORD} anew`);
  await by("reset-submit").click();
  await by("reset-done").waitFor();
  await look("reset a password, done");
}

/** Ben, a room of his with all kinds of messages, another one, and a link into a private one. */
async function furnish(world) {
  const ben = new Rest(world.server);
  await ben.register("ben", { display_name: "Ben 本" });
  const room = await ben.room(
    "celadon",
    [
      "Good morning. 早上好。",
      "> said before\n\n- one\n- [x] two\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n1. first\n\n```rust\nfn main() {}\n```",
      "See https://example.org, **bold**, *soft*, ~~gone~~",
      "a quote, a list and `code`",
    ],
    { topic: "青瓷, and what it is made of" },
  );
  await ben.share(room, [
    ["plan.png", png(320, 200)],
    ["tone.wav", tone()],
    ["notes.txt", Buffer.from("what was said")],
  ]);
  const long = "elsewhere, where the names of rooms are longer than a phone is wide";
  const outside = await ben.room(long, [], { topic: "Not for ada yet" });
  const hidden = await ben.room("kiln", [], { topic: "Where it is fired", visibility: "private" });
  const { code } = await ben.post(`/rooms/${hidden}/invites`, {});
  return { ben, room, outside, code };
}
