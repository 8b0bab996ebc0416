import { expect, test } from "vitest";
import { backoffMs } from "./backoff.js";

test("c20 the first attempt is immediate, later ones spread over a growing interval with a cap", () => {
  expect(backoffMs(0, () => 0.99)).toBe(0);
  expect(backoffMs(1, () => 1)).toBe(600);
  expect(backoffMs(3, () => 1)).toBe(2_400);
  expect(backoffMs(40, () => 1)).toBe(10_000);
  expect(backoffMs(40, () => 0)).toBe(0);
});
