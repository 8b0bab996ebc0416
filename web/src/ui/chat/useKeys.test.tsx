import { cleanup, fireEvent, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { useKeys } from "./useKeys";

afterEach(cleanup);

/** The parts of a page, as happy-dom does not lay them out. */
function Screen() {
  useKeys({ order: [], current: null, go: () => {}, show: () => {}, sheet: null });
  return (
    <>
      <nav data-landmark tabIndex={-1} id="rooms" />
      <main data-landmark tabIndex={-1} id="room">
        <section data-landmark tabIndex={-1} id="conversation">
          <article tabIndex={-1} id="message" />
        </section>
        <textarea id="line" />
      </main>
    </>
  );
}

test("F6 goes round all parts, from within the conversation too", () => {
  render(<Screen />);
  for (const part of document.querySelectorAll("[data-landmark]"))
    Object.defineProperty(part, "offsetParent", { value: document.body });
  const at = () => document.activeElement?.id;
  const stops = (shiftKey: boolean) =>
    [0, 1, 2].map(() => {
      fireEvent.keyDown(document.activeElement ?? document.body, { key: "F6", shiftKey });
      return at();
    });
  document.getElementById("message")?.focus();
  expect(stops(false)).toEqual(["rooms", "room", "conversation"]);
  expect(stops(true)).toEqual(["room", "rooms", "conversation"]);
  document.getElementById("line")?.focus();
  expect(stops(false)).toEqual(["conversation", "rooms", "room"]);
});
