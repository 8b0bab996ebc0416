import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { usePainted } from "./painted";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the rest comes after the frame in which what is ready was painted", () => {
  const { result, rerender } = renderHook(usePainted, { initialProps: false });
  act(() => void vi.runAllTimers());
  expect(result.current.painted).toBe(false);
  rerender(true);
  act(() => void vi.advanceTimersToNextFrame());
  expect(result.current.painted).toBe(false);
  act(() => void vi.runAllTimers());
  expect(result.current.painted).toBe(true);
});

test("or at once, where somebody needs it", () => {
  const { result } = renderHook(usePainted, { initialProps: true });
  expect(result.current.painted).toBe(false);
  act(() => result.current.now());
  expect(result.current.painted).toBe(true);
});
