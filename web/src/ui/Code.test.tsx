import { cleanup, render, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Code } from "./Code";
import { highlight } from "./highlight";

afterEach(cleanup);
const coloured = (shown: Element) =>
  [...shown.querySelectorAll<HTMLElement>("span")].map(({ textContent, style }) => [
    textContent,
    style.color,
  ]);

test("code gets its colours, and stays the text it is", async () => {
  const text = '// a word\nfn main() {\n    let x = "<b>";\n}';
  const { container } = render(<Code text={text} language="rs" />);
  expect(container.textContent).toBe(text);
  await waitFor(() => expect(container.querySelector("span")).not.toBeNull(), { timeout: 4_000 });
  expect(container.textContent).toBe(text);
  expect(container.querySelector("b")).toBeNull();
  expect(coloured(container)).toContainEqual(["fn", "var(--code-token-keyword)"]);
});

test("without a language, or with one that nobody knows, code is plain", async () => {
  const { container } = render(<Code text="fn main() {}" language={null} />);
  expect(container.querySelector("span")).toBeNull();
  expect(await highlight("x", "klingon")).toBeNull();
  expect(await highlight("x", "constructor")).toBeNull();
});

test("x5 what is long is shown without colours, and at once", async () => {
  expect(await highlight("x ".repeat(8_000), "ts")).toBeNull();
  const lines = await highlight(`let a = "${"b".repeat(9_000)}";`, "ts");
  expect(lines?.map((line) => line.map(({ text }) => text).join("")).join("\n")).toHaveLength(9_010 + 1);
});

test.each(["py", "bash", "json", "yaml", "sql", "go", "html", "c++", "dockerfile", "toml", "diff", "md"])(
  "the grammar of %s works without WebAssembly",
  async (language) => {
    const text = '# one\n-two: "3"\nselect 4;';
    const lines = await highlight(text, language);
    expect(lines?.map((line) => line.map((piece) => piece.text).join("")).join("\n")).toBe(text);
  },
);
