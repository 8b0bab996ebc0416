import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA } from "../../test/fake-rest.js";
import { PeopleStore, type Person } from "./people.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("somebody is asked for once, and again when what is known has grown old", async () => {
  let shown = ADA;
  const fetch = vi.fn(async (_: string): Promise<Person> => shown);
  const people = new PeopleStore(fetch);
  people.need([ADA.id, ADA.id]);
  await vi.advanceTimersByTimeAsync(0);
  people.need([ADA.id]);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(people.getSnapshot().get(ADA.id)?.status_text).toBe("");

  shown = { ...ADA, status_text: "back on Monday", status_emoji: "🌴" };
  await vi.advanceTimersByTimeAsync(5 * 60_000 + 1);
  people.need([ADA.id]);
  await vi.advanceTimersByTimeAsync(0);
  expect(people.getSnapshot().get(ADA.id)).toMatchObject({ status_emoji: "🌴" });
});

test("a failure is asked again, but not at once", async () => {
  const fetch = vi.fn(async (): Promise<Person> => {
    throw new Error("away");
  });
  const people = new PeopleStore(fetch);
  people.need([ADA.id]);
  await vi.advanceTimersByTimeAsync(9_000);
  people.need([ADA.id]);
  expect(fetch).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_000);
  people.need([ADA.id]);
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("what has not changed wakes nobody", () => {
  const people = new PeopleStore(async () => ADA);
  people.add([ADA]);
  const before = people.getSnapshot();
  people.add([{ ...ADA }]);
  expect(people.getSnapshot()).toBe(before);
});

test("an account that goes out of use, and comes back, is another person to look at", () => {
  const people = new PeopleStore(async () => ADA);
  people.add([{ ...ADA, standing: "active" }]);
  const before = people.getSnapshot();
  people.add([{ ...ADA, standing: "deactivated" }]);
  expect(people.getSnapshot().get(ADA.id)?.standing).toBe("deactivated");
  people.add([ADA]);
  expect(people.getSnapshot().get(ADA.id)).toEqual(before.get(ADA.id));
});
