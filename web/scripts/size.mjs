// Measures what a reader downloads, gzipped, against the budget of the design.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const assets = readdirSync(join(dist, "assets"));
const index = readFileSync(join(dist, "index.html"), "utf8");
const read = (name) => readFileSync(join(dist, "assets", name));
const sum = (names) => names.reduce((total, name) => total + gzipSync(read(name), { level: 9 }).length, 0);

const scripts = assets.filter((name) => name.endsWith(".js"));
/** These scripts and all that they cannot begin without. */
function closure(names) {
  const all = new Set(names);
  for (const name of all) {
    const needs = read(name)
      .toString()
      .matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g);
    for (const [, needed] of needs) all.add(needed);
  }
  return [...all];
}
/** The script made of this source, which the page asks for by itself. */
function made(source) {
  const [name, ...others] = scripts.filter((script) => script.startsWith(`${source}-`));
  if (name === undefined || others.length > 0) throw new Error(`not one script was made of ${source}`);
  return name;
}

// What index.html names is loaded before anybody can sign in.
const first = scripts.filter((name) => index.includes(name));
// The other language is loaded in place of nothing, so that both are the bound.
const talking = [...first, made("Chat"), made("zh")];
const rows = [
  ["sign-in page JS", sum(closure(first)), 120_000],
  ["JS before the first message", sum(closure(talking)), 230_000],
  ["CSS", sum(assets.filter((name) => name.endsWith(".css"))), 20_000],
];
for (const [name, bytes, budget] of rows) {
  const verdict = bytes <= budget ? "ok" : "ABOVE BUDGET";
  console.log(
    `${name.padEnd(30)} ${(bytes / 1000).toFixed(1).padStart(7)} kB of ${budget / 1000} kB  ${verdict}`,
  );
}
// A reader of Chinese brings a face of their own; one of ours weighs megabytes.
const fonts = assets.filter((name) => /\.(woff2?|ttf|otf)$/.test(name) && !name.includes("-latin-"));
for (const name of fonts) console.log(`${name} is a font that is not Latin`);
if (fonts.length > 0 || rows.some(([, bytes, budget]) => bytes > budget)) process.exitCode = 1;
