import { expect, test } from "vitest";
import { ROOM } from "../../test/fake-server.js";
import { message } from "../../test/page.js";
import type { Message } from "../net/rest.js";
import { QuoteStore, quoteKey } from "./quotes.js";

/** Requests, each answered by the test. */
function asking() {
  const asked: { seq: number; answer(message: Message | null): void; fail(): void }[] = [];
  const quotes = new QuoteStore(
    (_, seq) =>
      new Promise((answer, fail) => asked.push({ seq, answer, fail: () => fail(new Error("away")) })),
  );
  const shown = () => quotes.getSnapshot().get(quoteKey(ROOM, 3));
  return { asked, quotes, shown };
}
const settled = () => new Promise((done) => setTimeout(done));

test("a message that is answered is asked for once", async () => {
  const { asked, quotes, shown } = asking();
  quotes.need(ROOM, 3);
  quotes.need(ROOM, 3);
  asked[0]?.answer(message(3, "said long ago"));
  await settled();
  quotes.need(ROOM, 3);
  expect(asked.map(({ seq }) => seq)).toEqual([3]);
  expect(shown()).toMatchObject({ text: "said long ago", deleted: false });
});

test("one that is not there is not asked for again, one that could not be asked for is", async () => {
  const { asked, quotes, shown } = asking();
  quotes.need(ROOM, 3);
  asked[0]?.fail();
  await settled();
  expect(shown()).toBeUndefined();
  quotes.need(ROOM, 3);
  asked[1]?.answer(null);
  await settled();
  quotes.need(ROOM, 3);
  expect([asked.length, shown()]).toEqual([2, null]);
});

test("an answer from before a change is not shown after it", async () => {
  const { asked, quotes, shown } = asking();
  quotes.need(ROOM, 3);
  quotes.changed(ROOM, 3);
  quotes.need(ROOM, 3);
  asked[1]?.answer(message(3, "", { deleted: true }));
  asked[0]?.answer(message(3, "what was deleted"));
  await settled();
  expect(shown()).toMatchObject({ text: "", deleted: true });
});
