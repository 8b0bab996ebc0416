// The words of the web app in each language, read where the app has them.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { runInNewContext } from "node:vm";
import { ROOT } from "./server.mjs";

/** One language: an object between what only TypeScript knows. */
async function read(locale) {
  const source = await readFile(path.join(ROOT, "web", "src", "i18n", `${locale}.ts`), "utf8");
  const [, object] = source.match(/=\s*(\{[\s\S]*?\n\})/);
  return runInNewContext(`(${object})`);
}

const ALL = { en: await read("en"), zh: await read("zh") };

/** The app's words for `id`, with names in their places. */
export function wordsOf(locale, id, values = {}) {
  const text = ALL[locale][id];
  if (text === undefined) throw new Error(`the app has no words for ${id}`);
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => {
    if (values[name] === undefined) throw new Error(`${id} wants ${name}`);
    return values[name];
  });
}

/** Whole texts that only another language than this one has. */
export function foreignTo(locale) {
  const own = new Set(Object.values(ALL[locale]));
  const others = Object.entries(ALL).flatMap(([other, words]) =>
    other === locale ? [] : Object.values(words),
  );
  return others.filter((text) => !own.has(text) && !text.includes("{"));
}
