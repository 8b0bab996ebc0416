// `parlor talk`: the terminal client, over raw QUIC.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mine } from "./children.mjs";
import { PARLOR } from "./server.mjs";
import { Hopeless, until } from "./wait.mjs";

export class Talk {
  /** The texts said in the room so far. */
  lines = [];
  #child;
  #complaints = "";

  /** Enters the room as the guest whose account is kept in `state`; `args` are added. */
  constructor(server, room, state, args = []) {
    const command = ["talk", "--server", server.url, "--room", room, "--state-dir", state];
    this.#child = mine(
      spawn(PARLOR, [...command, "--print", "plain", ...args], { stdio: ["pipe", "pipe", "pipe"] }),
    );
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.lines.push(line));
    this.#child.stderr.setEncoding("utf8");
    this.#child.stderr.on("data", (text) => {
      this.#complaints += text;
    });
  }

  get complaints() {
    return this.#complaints;
  }

  /** Waits until it follows the room: what is said from now on is printed. */
  async listens() {
    await until("talk follows the room", () => this.#complaints.includes("in #"));
  }

  /** The stream whose lines are posted. */
  get input() {
    return this.#child.stdin;
  }

  say(text) {
    this.#child.stdin.write(`${text}\n`);
  }

  /** Throws where it has ended: nothing more will come. */
  assertRuns() {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    throw new Hopeless(`talk ended with ${exitCode ?? signalCode}: ${this.#complaints}`);
  }

  /** Waits for its end and returns its exit code. */
  async ended() {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const [code] = await once(this.#child, "exit");
    return code;
  }

  kill() {
    if (this.#child.exitCode === null) this.#child.kill("SIGKILL");
  }
}
