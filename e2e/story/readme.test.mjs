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

  const answers = stdout.replaceAll("}{", "}\n{").split("\n").map(JSON.parse);
  const [posted, history, rooms, info] = answers;
  assert.equal(answers.length, 4);
  assert.equal(history.messages.at(-1).text, "Hello from curl");
  assert.equal(history.messages.at(-1).seq, posted.seq);
  assert.ok(rooms.items.some((room) => room.name === "design"));
  assert.equal(info.lanes.length, 3);
});
