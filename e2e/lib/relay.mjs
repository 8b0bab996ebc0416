// A way to the server of which the UDP half can be cut, as a firewall would do it.

import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";

export class Relay {
  /** While true, datagrams vanish in both directions and nobody is told. */
  dropUdp = false;

  #tcp;
  #udp;
  #connections = new Set();
  /** One socket towards the server for each address on this side, as a NAT has. */
  #mapped = new Map();

  /** Forwards TCP and UDP of `address` to 127.0.0.1, both at `port`. */
  async listen(address, port) {
    this.#tcp = net.createServer((near) => {
      const far = net.connect(port, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        this.#connections.add(from);
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#connections.delete(from);
          to.destroy();
        });
      }
    });
    this.#tcp.listen(port, address);
    await once(this.#tcp, "listening");

    this.#udp = dgram.createSocket("udp4");
    this.#udp.on("message", (datagram, from) => {
      if (!this.dropUdp) this.#towards(from, port)(datagram);
    });
    this.#udp.bind(port, address);
    await once(this.#udp, "listening");
  }

  async close() {
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#mapped.values()) socket.close();
    this.#udp?.close();
    if (this.#tcp) await new Promise((resolve) => this.#tcp.close(resolve));
  }

  #towards(from, port) {
    const key = `${from.address}:${from.port}`;
    let socket = this.#mapped.get(key);
    if (socket === undefined) {
      socket = dgram.createSocket("udp4");
      socket.on("message", (datagram) => {
        if (!this.dropUdp) this.#udp.send(datagram, from.port, from.address);
      });
      this.#mapped.set(key, socket);
    }
    return (datagram) => socket.send(datagram, port, "127.0.0.1");
  }
}
