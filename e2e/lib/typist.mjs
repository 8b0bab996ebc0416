// A person without a mouse: everything is done by keys, from a blank page on, and at every stop
// the focus is where one can see it.

import { PASSWORD, Person } from "./person.mjs";
import { until } from "./wait.mjs";

/** More stops than any part of the app has: whoever needs more goes round in circles. */
const MOST_STOPS = 60;

const COMPOSER = "[data-testid=composer]";
const TIMELINE = "[data-testid=timeline]";

export class Typist extends Person {
  /** Whether nothing was ever pressed with a pointer. */
  async usedKeysAlone() {
    return (await this.page.evaluate(() => window.pointed ?? 0)) === 0;
  }

  async #open(at) {
    // From the beginning: where it is told only when one opens, the browser may be faster.
    this.page.on("filechooser", () => {});
    await this.page.addInitScript(() => {
      addEventListener("pointerdown", () => {
        window.pointed = (window.pointed ?? 0) + 1;
      });
    });
    await this.page.goto(at);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  type(text) {
    return this.page.keyboard.type(text);
  }

  /** Whether the focus is on what a selector names. */
  #isOn(selector) {
    return this.page.evaluate((selector) => document.activeElement?.matches(selector) === true, selector);
  }

  /** Waits until the focus came to something by itself. */
  async isOn(selector) {
    await until(`${this.name}'s focus is on ${selector}, not ${await this.#where()}`, () =>
      this.#isOn(selector),
    );
    await this.#seesFocus();
  }

  /** Goes on with one key until the focus is on something, and sees where it is on the way. */
  async #goes(key, selector) {
    const passed = [];
    await this.#seesFocus();
    for (let stops = 0; stops < MOST_STOPS; stops += 1) {
      if (await this.#isOn(selector)) return;
      await this.press(key);
      passed.push(await this.#where());
      await this.#seesFocus();
    }
    throw new Error(`${key} does not lead ${this.name} to ${selector}, but over\n${passed.join("\n")}`);
  }

  async #where() {
    return this.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120));
  }

  /** Fails where nobody could tell what has the focus. */
  async #seesFocus() {
    await until(
      `${this.name} sees the focus`,
      async () => {
        const fault = await this.page.evaluate(() => {
          const element = document.activeElement;
          if (element === null || element === document.body) return "nothing has it";
          const words = element.outerHTML.slice(0, 120);
          if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
            return `hidden: ${words}`;
          const { left, top, right, bottom } = element.getBoundingClientRect();
          if (right <= 0 || bottom <= 0 || left >= innerWidth || top >= innerHeight) return `away: ${words}`;
          // Beyond the edge of the window nobody sees an outline.
          const isInside = left > 0 && top > 0 && right < innerWidth && bottom < innerHeight;
          // A line that is written on shows it as a whole.
          const shown = [element, element.closest("form")].some((shows) => {
            if (shows === null) return false;
            const { outlineStyle, outlineWidth, outlineOffset, boxShadow } = getComputedStyle(shows);
            const isOutlined = outlineStyle !== "none" && outlineWidth !== "0px";
            return (isOutlined && (isInside || parseFloat(outlineOffset) < 0)) || boxShadow !== "none";
          });
          return shown ? null : `not marked: ${words}`;
        });
        if (fault !== null) throw new Error(fault);
        return true;
      },
      5_000,
    );
  }

  /** The same, and the keys go round all of it: there is no way in without a way out. */
  async looksRound() {
    await super.looksRound();
    await this.#goesRound("F6");
    await this.#goesRound("Tab");
  }

  async #goesRound(key) {
    await this.press(key);
    const first = await this.page.evaluateHandle(() => document.activeElement);
    const passed = [];
    do {
      passed.push(await this.#where());
      // After the last stop comes the browser's own frame, which here is the page as a whole.
      if (!passed.at(-1).startsWith("<body")) await this.#seesFocus();
      if (passed.length > MOST_STOPS) throw new Error(`${this.name} goes round in\n${passed.join("\n")}`);
      await this.press(key);
    } while (!(await first.evaluate((element) => element === document.activeElement)));
    // Back to where the way began.
    await this.press(`Shift+${key}`);
  }

  async register(at = this.url) {
    await this.#open(at);
    await this.isOn("[data-testid=auth-name]");
    await this.#goes("Tab", "[data-testid=auth-switch]");
    await this.press("Enter");
    await this.#submit();
  }

  async signIn() {
    await this.#open(this.url);
    await this.#submit();
  }

  async #submit() {
    await this.isOn("[data-testid=auth-name]");
    await this.type(this.name);
    await this.#goes("Tab", "[data-testid=auth-password]");
    await this.type(PASSWORD);
    await this.press("Enter");
    await this.page.getByTestId("room-list").waitFor();
  }

  /** Goes to the line that is written, from wherever. */
  async #toComposer() {
    await this.#goes("Tab", COMPOSER);
  }

  async say(text) {
    await this.#toComposer();
    await this.type(text);
    await this.press("Enter");
  }

  /** By the button and the browser's own chooser. */
  async attach(files) {
    await this.#toComposer();
    await this.#goes("Tab", "[data-testid=attach]");
    const [chooser] = await Promise.all([this.page.waitForEvent("filechooser"), this.press("Enter")]);
    await chooser.setFiles(files);
    await this.isOn(COMPOSER);
  }

  async enter(name) {
    await this.switchTo(name);
    await this.isOn(COMPOSER);
  }

  /** Goes up to a message, by its text or by a file of it, from wherever. */
  async #toMessage(text) {
    await this.#goes("F6", TIMELINE);
    await this.page.evaluate((text) => {
      for (const message of document.querySelectorAll("[data-wanted]")) delete message.dataset.wanted;
      const all = [...document.querySelectorAll("[data-testid=message]")];
      const own = (message) => [
        ...message.querySelectorAll("[data-testid=message-text], [data-testid=file] bdi"),
      ];
      const wanted = all.findLast((message) => own(message).some(({ textContent }) => textContent === text));
      wanted.dataset.wanted = "";
    }, text);
    await this.#goes("ArrowUp", "[data-wanted]");
  }

  async answer(text, words) {
    await this.#toMessage(text);
    await this.press("r");
    await this.isOn(COMPOSER);
    await this.type(words);
    await this.press("Enter");
  }

  async react(text, name, emoji) {
    await this.#toMessage(text);
    await this.press("+");
    await this.isOn("[role=dialog] [data-autofocus]");
    if (name !== undefined) {
      await this.#goes("Tab", "[data-testid=emoji-search]");
      await this.type(name);
      await this.emojiFound(emoji);
    }
    await this.press("Enter");
    // The focus comes back to where the picker was opened, and from there to the message.
    await this.isOn("[data-wanted] [data-testid=react]");
    await this.press("Escape");
    await this.isOn("[data-wanted]");
  }

  async edit(text, instead) {
    await this.#toMessage(text);
    await this.press("e");
    await this.isOn("[data-wanted] textarea");
    await this.press("ControlOrMeta+a");
    await this.type(instead);
    await this.press("Enter");
    await this.isOn("[data-wanted]");
  }

  async mention(begun, name, words) {
    await this.#toComposer();
    await this.type(`@${begun}`);
    await this.page.getByTestId("mention-list").getByText(`@${name}`).waitFor();
    await this.press("Tab");
    await this.isOn(COMPOSER);
    await this.type(words);
    await this.press("Enter");
  }

  async seePeople() {
    if (new URL(this.page.url()).pathname === "/people") return;
    await this.press("ControlOrMeta+k");
    await this.isOn("dialog[open] input");
    await this.type(this.words("switch.people"));
    await this.press("Enter");
    await this.isOn("[data-testid=find-people]");
  }

  async choose(list, name, item) {
    await this.line(list, name).waitFor();
    await this.#goes("Tab", `[data-testid=${list}] [data-person="${name}"] [aria-haspopup=menu]`);
    await this.press("Enter");
    await this.isOn("[role=menu] [role^=menuitem]");
    await this.#goes("ArrowDown", `[data-testid=${item}]`);
    await this.press("Enter");
  }

  async befriend(name) {
    await this.seePeople();
    await this.type(name);
    await this.choose("found-people", name, "befriend");
    await this.#seesFocus();
  }

  async accept(name) {
    await this.seePeople();
    await this.#goes("Tab", `[data-person="${name}"] [data-testid=accept-request]`);
    await this.press("Enter");
    await this.line("people-friends", name).waitFor();
    await this.#seesFocus();
  }

  async find(word) {
    await this.press("ControlOrMeta+Shift+f");
    await this.isOn("[data-testid=search-field]");
    await this.type(word);
    const marked = await this.found();
    await this.#goes("Tab", "[data-testid=search-hit]");
    await this.press("Enter");
    return marked;
  }

  async download(name) {
    await this.#toMessage(name);
    await this.#goes("Tab", `[data-wanted] [data-testid=download]`);
    const [got] = await Promise.all([this.page.waitForEvent("download"), this.press("Enter")]);
    return { name: got.suggestedFilename(), path: await got.path() };
  }
}
