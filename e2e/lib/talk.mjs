// `parlor talk`: the terminal client, over raw QUIC.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mine } from "./children.mjs";
import { PARLOR } from "./server.mjs";

export class Talk {
  /** What the room showed so far, one entry for each line printed. */
  lines = [];
  #child;
  #complaints = "";

  /** Joins the room as a guest. `args` are added to the command line. */
  constructor(server, room, args = []) {
    this.#child = mine(
      spawn(PARLOR, ["talk", "--server", server.url, "--room", room, "--print", "plain", ...args], {
        stdio: ["pipe", "pipe", "pipe"],
      }),
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

  /** The stream whose lines are posted. */
  get input() {
    return this.#child.stdin;
  }

  say(text) {
    this.#child.stdin.write(`${text}\n`);
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
