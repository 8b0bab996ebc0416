import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useSwipeBack } from "./useSwipeBack";

const back = vi.fn();
const close = vi.fn();
function Page({ enabled = true }: { enabled?: boolean }) {
  useSwipeBack(enabled, back);
  return (
    <div>
      <main>
        <p>text</p>
        <textarea />
      </main>
      <aside>
        <header>
          <button type="button" onClick={close}>
            close
          </button>
        </header>
        <p>members</p>
      </aside>
    </div>
  );
}
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

/** A finger from one point to another, in the time given. */
function swipe(target: Element | null, [dx, dy]: [number, number], ms = 400) {
  const touch = (x: number, y: number) => ({ clientX: x, clientY: y });
  const send = (type: string, x: number, y: number, at: number) => {
    const event = new Event(type, { bubbles: true });
    const touches = type === "touchend" ? [] : [touch(x, y)];
    Object.defineProperties(event, {
      touches: { value: touches },
      changedTouches: { value: [touch(x, y)] },
      timeStamp: { value: at },
    });
    target?.dispatchEvent(event);
  };
  send("touchstart", 20, 300, 0);
  send("touchmove", 20 + dx / 2, 300 + dy / 2, ms / 2);
  send("touchmove", 20 + dx, 300 + dy, ms);
  send("touchend", 20 + dx, 300 + dy, ms);
}

test("a swipe along the line goes back, and leaves the pane where it was", async () => {
  const { container } = render(<Page />);
  await vi.dynamicImportSettled();
  swipe(container.querySelector("main p"), [140, 10]);
  expect(back).toHaveBeenCalledOnce();
  expect(container.querySelector("main")?.style.translate).toBe("");
});

test("a scroll, a short pull, a swipe the other way and one in a text go nowhere", async () => {
  const { container } = render(<Page />);
  await vi.dynamicImportSettled();
  const text = container.querySelector("main p");
  swipe(text, [30, 200]);
  swipe(text, [60, 0]);
  swipe(text, [-140, 0]);
  swipe(container.querySelector("textarea"), [140, 0]);
  expect(back).not.toHaveBeenCalled();
  swipe(text, [60, 0], 80);
  expect(back, "a fling need not be long").toHaveBeenCalledOnce();
});

test("a panel is closed before the page is left, and nothing happens on a desk", async () => {
  const { container, rerender } = render(<Page />);
  await vi.dynamicImportSettled();
  swipe(container.querySelector("aside p"), [140, 0]);
  expect([close.mock.calls.length, back.mock.calls.length]).toEqual([1, 0]);
  rerender(<Page enabled={false} />);
  swipe(container.querySelector("main p"), [140, 0]);
  expect(back).not.toHaveBeenCalled();
});
