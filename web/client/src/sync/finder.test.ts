import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA } from "../../test/fake-rest.js";
import { PeopleFinder } from "./finder.js";
import type { Person } from "./people.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the server is asked when the typing pauses, not at every key", async () => {
  const find = vi.fn(async (_: string) => [ADA]);
  const finder = new PeopleFinder(find);
  for (const text of ["a", "ad", "ada"]) {
    finder.look(text);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(finder.getSnapshot().status).toBe("looking");
  expect(find).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  expect(find.mock.calls).toEqual([["ada"]]);
  expect(finder.getSnapshot()).toEqual({ text: "ada", status: "ready", people: [ADA] });
  finder.look(" ada ");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(find).toHaveBeenCalledTimes(1);
});

test("an answer that comes too late is left alone", async () => {
  const answers = new Map<string, (people: Person[]) => void>();
  const finder = new PeopleFinder((text) => new Promise((answer) => answers.set(text, answer)));
  finder.look("a");
  await vi.advanceTimersByTimeAsync(200);
  finder.look("bob");
  await vi.advanceTimersByTimeAsync(200);
  answers.get("bob")?.([]);
  answers.get("a")?.([ADA]);
  await vi.advanceTimersByTimeAsync(0);
  expect(finder.getSnapshot()).toEqual({ text: "bob", status: "ready", people: [] });
  finder.look("");
  expect(finder.getSnapshot().status).toBe("idle");
});

test("a failure can be tried again", async () => {
  const find = vi.fn(async (_: string): Promise<Person[]> => {
    throw new Error("away");
  });
  const finder = new PeopleFinder(find);
  finder.look("a");
  await vi.advanceTimersByTimeAsync(200);
  expect(finder.getSnapshot().status).toBe("error");
  find.mockImplementation(async () => [ADA]);
  finder.again();
  await vi.advanceTimersByTimeAsync(200);
  expect(finder.getSnapshot().people).toEqual([ADA]);
});
