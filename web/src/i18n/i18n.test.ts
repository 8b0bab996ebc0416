import { expect, test } from "vitest";
import { en } from "./en";
import { zh } from "./zh";

/** Names of the values a text takes; words that a number chooses are none. */
const values = (text: string) => [...new Set(text.match(/(?<!(?:one|other) \{)(?<=\{)\w+/g) ?? [])].sort();

test("rule 9: every text exists in both languages and takes the same values", () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const [id, text] of Object.entries(en)) {
    expect(values(zh[id as keyof typeof en]), id).toEqual(values(text).filter((name) => name !== "one"));
  }
});
