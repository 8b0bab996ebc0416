// The REST face, as a program uses it: what stories need before they begin.

import assert from "node:assert/strict";
import { PASSWORD } from "./person.mjs";

export class Rest {
  #url;

  constructor(server) {
    this.#url = `${server.url}/api/v1`;
  }

  /** Registers somebody, who is the one that asks from now on. */
  async register(name, more = {}) {
    const session = await this.post("/register", { name, password: PASSWORD, ...more });
    this.authorization = `Bearer ${session.access_token}`;
    return session;
  }

  /** The same for somebody who is registered. */
  async signIn(name) {
    const session = await this.post("/login", { name, password: PASSWORD });
    this.authorization = `Bearer ${session.access_token}`;
  }

  post(path, body) {
    return this.#send("POST", path, body);
  }

  delete(path) {
    return this.#send("DELETE", path, {});
  }

  put(path, body = {}) {
    return this.#send("PUT", path, body);
  }

  patch(path, body) {
    return this.#send("PATCH", path, body);
  }

  /** Brings a file to the server, whole; returns its upload. */
  async upload(name, bytes) {
    const { id } = await this.post("/uploads", { name, bytes: `${bytes.length}` });
    const answer = await fetch(`${this.#url}/uploads/${id}`, {
      method: "PATCH",
      headers: {
        "content-type": "application/offset+octet-stream",
        "upload-offset": "0",
        authorization: this.authorization,
      },
      body: bytes,
    });
    assert.ok(answer.ok, `${name}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  }

  /** Posts files, each `[name, bytes]`, in one message; returns what the server made of them. */
  async share(room, files, text = "") {
    const uploads = [];
    for (const [name, bytes] of files) uploads.push(await this.upload(name, bytes));
    await this.post(`/rooms/${room}/messages`, { text, attachment_ids: uploads.map(({ file }) => file.id) });
    return uploads.map(({ file }) => file);
  }

  remove(path) {
    return this.#send("DELETE", path);
  }

  async #send(method, path, body) {
    const answer = await fetch(this.#url + path, {
      method,
      headers: {
        "content-type": "application/json",
        ...(this.authorization && { authorization: this.authorization }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  }

  /** Makes a room and says these things in it; returns its id. */
  async room(name, messages = [], more = {}) {
    const { id } = await this.post("/rooms", { name, ...more });
    for (const text of messages) await this.post(`/rooms/${id}/messages`, { text });
    return id;
  }
}
