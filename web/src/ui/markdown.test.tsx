import { cleanup, render } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { isPlain, Markdown, parseWhole, safeUrl } from "./markdown";

afterEach(cleanup);
const show = (text: string) => render(<Markdown text={text} />).container;

test("what is taken for plain words means nothing else to the parser", () => {
  const characters = [..."aWw.  ,-1!?()'\"é早。，…"];
  let state = 7;
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  let plain = 0;
  for (let round = 0; round < 3_000; round += 1) {
    const text = Array.from({ length: 1 + next(12) }, () => characters[next(characters.length)]).join("");
    if (!isPlain(text)) continue;
    plain += 1;
    const [paragraph, ...others] = parseWhole(text).children;
    expect(others).toEqual([]);
    expect(paragraph).toMatchObject({ type: "paragraph", children: [{ type: "text", value: text }] });
  }
  expect(plain).toBeGreaterThan(500);
  for (const text of ["see www.example.org", "1. one", "- one", "a@b.example", "it: http", "a *b*", "a\nb"])
    expect(isPlain(text), text).toBe(false);
});

describe("x1 nothing written can run", () => {
  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onmouseover=alert(1)>bold</b>",
    "<svg/onload=alert(1)>",
  ])("HTML is text: %s", (text) => {
    const shown = show(text);
    expect(shown.textContent).toBe(text);
    expect(shown.querySelector("script, img, b, svg")).toBeNull();
  });

  test.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "[x](//evil.example)",
    "![x](javascript:alert(1))",
  ])("a link that could run or mislead is no link: %s", (text) => {
    expect(show(text).querySelector("a, img")).toBeNull();
  });

  test("x3 pictures from elsewhere are links, and links tell nothing", () => {
    const shown = show("![cat](https://example.com/cat.png)");
    expect(shown.querySelector("img")).toBeNull();
    const link = shown.querySelector("a");
    expect([link?.textContent, link?.rel, link?.target]).toEqual([
      "cat",
      "noopener noreferrer nofollow",
      "_blank",
    ]);
  });

  test("only these protocols", () => {
    expect(safeUrl("https://example.com")?.href).toBe("https://example.com/");
    expect(safeUrl("mailto:a@example.com")).not.toBeNull();
    expect(safeUrl("file:///etc/passwd")).toBeNull();
    expect(safeUrl("/relative")).toBeNull();
  });
});

describe("what people write", () => {
  test("emphasis, code, lists and quotes", () => {
    const shown = show("**bold** *soft* ~~gone~~ `code`\n\n- one\n- two\n\n> said\n\n```\nblock\n```");
    for (const tag of ["strong", "em", "del", "code", "li", "blockquote", "pre"]) {
      expect(shown.querySelector(tag), tag).not.toBeNull();
    }
  });

  test("tables and tasks", () => {
    const shown = show("| a | b |\n|:--|--:|\n| 1 | `2` |\n\n- [x] done\n- [ ] open\n- neither");
    const cells = [...shown.querySelectorAll("th, td")].map((cell) => [cell.textContent, cell.className]);
    expect(cells).toEqual([
      ["a", "text-start"],
      ["b", "text-end"],
      ["1", "text-start"],
      ["2", "text-end"],
    ]);
    const marks = [...shown.querySelectorAll("li")].map((item) => item.querySelector("svg")?.dataset["done"]);
    expect(marks).toEqual(["true", "false", undefined]);
    expect(show("a | b is no table").querySelector("table")).toBeNull();
  });

  test("a single line break is kept", () => {
    expect(show("one\ntwo").textContent).toBe("one\ntwo");
  });

  test("emphasis next to Chinese punctuation works", () => {
    expect(show("**注意：**请看").querySelector("strong")?.textContent).toBe("注意：");
  });

  test("a bare address ends before full-width punctuation", () => {
    const shown = show("看 https://example.com/a，然后说。");
    expect(shown.querySelector("a")?.textContent).toBe("https://example.com/a");
    expect(shown.textContent).toBe("看 https://example.com/a，然后说。");
  });

  test("an address of a room of this server stays in the app", () => {
    const link = show(`${location.origin}/rooms/1`).querySelector("a");
    expect([link?.getAttribute("href"), link?.target]).toEqual(["/rooms/1", ""]);
  });

  test("x5 64 kB on one line is shown whole", () => {
    const text = "wide ".repeat(13_000).trim();
    expect(show(text).textContent).toBe(text);
  });
});
