import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ADA } from "../../test/fake-rest.js";
import { Problem, type SearchHit, type SearchPage, Unreachable } from "../net/rest.js";
import { MessageSearch, pieces, type SearchAsked } from "./search.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function hit(seq: number): SearchHit {
  return {
    room_id: "r",
    seq: `${seq}`,
    author: { ...ADA, created_at: "2026-01-01T00:00:00Z" },
    text: `tea ${seq}`,
    matches: [{ start: 0, end: 3 }],
    posted_at: "2026-11-01T00:00:00Z",
    edited_at: null,
  };
}

function page(seqs: number[], next_cursor: string | null = null): SearchPage {
  return { items: seqs.map(hit), next_cursor, complete: true, unknown: [] };
}

test("the server is asked when the typing pauses, and an older request ends", async () => {
  const signals: AbortSignal[] = [];
  const answers: ((page: SearchPage) => void)[] = [];
  const find = vi.fn((_: SearchAsked, signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<SearchPage>((answer) => answers.push(answer));
  });
  const search = new MessageSearch(find);
  for (const text of ["t", "te", "tea "]) {
    search.look(text, "newest");
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(find).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  search.look("teapot", "newest");
  await vi.advanceTimersByTimeAsync(200);
  expect(find.mock.calls.map(([asked]) => asked.text)).toEqual(["tea", "teapot"]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  answers[1]?.(page([2]));
  answers[0]?.(page([1]));
  await vi.advanceTimersByTimeAsync(0);
  expect(search.getSnapshot()).toMatchObject({ text: "teapot", status: "ready", hits: [hit(2)] });
  search.look("", "newest");
  expect(search.getSnapshot()).toMatchObject({ status: "idle", hits: [] });
});

test("another order is asked for at once, and pages follow each other", async () => {
  const find = vi.fn(async ({ cursor }: SearchAsked, _: AbortSignal) =>
    cursor === null ? page([3, 2], "c") : page([1]),
  );
  const search = new MessageSearch(find);
  search.look("tea", "newest");
  await vi.advanceTimersByTimeAsync(200);
  search.look("tea", "best");
  await vi.advanceTimersByTimeAsync(0);
  expect(find.mock.lastCall?.[0]).toEqual({ text: "tea", sort: "best", cursor: null });
  await search.more();
  const { hits, cursor } = search.getSnapshot();
  expect([hits.map(({ seq }) => seq), cursor]).toEqual([["3", "2", "1"], null]);
  await search.more();
  expect(find).toHaveBeenCalledTimes(3);
});

test("a page without hits is passed where others may follow", async () => {
  const pages: Record<string, SearchPage> = { "": page([], "a"), a: page([], "b"), b: page([7]) };
  const search = new MessageSearch(async ({ cursor }) => pages[cursor ?? ""] ?? page([]));
  search.look("tea", "newest");
  await vi.advanceTimersByTimeAsync(200);
  expect(search.getSnapshot().hits).toEqual([hit(7)]);
});

test("what fails can be tried again, what is refused says why", async () => {
  let failure: Error | null = new Unreachable("away");
  const search = new MessageSearch(async () => {
    if (failure !== null) throw failure;
    return page([1], "c");
  });
  search.look("tea", "newest");
  await vi.advanceTimersByTimeAsync(200);
  expect(search.getSnapshot().status).toBe("error");
  failure = new Problem(422, "UNPROCESSABLE", "q asks for too much", null, 0);
  search.again();
  await vi.advanceTimersByTimeAsync(0);
  expect(search.getSnapshot()).toMatchObject({ status: "refused", detail: "q asks for too much" });
  failure = null;
  search.again();
  await vi.advanceTimersByTimeAsync(0);
  failure = new Problem(429, "RATE_LIMITED", "later", null, 1);
  await search.more();
  expect(search.getSnapshot()).toMatchObject({ status: "ready", more: "error", hits: [hit(1)] });
});

test("what was found stands out, in characters of any plane", () => {
  expect(pieces("🍵 tea,\nplease", [{ start: 2, end: 5 }])).toEqual([
    { text: "🍵 ", hit: false },
    { text: "tea", hit: true },
    { text: ", please", hit: false },
  ]);
  expect(pieces("plain", [])).toEqual([{ text: "plain", hit: false }]);
  const far = pieces(`${"x".repeat(500)} tea`, [{ start: 501, end: 504 }]);
  expect(far[0]).toEqual({ text: "… ", hit: false });
  expect(far[1]?.text).toHaveLength(60);
  expect(far[2]).toEqual({ text: "tea", hit: true });
});
