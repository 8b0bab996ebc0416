// A person at the web app: one browser context, used through what is on the screen.

import assert from "node:assert/strict";
import { until } from "./wait.mjs";
import { foreignTo, wordsOf } from "./words.mjs";

export const PASSWORD = "a quiet reading room, celadon";

export class Person {
  #page;

  /** `language` is what the browser prefers. */
  constructor(name, page, url, language = "en-US") {
    this.name = name;
    this.#page = page;
    this.url = url;
    this.locale = language.slice(0, 2);
  }

  get page() {
    return this.#page;
  }

  #by(id) {
    return this.#page.getByTestId(id);
  }

  /** What the app says for `id`, in this person's language. */
  words(id, values) {
    return wordsOf(this.locale, id, values);
  }

  /** What is pressed, by its name. */
  #named(role, id, values, within = this.#page) {
    return within.getByRole(role, { name: this.words(id, values), exact: true });
  }

  /** A message, by its text. */
  row(text) {
    const words = this.#by("message-text").getByText(text, { exact: true });
    return this.#by("message").filter({ has: words });
  }

  /** A room in the list. */
  room(name) {
    return this.#by("room-item").filter({ has: this.#page.getByText(name, { exact: true }) });
  }

  /** Somebody's line in one of the lists of the page of people. */
  line(list, name) {
    return this.#by(list).locator(`[data-testid=person][data-person="${name}"]`);
  }

  /** Signs up, at a link where one is given. */
  async register(at = this.url) {
    await this.#page.goto(at);
    await this.#by("auth-switch").click();
    await this.#by("auth-name").fill(this.name);
    await this.#by("auth-password").fill(PASSWORD);
    await this.#by("auth-submit").click();
    await this.#by("room-list").waitFor();
  }

  /** On another device of the same person. */
  async signIn() {
    await this.#page.goto(this.url);
    await this.#by("auth-name").fill(this.name);
    await this.#by("auth-password").fill(PASSWORD);
    await this.#by("auth-submit").click();
    await this.#by("room-list").waitFor();
  }

  async createRoom(name, { isPrivate = false } = {}) {
    await this.#by("new-room").click();
    await this.#by("new-room-name").fill(name);
    await this.#by("new-room-private").setChecked(isPrivate);
    await this.#by("new-room-submit").click();
    // The page may open another room by itself before that.
    await this.isIn(name);
  }

  /** Finds the room in the directory and joins it. */
  async join(room) {
    await this.#by("browse-rooms").click();
    const entry = this.#by("directory-item").filter({ hasText: room });
    await entry.getByTestId("join-room").click();
    await this.isIn(room);
  }

  /** Writes a message and sends it with the keyboard. */
  async say(text) {
    await this.#by("composer").fill(text);
    await this.#by("composer").press("Enter");
  }

  /** Writes by an input method, to whatever has the focus: letters, and Enter that takes the words for them. */
  async compose(letters, words) {
    const session = await this.#page.context().newCDPSession(this.#page);
    const { length } = letters;
    await session.send("Input.imeSetComposition", {
      text: letters,
      selectionStart: length,
      selectionEnd: length,
    });
    const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
    await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
    await session.send("Input.insertText", { text: words });
    await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter });
    await session.detach();
  }

  /** Holds files over the conversation and lets go of them; each `{ name, mimeType, buffer }`. */
  async drop(files) {
    const dataTransfer = await this.#transfer(files);
    const timeline = this.#by("timeline");
    await timeline.dispatchEvent("dragenter", { dataTransfer });
    await this.#by("drop-here").waitFor();
    await timeline.dispatchEvent("dragover", { dataTransfer });
    await timeline.dispatchEvent("drop", { dataTransfer });
    await this.#by("drop-here").waitFor({ state: "detached" });
  }

  /** Pastes a picture, as after a screenshot. */
  async paste(file) {
    const data = await this.#transfer([file]);
    await this.#by("composer").evaluate((area, data) => {
      const init = { clipboardData: data, bubbles: true, cancelable: true };
      area.dispatchEvent(new ClipboardEvent("paste", init));
    }, data);
  }

  /** Files as a drag or a clipboard holds them. */
  #transfer(files) {
    const told = files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString("base64")]);
    return this.#page.evaluateHandle((told) => {
      const data = new DataTransfer();
      for (const [name, type, base64] of told) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
      }
      return data;
    }, told);
  }

  /** Puts files on the next message, in the way this person has. */
  attach(files) {
    return this.drop(files);
  }

  /** Puts files on a message of these words and sends it once the server has them. */
  async share(files, words) {
    await this.attach(files);
    const expected = files.map(() => "done");
    await until(`${this.name}'s files are up`, async () => {
      const states = await this.#by("upload").evaluateAll((all) => all.map(({ dataset }) => dataset.state));
      return states.join() === expected.join();
    });
    await this.say(words);
    await this.sees(words);
  }

  /** Pastes a picture and sends it without a word. */
  async shareScreenshot(file) {
    await this.paste(file);
    await this.#by("upload").waitFor();
    await this.say("");
    await this.lastSent();
  }

  /** Waits until the last message is no longer on its way. */
  async lastSent() {
    const last = this.#by("message").last();
    await until(
      `${this.name}'s message is sent`,
      async () => (await last.getAttribute("data-state")) === "sent",
    );
  }

  /** Goes to a room of the list. */
  async enter(name) {
    await this.room(name).click();
    await this.isIn(name);
  }

  /** The same by a few keys, as people do who have a mouse too. */
  async switchTo(name) {
    await this.#page.keyboard.press("ControlOrMeta+k");
    const chosen = this.#page.locator("dialog[open] [role=option][aria-selected=true]");
    await chosen.waitFor();
    await this.#page.keyboard.type(name);
    await until(`${this.name} finds ${name}`, async () => (await chosen.textContent()).includes(name));
    await this.#page.keyboard.press("Enter");
    await this.isIn(name);
  }

  /** Opens somebody's message, and presses what is there to be done with it. */
  async #acts(text, id) {
    await this.row(text).hover();
    await this.#named("button", id, {}, this.row(text)).first().click();
  }

  async answer(text, words) {
    await this.#acts(text, "message.reply");
    await this.#by("answering").getByText(text).waitFor();
    await this.#by("composer").pressSequentially(words);
    await this.#named("button", "composer.send").click();
  }

  /** Puts the first emoji of the common ones on a message, or the first that `name` finds. */
  async react(text, name, emoji) {
    await this.#acts(text, "message.react");
    const picker = this.#named("dialog", "reaction.pick");
    if (name === undefined) return picker.getByRole("button").first().click();
    await picker.getByLabel(this.words("emoji.search")).fill(name);
    await this.emojiFound(emoji);
    await picker.getByRole("row").getByRole("gridcell").first().click();
  }

  async edit(text, instead) {
    await this.#acts(text, "message.edit");
    await this.#by("message").getByRole("textbox").fill(instead);
    await this.#named("button", "message.save").click();
  }

  /** Calls whoever the beginning of a name fits first, in a message of these words. */
  async mention(begun, name, words) {
    await this.#by("composer").pressSequentially(`@${begun}`);
    await this.#by("mention-list").getByText(`@${name}`).click();
    await this.#by("composer").pressSequentially(words);
    await this.#by("composer").press("Enter");
  }

  /** The page of friends and requests. */
  async seePeople() {
    await this.#page.locator('a[href="/people"]').locator("visible=true").click();
    await this.#by("find-people").waitFor();
  }

  /** Chooses from the menu of somebody in a list of the page of people. */
  async choose(list, name, item) {
    await this.line(list, name).locator("[aria-haspopup=menu]").click();
    await this.#by(item).click();
  }

  /** Finds somebody, and asks them to be friends. */
  async befriend(name) {
    await this.seePeople();
    await this.#by("find-people").fill(name);
    await this.choose("found-people", name, "befriend");
  }

  async accept(name) {
    await this.seePeople();
    await this.line("people-asked", name).getByTestId("accept-request").click();
  }

  /** Opens the room of two with a friend. */
  async talkTo(friend) {
    await this.seePeople();
    await this.choose("people-friends", friend, "message-person");
    await this.isIn(friend);
  }

  /** Looks for a word, and goes to the newest message that has it; returns what was marked in all. */
  async find(word) {
    await this.#page.locator('a[href="/search"]').locator("visible=true").click();
    await this.#by("search-field").fill(word);
    const marked = await this.found();
    await this.#by("search-hit").first().click();
    return marked;
  }

  /** Takes a file of a message; returns its name and where its bytes are now. */
  async download(name) {
    const [got] = await Promise.all([
      this.#page.waitForEvent("download"),
      this.#by("file").filter({ hasText: name }).getByTestId("download").click(),
    ]);
    return { name: got.suggestedFilename(), path: await got.path() };
  }

  /** Waits until the service worker keeps the whole app. */
  async isKept() {
    await until(`${this.name} has a worker`, () =>
      this.#page.evaluate(() => navigator.serviceWorker.controller?.state === "activated"),
    );
  }

  async connection() {
    const indicator = this.#by("connection").first();
    return {
      lane: await indicator.getAttribute("data-lane"),
      state: await indicator.getAttribute("data-state"),
    };
  }

  async onLane(lane, ms) {
    await until(
      `${this.name} is live on ${lane}`,
      async () => {
        const now = await this.connection();
        return now.lane === lane && now.state === "live";
      },
      ms,
    );
  }

  /** What the timeline shows: seq, text and state of every message, from above to below. */
  async timeline() {
    return this.#by("message").evaluateAll((messages) =>
      messages.map((message) => ({
        seq: message.dataset.seq,
        state: message.dataset.state,
        text: message.querySelector("[data-testid=message-text]")?.textContent ?? "",
      })),
    );
  }

  /** Waits until this text is shown, and (for one's own words) is no longer on its way. */
  async sees(text, ms) {
    await until(
      `${this.name} sees "${text}"`,
      async () => (await this.timeline()).some((m) => m.text === text && m.state === "sent"),
      ms,
    );
  }

  /** The emoji below a message, each with its count and whether it is one's own. */
  async reactions(text) {
    return this.row(text)
      .getByTestId("reaction")
      .evaluateAll((chips) =>
        chips.map((chip) => [chip.dataset.emoji, chip.textContent.replace(/\D/g, ""), chip.ariaPressed]),
      );
  }

  /** Waits until exactly these are there. */
  async seesReactions(text, expected) {
    await until(`${this.name} sees ${JSON.stringify(expected)} below "${text}"`, async () => {
      assert.deepEqual(await this.reactions(text), expected);
      return true;
    });
  }

  /** Waits until a room is on the screen and can be written to. */
  async isIn(name) {
    await this.#by("composer")
      .and(this.#page.getByLabel(this.words("composer.label", { name })))
      .waitFor();
  }

  /** Waits for hits of a search, and returns what is marked in them. */
  async found() {
    await this.#by("search-hit").first().waitFor();
    return this.#by("search-hit").locator("mark").allTextContents();
  }

  /** Waits until an emoji is the first that the picker found. */
  async emojiFound(emoji) {
    const first = this.#page.getByRole("row").getByRole("gridcell").first();
    await until(`${this.name} finds ${emoji}`, async () => (await first.textContent()) === emoji);
  }

  roomId(name) {
    return this.room(name).getAttribute("data-room-id");
  }

  /** What is unread of each room, in the order of the list, and how much of that calls this person. */
  async unread() {
    return this.#by("room-item").evaluateAll((items) =>
      Object.fromEntries(
        items.map((item) => {
          const calls = item.querySelector("[data-testid=mentions]")?.textContent.slice(1) ?? "0";
          return [item.dataset.roomId, [Number(item.dataset.unread), Number(calls)]];
        }),
      ),
    );
  }

  /** The seq of the message below the divider; null where there is none. */
  async divider() {
    return this.#by("timeline")
      .locator("[data-index]")
      .evaluateAll((rows, word) => {
        const inOrder = rows.sort((a, b) => a.dataset.index - b.dataset.index);
        const at = inOrder.findIndex(({ textContent }) => textContent === word);
        const below = inOrder.slice(at + 1).map((row) => row.querySelector("[data-seq]"));
        return at === -1 ? null : (below.find((message) => message !== null)?.dataset.seq ?? null);
      }, this.words("timeline.new"));
  }

  /** Waits until the app says these words somewhere. */
  async reads(id, values) {
    await this.#page
      .getByText(this.words(id, values), { exact: true })
      .locator("visible=true")
      .first()
      .waitFor();
  }

  /** Nothing on the screen is said in another language than this person's. */
  async looksRound() {
    const foreign = await this.#page.evaluate((texts) => {
      const known = new Set(texts);
      const said = [...document.querySelectorAll("body *")].flatMap((element) => [
        ...[...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data),
        ...["aria-label", "title", "placeholder", "alt"].map((name) => element.getAttribute(name)),
      ]);
      return said.filter((text) => text !== null && known.has(text.trim()));
    }, foreignTo(this.locale));
    assert.deepEqual(foreign, [], `${this.name} reads ${this.locale}`);
    assert.equal(await this.#page.evaluate(() => document.documentElement.lang.slice(0, 2)), this.locale);
  }
}
