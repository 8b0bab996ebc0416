import { beforeEach, expect, test, vi } from "vitest";
import { restoreTheme, setTheme, theme } from "./theme";

const { dataset } = document.documentElement;
let system: { matches: boolean; change(): void };

beforeEach(() => {
  localStorage.clear();
  system = { matches: false, change: () => {} };
  vi.stubGlobal("matchMedia", () => ({
    get matches() {
      return system.matches;
    },
    addEventListener: (_: string, listener: () => void) => {
      system.change = listener;
    },
  }));
});

test("what was chosen is shown, and shown again after a reload", () => {
  restoreTheme();
  expect([dataset["theme"], dataset["contrast"]]).toEqual([undefined, undefined]);
  setTheme("dark");
  restoreTheme();
  expect([theme.getSnapshot(), dataset["theme"], dataset["contrast"]]).toEqual(["dark", "dark", undefined]);
  setTheme("contrast");
  restoreTheme();
  expect([theme.getSnapshot(), dataset["theme"], dataset["contrast"]]).toEqual([
    "contrast",
    undefined,
    "more",
  ]);
  setTheme("system");
  expect([dataset["theme"], dataset["contrast"]]).toEqual([undefined, undefined]);
});

test("where the system wants more contrast it is given, in every theme, as soon as it asks", () => {
  restoreTheme();
  setTheme("light");
  system.matches = true;
  system.change();
  expect([dataset["theme"], dataset["contrast"]]).toEqual(["light", "more"]);
});

test("a theme that nobody knows is the system's", () => {
  localStorage.setItem("parlor.theme", "sepia");
  restoreTheme();
  expect(theme.getSnapshot()).toBe("system");
});
