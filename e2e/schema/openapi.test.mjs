// A tool that knows nothing of Parlor reads the served OpenAPI document and tries all it describes.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { Rest } from "../lib/rest.mjs";
import { ROOT } from "../lib/server.mjs";
import { story } from "../lib/world.mjs";

const SCHEMATHESIS = process.env.PARLOR_SCHEMATHESIS ?? "st";
const CONFIG = path.join(ROOT, "tools", "schemathesis", "schemathesis.toml");

/** Whoever signs out or leaves can try nothing else: tried apart, by nobody. */
const SIGNS_OUT = ["log_out", "deactivate_account", "delete_account"];
/** Takes bytes, of which the tool makes none; the tests of the REST face send them. */
const TAKES_BYTES = ["send_upload"];

story("schemathesis finds no 5xx and no answer but those of the document", async (world) => {
  const server = await world.serve();
  // The password of the document's examples, so that these do what they say.
  const password = "correct horse battery staple";
  await new Rest(server).register("ben", { password });
  const ada = new Rest(server);
  await ada.register("ada", { password });
  const id = await ada.room("tried", ["three", "four", "five"]);

  const document = `${server.url}/api/openapi.json`;
  const signedIn = ["--header", `Authorization: ${ada.authorization}`];
  const except = [...SIGNS_OUT, ...TAKES_BYTES].flatMap((id) => ["--exclude-operation-id", id]);
  await run(world, id, [document, ...signedIn, ...except]);
  await run(world, id, [document, ...SIGNS_OUT.flatMap((id) => ["--include-operation-id", id])]);
});

/** Runs it to its end; what it found goes to the log. */
async function run(world, room, args) {
  const begun = performance.now();
  const env = { ...process.env, PARLOR_ROOM: room };
  const options = { cwd: world.folder, env, maxBuffer: 64 * 1024 * 1024 };
  const { failed, stdout } = await promisify(execFile)(
    SCHEMATHESIS,
    ["--config-file", CONFIG, "run", "--no-color", ...args],
    options,
  ).catch((error) => ({ failed: error.message, ...error }));
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(stdout?.replaceAll(/^/gm, "# "));
  assert.equal(failed, undefined, `${stdout}`);
  console.log(`# schemathesis took ${seconds} s`);
}
