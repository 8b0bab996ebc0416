// A person at the web app: one browser context, used through what is on the screen.

import { until } from "./wait.mjs";

export const PASSWORD = "a quiet reading room, celadon";

export class Person {
  #page;

  constructor(name, page, url) {
    this.name = name;
    this.#page = page;
    this.url = url;
  }

  get page() {
    return this.#page;
  }

  #by(id) {
    return this.#page.getByTestId(id);
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
    await this.#entersARoom(async () => {
      await this.#by("new-room").click();
      await this.#by("new-room-name").fill(name);
      await this.#by("new-room-private").setChecked(isPrivate);
      await this.#by("new-room-submit").click();
    });
  }

  /** Finds the room in the directory and joins it. */
  async join(room) {
    await this.#entersARoom(async () => {
      await this.#by("browse-rooms").click();
      const entry = this.#by("directory-item").filter({ hasText: room });
      await entry.getByTestId("join-room").click();
    });
  }

  async #entersARoom(act) {
    const before = new URL(this.#page.url()).pathname;
    await act();
    await this.#page.waitForURL((url) => url.pathname.startsWith("/rooms/") && url.pathname !== before);
    await this.#by("composer").waitFor();
  }

  /** Writes a message and sends it with the keyboard. */
  async say(text) {
    await this.#by("composer").fill(text);
    await this.#by("composer").press("Enter");
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
}
