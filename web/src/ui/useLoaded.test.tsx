import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { IntlProvider } from "react-intl";
import { afterEach, expect, test } from "vitest";
import { en } from "../i18n/en";
import { useLoaded } from "./useLoaded";

afterEach(cleanup);

/** Requests without an answer, the oldest first. */
let waiting: ((answer: string | null) => void)[];

function List({ reason }: { reason: number }) {
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      waiting.push((answer) => (answer === null ? reject(new Error()) : resolve(answer)));
    });
  const { value, error, attempt } = useLoaded(ask, [reason], "members.error");
  return (
    <>
      <p>{value ?? "loading"}</p>
      <p role="alert">{error}</p>
      <button type="button" onClick={() => void attempt(() => Promise.reject(new Error()))}>
        refused
      </button>
    </>
  );
}
const list = (reason: number) => (
  <IntlProvider locale="en" messages={en}>
    <List reason={reason} />
  </IntlProvider>
);
const answer = (which: number, text: string | null) => act(async () => waiting[which]?.(text));

test("the answer to the newest question counts, in whatever order they come", async () => {
  waiting = [];
  const { rerender } = render(list(1));
  rerender(list(2));
  await answer(1, "new");
  await answer(0, "old");
  expect(screen.getByText("new")).toBeDefined();
  expect(screen.queryByText("old")).toBeNull();
});

test("why an act was refused is told until the next one, whatever is loaded meanwhile", async () => {
  waiting = [];
  const { rerender } = render(list(1));
  await answer(0, null);
  expect(screen.getByRole("alert").textContent).toBe(en["members.error"]);
  await act(async () => fireEvent.click(screen.getByRole("button")));
  const refusal = screen.getByRole("alert").textContent;
  expect(refusal).not.toBe(en["members.error"]);
  rerender(list(2));
  await answer(1, "there");
  expect(screen.getByText("there")).toBeDefined();
  expect(screen.getByRole("alert").textContent).toBe(refusal);
});
