import { expect, test } from "vitest";
import type { Privacy } from "../net/rest.js";
import { PrivacyStore } from "./privacy.js";

const OPEN: Privacy = { invisible: false, read_marks: true };
const HIDDEN: Privacy = { invisible: true, read_marks: true };

function desk() {
  const asked: { change: Partial<Privacy>; answer(held: Privacy | Error): void }[] = [];
  let list: (held: Privacy) => void = () => {};
  const store = new PrivacyStore({
    fetch: () =>
      new Promise((resolve) => {
        list = resolve;
      }),
    ask: (change) =>
      new Promise((resolve, reject) => {
        const answer = (held: Privacy | Error) => (held instanceof Error ? reject(held) : resolve(held));
        asked.push({ change, answer });
      }),
  });
  return { store, asked, list: (held: Privacy) => list(held) };
}

test("a wish is shown at once, and taken back where the server does not agree", async () => {
  const { store, asked } = desk();
  store.told(OPEN);
  const wish = store.wish({ invisible: true });
  expect(store.getSnapshot()).toEqual(HIDDEN);
  asked[0]?.answer(new Error("no"));
  await expect(wish).rejects.toThrow("no");
  expect(store.getSnapshot()).toEqual(OPEN);
});

test("what another device says while a wish is on its way does not flicker through", async () => {
  const { store, asked } = desk();
  store.told(OPEN);
  const wish = store.wish({ invisible: true });
  store.told({ invisible: false, read_marks: false });
  expect(store.getSnapshot()).toEqual(HIDDEN);
  asked[0]?.answer({ invisible: true, read_marks: false });
  await wish;
  expect(store.getSnapshot()).toEqual({ invisible: true, read_marks: false });
});

test("an answer that is older than what was told is not shown", async () => {
  const { store, list } = desk();
  const loading = store.load();
  store.told(HIDDEN);
  list(OPEN);
  await loading;
  expect(store.getSnapshot()).toEqual(HIDDEN);
});
