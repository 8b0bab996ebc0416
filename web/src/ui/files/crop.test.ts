import { expect, test } from "vitest";
import { middle, moved, resized, sizes } from "./crop";

const WIDE = { width: 400, height: 200 };

test("it begins with the largest square, in the middle", () => {
  expect(middle(WIDE)).toEqual({ x: 100, y: 0, size: 200 });
  expect(middle({ width: 101, height: 300 })).toEqual({ x: 0, y: 100, size: 101 });
});

test("it never leaves the picture", () => {
  expect(moved(middle(WIDE), 1_000, 5, WIDE)).toEqual({ x: 200, y: 0, size: 200 });
  expect(moved(middle(WIDE), -1_000, -5, WIDE)).toEqual({ x: 0, y: 0, size: 200 });
});

test("another size keeps the middle, and has a least and a most", () => {
  expect(resized(middle(WIDE), 100, WIDE)).toEqual({ x: 150, y: 50, size: 100 });
  expect(resized(middle(WIDE), 1, WIDE)).toEqual({ x: 168, y: 68, size: 64 });
  const corner = moved(resized(middle(WIDE), 100, WIDE), 1_000, 1_000, WIDE);
  expect(resized(corner, 9_999, WIDE)).toEqual({ x: 200, y: 0, size: 200 });
  expect(sizes({ width: 20, height: 30 })).toEqual({ least: 20, most: 20 });
});
