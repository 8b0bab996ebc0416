import { expect, test } from "vitest";
import { pathOf, type Window, windowFor } from "./clicks";

const behind: Window = { focused: false, visibilityState: "hidden" };
const beside: Window = { focused: false, visibilityState: "visible" };
const front: Window = { focused: true, visibilityState: "visible" };

test("a click leads to the window that somebody looks at, else to one that can be seen", () => {
  expect(windowFor([behind, beside, front])).toBe(front);
  expect(windowFor([behind, beside])).toBe(beside);
  expect(windowFor([behind])).toBe(behind);
  expect(windowFor([])).toBeUndefined();
});

test("it leads to messages of this app and nowhere else", () => {
  expect(pathOf({ parlorPath: "/rooms/1/2" })).toBe("/rooms/1/2");
  for (const data of [null, undefined, {}, { parlorPath: 1 }, { parlorPath: "//evil.example/rooms/" }]) {
    expect(pathOf(data)).toBeNull();
  }
});
