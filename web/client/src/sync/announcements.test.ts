import { beforeEach, expect, test, vi } from "vitest";
import type { Announcement } from "../net/rest.js";
import { AnnouncementStore } from "./announcements.js";

function told(id: string, until: string | null = null): Announcement {
  return { id, text: `text ${id}`, level: "info", created_at: "2026-11-28T00:00:00Z", until };
}

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

function shown(store: AnnouncementStore): string[] {
  return store.getSnapshot().map(({ id }) => id);
}

test("what was dismissed stays away on this device, and is forgotten with its announcement", async () => {
  let all = [told("b"), told("a")];
  const store = new AnnouncementStore(async () => all);
  await store.load();
  expect(shown(store)).toEqual(["b", "a"]);
  store.dismiss("b");
  expect(shown(store)).toEqual(["a"]);
  const later = new AnnouncementStore(async () => all);
  await later.load();
  expect(shown(later)).toEqual(["a"]);
  all = [told("a")];
  await later.load();
  expect(localStorage.getItem("parlor.dismissed")).toBe("[]");
});

test("many hints are one question", async () => {
  const fetch = vi.fn(async () => [told("a")]);
  const store = new AnnouncementStore(fetch);
  store.loadWithin();
  store.loadWithin();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(shown(store)).toEqual(["a"]);
});

test("what ends by itself is asked for when it has", async () => {
  const until = new Date(Date.now() + 60_000).toISOString();
  const fetch = vi.fn(async () => (fetch.mock.calls.length > 1 ? [] : [told("a", until)]));
  const store = new AnnouncementStore(fetch);
  await store.load();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(shown(store)).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(shown(store)).toEqual([]);
  store.stop();
});

test("a question that fails takes nothing away", async () => {
  let fails = false;
  const store = new AnnouncementStore(async () => {
    if (fails) throw new Error("away");
    return [told("a")];
  });
  await store.load();
  fails = true;
  await store.load();
  expect(shown(store)).toEqual(["a"]);
});
