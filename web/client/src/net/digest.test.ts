import { expect, test } from "vitest";
import { positionDigest } from "./digest.js";

test("rule_5_2 the digest is FNV-1a over id, epoch and seq, as worked out by hand elsewhere", () => {
  expect(positionDigest("01010101-0101-0101-0101-010101010101", 1n, 2)).toBe(0x4eb792c4735e9c3cn);
});
