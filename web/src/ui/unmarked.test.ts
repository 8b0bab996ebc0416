import { pieces } from "parlor-client/sync/search";
import { expect, test } from "vitest";
import { unmarked } from "./unmarked";

/** What is read of a text, on one line. */
const read = (text: string) =>
  pieces(text, [], unmarked(text))
    .map((piece) => piece.text)
    .join("")
    .trim();

test.each([
  ["**bold**, *soft*, ~~gone~~ and `code`", "bold, soft, gone and code"],
  ["**第四片**最好", "第四片最好"],
  ["# Heading\n\n> said before\n\n- one\n- [x] two\n\n1. first", "Heading said before one two first"],
  ["see [the plan](https://example.org/plan) today", "see the plan today"],
  [
    "see https://example.org/a_b, or <https://example.org>",
    "see https://example.org/a_b, or https://example.org",
  ],
  ["write to ada@example.org **soon**", "write to ada@example.org soon"],
  ["| a | b |\n|--|--|\n| 1 | 2 |", "a b 1 2"],
  ["```rust\nfn main() {}\n```", "fn main() {}"],
  ["2 * 3 * 4, snake_case, <b>", "2 * 3 * 4, snake_case, <b>"],
  ["a \\*star\\* &amp; more", "a \\*star\\* &amp; more"],
  ["> one\n> two\n\n> ```\n> let a;\n> let b;\n> ```", "one two let a; let b;"],
  ["see ![the plan](https://example.org/plan.png) today", "see the plan today"],
  ["one\\\ntwo", "one two"],
  ["看，www.example.org 吧", "看，www.example.org 吧"],
  ["", ""],
])("of %j is read: %j", (text, words) => {
  expect(read(text)).toBe(words);
});

test("what was looked for is shown, and where it is, although it marks", () => {
  const text = "😀 the **kiln** at [home](https://kiln.example)";
  const matches = [
    { start: 8, end: 12 },
    { start: 33, end: 37 },
  ];
  expect(pieces(text, matches, unmarked(text))).toEqual([
    { text: "😀 the ", hit: false },
    { text: "kiln", hit: true },
    { text: " at home", hit: false },
    { text: "kiln", hit: true },
  ]);
});
