import { expect, test } from "vitest";
import { heightOf, pictureBox } from "./boxes";

test("a picture keeps its shape, is not made larger, and can always be hit", () => {
  expect(pictureBox({ width: 4000, height: 2000 })).toEqual({ width: 400, height: 200 });
  expect(pictureBox({ width: 1000, height: 4000 })).toEqual({ width: 80, height: 320 });
  expect(pictureBox({ width: 100, height: 60 })).toEqual({ width: 100, height: 60 });
  expect(pictureBox({ width: 3, height: 9000 })).toEqual({ width: 48, height: 320 });
  expect(pictureBox({ width: 0, height: 0 })).toEqual({ width: 240, height: 160 });
});

test("room is reckoned with before anything is drawn", () => {
  const picture = { kind: "image" as const, width: 400, height: 300 };
  expect(heightOf([])).toBe(0);
  expect(heightOf([picture])).toBe(308);
  expect(heightOf([picture, picture, picture, picture])).toBe(2 * 136 + 4);
  expect(heightOf([picture, { kind: "other", width: 0, height: 0 }])).toBe(308 + 56);
});
