// What the README tells a stranger to type does what it says.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../lib/server.mjs";
import { story } from "../lib/world.mjs";

story("the REST tour of the README works as written", async (world) => {
  const server = await world.serve();
  const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
  const tour = readme.split("### REST")[1].match(/```sh\n(.*?)```/s)[1];
  const script = tour.replaceAll("http://127.0.0.1:8080", server.url).replaceAll("curl -s", "curl -sSf");
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script]);

  // The file as it was sent stands between the answers.
  const [said, asked] = stdout.split("hello!").map((text) => text.replaceAll("}{", "}\n{").split("\n"));
  const [posted, upload, shared] = said.map(JSON.parse);
  const [history, rooms, info] = asked.map(JSON.parse);
  assert.equal(upload.file.bytes, "6");
  const [hello, file] = history.messages.slice(-2);
  assert.deepEqual([hello.text, hello.seq], ["Hello from curl", posted.seq]);
  assert.deepEqual([file.attachments[0].id, file.seq], [upload.file.id, shared.seq]);
  assert.ok(rooms.items.some((room) => room.name === "design"));
  assert.equal(info.lanes.length, 3);
});
