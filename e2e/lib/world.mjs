// Everything one story needs, and the evidence kept when it fails.

import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { Front } from "./front.mjs";
import { PASSWORD, Person } from "./person.mjs";
import { Relay } from "./relay.mjs";
import { freePort, ROOT, Server } from "./server.mjs";
import { Talk } from "./talk.mjs";

const CHROMIUM = process.env.PARLOR_CHROMIUM ?? "/usr/bin/chromium";

/** QUIC stays on: it is what these stories are about. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Linux takes the whole of 127.0.0.0/8 as its own. */
const PUBLIC_ADDRESS = "127.0.0.2";

/** High enough that the timeline draws every message of a story. */
const VIEWPORT = { width: 1280, height: 2400 };

class World {
  people = [];
  talkers = [];
  #browser;
  #ownBrowsers = [];

  constructor(folder) {
    this.folder = folder;
  }

  /** Starts a server of its own. */
  async serve(args = [], port) {
    this.server = new Server(this.folder, port ?? (await freePort()), args);
    await this.server.start();
    return this.server;
  }

  /**
   * A server that people reach through a relay, at its public address. That is another address of
   * this machine with the same port, so that the page, its policy and its lanes are as in earnest.
   */
  async serveBehindRelay() {
    const port = await freePort();
    const url = `http://${PUBLIC_ADDRESS}:${port}`;
    await this.serve(["--public-url", url], port);
    this.relay = new Relay();
    await this.relay.listen(PUBLIC_ADDRESS, port);
    return url;
  }

  /**
   * A server with a way to it through a relay besides the straight one: whoever takes it can lose
   * the network alone.
   */
  async serveBesideRelay() {
    const { port } = await this.serve();
    this.relay = new Relay();
    await this.relay.listen(PUBLIC_ADDRESS, port);
    return `http://${PUBLIC_ADDRESS}:${port}`;
  }

  /** A server that people reach through a web server in front of it. */
  async serveBehindFront() {
    const port = await freePort();
    const url = `http://${PUBLIC_ADDRESS}:${port}`;
    await this.serve(["--public-url", url], port);
    this.front = new Front();
    await this.front.listen(PUBLIC_ADDRESS, port);
    return url;
  }

  /**
   * A person with a browser profile of their own, who has not signed up yet, and on demand with a
   * browser of their own; `As` is how they use it, `language` what their browser prefers.
   * `settings` are what the app keeps: `lane`, `locale` and `theme`.
   */
  async person(
    name,
    {
      url = this.server.url,
      viewport = VIEWPORT,
      hasTouch = false,
      As = Person,
      language = "en-US",
      ownBrowser = false,
      ...settings
    } = {},
  ) {
    const browser = await this.#launched(ownBrowser);
    const context = await browser.newContext({
      viewport,
      hasTouch,
      reducedMotion: "reduce",
      locale: language,
    });
    await context.addInitScript((settings) => {
      for (const [key, value] of Object.entries(settings)) localStorage.setItem(`parlor.${key}`, value);
    }, settings);
    const page = await context.newPage();
    const person = new As(name, page, url, settings.locale ?? language);
    person.console = [];
    page.on("console", (message) => person.console.push(`${message.type()} ${message.text()}`));
    page.on("pageerror", (error) => person.console.push(`page error ${error.stack}`));
    this.people.push(person);
    return person;
  }

  async #launched(own) {
    const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    if (!own) {
      this.#browser ??= await launch();
      return this.#browser;
    }
    const browser = await launch();
    this.#ownBrowsers.push(browser);
    return browser;
  }

  /** Ada and ben in one room of a server of their own, both live. */
  async together() {
    await this.serve();
    const ada = await this.person("ada");
    await ada.register();
    await ada.createRoom("celadon");
    const ben = await this.person("ben");
    await ben.register();
    await ben.join("celadon");
    await Promise.all([ada, ben].map((person) => person.onLane("webtransport")));
    return { ada, ben };
  }

  /** A terminal client, each with a guest's account of its own. */
  talk(room, args) {
    const state = path.join(this.folder, `guest-${this.talkers.length}`);
    const talker = new Talk(this.server, room, state, args);
    this.talkers.push(talker);
    return talker;
  }

  /** The room this person has open, as the server has it. */
  async history(person) {
    const api = `${this.server.url}/api/v1`;
    const signedIn = await fetch(`${api}/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: person.name, password: PASSWORD }),
    });
    const { access_token } = await signedIn.json();
    const [room] = person.page.url().match(/[0-9a-f-]{36}/);
    const page = await fetch(`${api}/rooms/${room}/messages?limit=100`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    const { messages } = await page.json();
    return messages.map(({ seq, text }) => ({ seq, state: "sent", text }));
  }

  async saveEvidence(folder) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const person of this.people) {
      const file = path.join(folder, person.name);
      await person.page.screenshot({ path: `${file}.png`, timeout: 5_000 }).catch(() => {});
      await writeFile(`${file}.console.txt`, person.console.join("\n"));
    }
    for (const [index, talker] of this.talkers.entries()) {
      const text = `${talker.complaints}\n--\n${talker.lines.join("\n")}\n`;
      await writeFile(path.join(folder, `talk-${index}.txt`), text);
    }
    if (this.server) await copyFile(this.server.logFile, path.join(folder, "server.log"));
  }

  async end() {
    for (const talker of this.talkers) talker.kill();
    await Promise.all([this.#browser, ...this.#ownBrowsers].map((browser) => browser?.close()));
    await this.relay?.close();
    await this.front?.close();
    await this.server?.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A test with a world of its own. When it fails, what was on the screens is kept. */
export function story(name, tell) {
  test(name, async () => {
    const world = new World(await mkdtemp(path.join(os.tmpdir(), "parlor-e2e-")));
    try {
      await tell(world);
    } catch (error) {
      const evidence = path.join(ROOT, "test-results", name.replaceAll(/[^a-z0-9]+/gi, "-"));
      await world.saveEvidence(evidence);
      throw error;
    } finally {
      await world.end();
    }
  });
}
