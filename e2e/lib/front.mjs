// A web server in front of Parlor, as many have one: it can be away, slow, and be
// upgraded to another build of the web app.

import { once } from "node:events";
import http from "node:http";
import net from "node:net";

/** Put into every file of the second build, so that the names of its assets differ. */
const SECOND = "-second";

export class Front {
  /** Pages come after so many milliseconds. */
  pageDelayMs = 0;
  /** True once the second build is there, and the first is gone. */
  upgraded = false;
  #port;
  #server;
  #sockets = new Set();

  /** Forwards HTTP and WebSocket of `address` to 127.0.0.1, both at `port`. */
  async listen(address, port) {
    this.#port = port;
    this.#server = http.createServer((request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, near, head) => this.#upgrade(request, near, head));
    this.#server.on("connection", (socket) => this.#own(socket));
    this.#server.listen(port, address);
    await once(this.#server, "listening");
  }

  async close() {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server) await new Promise((resolve) => this.#server.close(resolve));
  }

  #own(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  async #answer(request, response) {
    try {
      const body = await bytes(request);
      const isApp = !request.url.startsWith("/api/");
      let path = request.url;
      if (/^\/assets\/.*\.(js|css)$/.test(path)) {
        const isSecond = path.includes(SECOND);
        if (isSecond !== this.upgraded) return response.writeHead(404).end();
        path = path.replace(SECOND, "");
      }
      const isPage = request.headers.accept?.includes("text/html") === true;
      if (isPage && this.pageDelayMs > 0) await new Promise((done) => setTimeout(done, this.pageDelayMs));
      const { "accept-encoding": _, "if-none-match": known, ...headers } = request.headers;
      if (!isApp && known !== undefined) headers["if-none-match"] = known;
      const forwarded = http.request({
        host: "127.0.0.1",
        port: this.#port,
        path,
        method: request.method,
        headers,
      });
      forwarded.end(body);
      const [answer] = await once(forwarded, "response");
      let content = await bytes(answer);
      const type = answer.headers["content-type"] ?? "";
      if (isApp && this.upgraded && /html|javascript|css/.test(type)) {
        const text = content.toString("utf8").replaceAll(/(-[\w-]{8})\.(js|css)\b/g, `$1${SECOND}.$2`);
        // The worker's version is another one too.
        content = Buffer.from(path === "/sw.js" ? text.replace(/[0-9a-f]{16}/, "0".repeat(16)) : text);
      }
      const { "content-length": __, "transfer-encoding": ___, ...told } = answer.headers;
      response.writeHead(answer.statusCode, { ...told, "content-length": content.length });
      response.end(content);
    } catch {
      // As a proxy does that finds no server behind it.
      response.writeHead(502).end();
    }
  }

  #upgrade(request, near, head) {
    this.#own(near);
    const far = net.connect(this.#port, "127.0.0.1", () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let at = 0; at < request.rawHeaders.length; at += 2) {
        lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
      }
      far.write(`${lines.join("\r\n")}\r\n\r\n`);
      far.write(head);
      near.pipe(far).pipe(near);
    });
    this.#own(far);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }
}

async function bytes(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
