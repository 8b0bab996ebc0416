// The real `parlor` binary on a folder and a port of its own.

import { spawn } from "node:child_process";
import dgram from "node:dgram";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mine } from "./children.mjs";
import { Hopeless, until } from "./wait.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PARLOR = process.env.PARLOR_BIN ?? path.join(ROOT, "target", "debug", "parlor");

/** A port of 127.0.0.1 that is free for TCP and UDP alike. */
export async function freePort() {
  for (;;) {
    const tcp = net.createServer().listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const { port } = tcp.address();
    const udp = dgram.createSocket("udp4");
    const bound = await new Promise((resolve) => {
      udp.once("error", () => resolve(false));
      udp.bind(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => tcp.close(resolve));
    if (bound) {
      await new Promise((resolve) => udp.close(resolve));
      return port;
    }
  }
}

export class Server {
  #folder;
  #args;
  #child;
  #log;

  /** `folder` holds its data and its log; both outlive a restart. */
  constructor(folder, port, args = []) {
    this.#folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.logFile = path.join(folder, "server.log");
    this.#log = openSync(this.logFile, "a");
    this.#args = args;
  }

  async start() {
    const data = path.join(this.#folder, "data");
    const listen = `127.0.0.1:${this.port}`;
    this.#child = mine(
      spawn(
        PARLOR,
        ["serve", "--listen", listen, "--data-dir", data, "--log-format", "human", ...this.#args],
        { stdio: ["ignore", this.#log, this.#log] },
      ),
    );
    const child = this.#child;
    let failed;
    child.once("error", (error) => {
      failed = error;
    });
    await until("the server is ready", async () => {
      if (failed) throw failed;
      if (child.exitCode !== null) throw new Hopeless(`the server ended with ${child.exitCode}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    });
  }

  /** The link that it printed last, by which somebody becomes the first admin. */
  async claimLink() {
    const printed = await readFile(this.logFile, "utf8");
    const links = printed.match(/http\S+\/admin\/claim#[\w-]{43}/g) ?? [];
    return links.at(-1);
  }

  /** Ends it as a power cut would: kill -9. */
  async kill() {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    process.kill(child.pid, "SIGKILL");
    await gone;
  }

  /** Asks it to stop, and returns its exit code. */
  async stop() {
    const gone = once(this.#child, "exit");
    process.kill(this.#child.pid, "SIGTERM");
    const [code] = await gone;
    return code;
  }
}
