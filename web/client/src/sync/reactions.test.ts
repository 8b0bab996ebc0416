import { expect, test } from "vitest";
import { added, has, removed, wished } from "./reactions.js";

const ada = "ada";
const ben = "ben";

test("an emoji keeps its place while somebody has it there, and goes with the last", () => {
  let all = added(added(added([], "👍", ada), "🎉", ada), "👍", ben);
  expect(all.map(({ emoji, count }) => [emoji, count])).toEqual([
    ["👍", 2],
    ["🎉", 1],
  ]);
  all = removed(all, "👍", ada);
  expect(all[0]).toEqual({ emoji: "👍", count: 1, users: [ben] });
  expect(removed(all, "👍", ben).map(({ emoji }) => emoji)).toEqual(["🎉"]);
});

test("one who is only counted is no longer counted after leaving", () => {
  const many = [{ emoji: "👍", count: 30, users: [ada] }];
  expect(removed(many, "👍", ben)).toEqual([{ emoji: "👍", count: 29, users: [ada] }]);
});

test("a wish that is fulfilled already changes nothing", () => {
  const all = added([], "👍", ada);
  expect(wished(all, "👍", ada, true)).toBe(all);
  expect(wished(all, "🎉", ada, false)).toBe(all);
  expect(has(wished(all, "👍", ada, false), "👍", ada)).toBe(false);
  expect(has(wished(all, "👍", ben, true), "👍", ben)).toBe(true);
});
