import { expect, test } from "vitest";
import { OTHER, SESSION, USER } from "../../test/fake-server.js";
import type { Tie } from "../net/rest.js";
import { FriendStore, waitingIn } from "./friends.js";

/** Lists whose answers come when the test says so. */
function lists() {
  const asked: ((ties: [string, Tie][] | Error) => void)[] = [];
  const store = new FriendStore(
    () =>
      new Promise((resolve, reject) => {
        asked.push((answer) => {
          if (answer instanceof Error) reject(answer);
          else resolve({ ties: new Map(answer), blocked: new Set() });
        });
      }),
  );
  return { store, asked };
}
const ties = (store: FriendStore) => [...store.getSnapshot().ties];

test("what is told while a list is on its way outlives the list", async () => {
  const { store, asked } = lists();
  const loaded = store.load();
  store.tied(OTHER, "friends");
  asked[0]?.([[OTHER, "asked"]]);
  await Promise.resolve();
  expect(ties(store), "an older list is not shown").toEqual([[OTHER, "friends"]]);
  await expect.poll(() => asked.length).toBe(2);
  asked[1]?.([[OTHER, "friends"]]);
  await loaded;
  expect(store.getSnapshot()).toMatchObject({ status: "ready" });
  expect(ties(store)).toEqual([[OTHER, "friends"]]);
});

test("a list that fails says so, unless there is one already", async () => {
  const { store, asked } = lists();
  const first = store.load();
  asked[0]?.(new Error("away"));
  await first;
  expect(store.getSnapshot().status).toBe("error");
  expect(store.isFresh).toBe(false);
  const second = store.load();
  expect(store.getSnapshot().status).toBe("loading");
  asked[1]?.([[OTHER, "asked"]]);
  await second;
  const third = store.load();
  asked[2]?.(new Error("away"));
  await third;
  expect(store.getSnapshot().status).toBe("ready");
  expect(ties(store)).toEqual([[OTHER, "asked"]]);
});

test("each tie replaces the one before, and those who ask are counted", () => {
  const { store } = lists();
  store.tied(OTHER, "asked");
  store.tied(USER, "asked");
  store.tied(SESSION, "requested");
  expect(waitingIn(store.getSnapshot())).toBe(2);
  store.tied(OTHER, "friends");
  store.tied(USER, null);
  expect(waitingIn(store.getSnapshot())).toBe(0);
  expect(ties(store)).toEqual([
    [OTHER, "friends"],
    [SESSION, "requested"],
  ]);
});

test("what was kept is shown until there is something newer", () => {
  const { store } = lists();
  store.tied(OTHER, "friends");
  store.blocks(USER, true);
  const kept = store.toKeep();
  const { store: next } = lists();
  next.restore(kept);
  expect(next.getSnapshot()).toEqual({ ...store.getSnapshot(), status: "ready" });
  next.blocks(USER, false);
  next.restore(kept);
  expect(next.getSnapshot().blocked.size, "not over what is known").toBe(0);
});
