import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { QrCode } from "./QrCode";

afterEach(cleanup);

/** Rows of the code as it is drawn, `#` for dark. */
function drawn(): string[] {
  const svg = screen.getByRole("img", { name: "a link" });
  const size = Number(svg.getAttribute("viewBox")?.split(" ")[2]);
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => "."));
  const path = svg.querySelector("path")?.getAttribute("d") ?? "";
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g)) {
    const row = rows[Number(y)];
    if (row !== undefined) row[Number(x)] = "#";
  }
  return rows.map((row) => row.join(""));
}

test("a code is dark on light, with its three marks and quiet around it", () => {
  render(<QrCode text="https://chat.example/invite/2lTyb6gJc_QfXkY1u0sH7w" label="a link" />);
  const rows = drawn();
  const MARK = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
  const far = rows.length - 4 - 7;
  for (const [left, top] of [
    [4, 4],
    [far, 4],
    [4, far],
  ] as const) {
    expect(rows.slice(top, top + 7).map((row) => row.slice(left, left + 7))).toEqual(MARK);
  }
  const quiet = ".".repeat(rows.length);
  expect([...rows.slice(0, 4), ...rows.slice(-4)]).toEqual(Array.from({ length: 8 }, () => quiet));
  for (const row of rows) expect([row.slice(0, 4), row.slice(-4)]).toEqual(["....", "...."]);
  const colours = [...screen.getByRole("img").children].map((part) => part.getAttribute("fill"));
  expect(colours).toEqual(["#ffffff", "#000000"]);
});
