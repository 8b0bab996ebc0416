// Real text through a pipe: every line arrives exactly once and in order, whatever happens.
// PARLOR_TALK_LINES=100000 is the acceptance run; the usual one is short.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../lib/server.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

const LINES = Number(process.env.PARLOR_TALK_LINES ?? 3_000);

/** A limit that a pipe does not reach. */
const NO_HURRY = ["--session-burst", "--session-per-second", "--user-burst", "--user-per-second"].flatMap(
  (flag) => [flag, "1000000"],
);

/** As many lines as wanted, each with its number, from the project's own prose. */
async function realText(count) {
  const docs = path.join(ROOT, "docs");
  const names = (await readdir(docs, { recursive: true })).filter((name) => name.endsWith(".md"));
  const files = ["proto/PROTOCOL.md", ...names.sort().map((name) => path.join("docs", name))];
  const texts = await Promise.all(files.map((name) => readFile(path.join(ROOT, name), "utf8")));
  const prose = texts.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "");
  prose.push("茶在竹间,风过无声", "ça va, naïve café", "🍵 and 👩‍👩‍👧 are one each");
  return Array.from({ length: count }, (_, n) => `${n} ${prose[n % prose.length].trim()}`);
}

/** Waits until the listener has printed so much; fails at once where it has ended. */
async function heard(listener, what, enough, ms) {
  await until(
    what,
    () => {
      if (enough(listener.lines)) return true;
      listener.assertRuns();
      return false;
    },
    ms,
  );
}

/** Both must say the same; the first difference is named, not a diff of 100,000 lines. */
function assertSameLines(got, wanted) {
  const different = wanted.findIndex((line, n) => got[n] !== line);
  assert.equal(different, -1, `line ${different} is "${got[different]}"`);
  assert.equal(got.length, wanted.length);
}

story("a pipe posts every line exactly once across three kill -9", async (world) => {
  const server = await world.serve(NO_HURRY);
  const listener = world.talk("pipe", ["--create", "--follow"]);
  await listener.listens();

  const lines = await realText(LINES);
  const sender = world.talk("pipe");
  sender.input.end(lines.map((line) => `${line}\n`).join(""));
  for (const quarter of [1, 2, 3]) {
    const mark = Math.floor((LINES * quarter) / 4);
    await heard(listener, `${mark} lines came`, ({ length }) => length >= mark, 60_000 + LINES * 12);
    await server.kill();
    await server.start();
  }
  assert.equal(await sender.ended(), 0, sender.complaints);
  await heard(listener, "the last line came", (got) => got.at(-1) === lines.at(-1), 60_000);
  assertSameLines(listener.lines, lines);
});

story("with the usual rate limits a pipe waits as it is told and loses nothing", async (world) => {
  await world.serve();
  const listener = world.talk("pipe", ["--create", "--follow"]);
  await listener.listens();

  const lines = await realText(200);
  const sender = world.talk("pipe");
  sender.input.end(lines.map((line) => `${line}\n`).join(""));
  assert.equal(await sender.ended(), 0, sender.complaints);
  await heard(listener, "the last line came", (got) => got.at(-1) === lines.at(-1));
  assertSameLines(listener.lines, lines);
});
