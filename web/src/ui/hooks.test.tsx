import { cleanup, fireEvent, render } from "@testing-library/react";
import { Problem } from "parlor-client/net/rest";
import { afterEach, expect, test, vi } from "vitest";
import { reasonOf, useEscape } from "./hooks";

afterEach(cleanup);

function Page({ onEscape, dialog }: { onEscape(): void; dialog: boolean }) {
  useEscape(onEscape);
  return <dialog open={dialog} />;
}

test("Esc belongs to a dialog while one is open, also where the focus was lost", () => {
  const act = vi.fn();
  const { rerender } = render(<Page onEscape={act} dialog />);
  // True where nobody has taken the key: the browser closes the dialog.
  expect(fireEvent.keyDown(document.body, { key: "Escape" })).toBe(true);
  expect(act).not.toHaveBeenCalled();
  rerender(<Page onEscape={act} dialog={false} />);
  expect(fireEvent.keyDown(document.body, { key: "Escape" })).toBe(false);
  expect(act).toHaveBeenCalledOnce();
});

test("whoever is the last to keep something going is told so in the reader's language", () => {
  const reason = (code: string) => reasonOf(new Problem(409, code, "in English", null, 0), (id) => id);
  expect(["LAST_OWNER", "LAST_ADMIN", "CONFLICT"].map(reason)).toEqual([
    "reason.lastOwner",
    "reason.lastAdmin",
    "in English",
  ]);
});
