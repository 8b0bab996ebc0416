import { Store } from "parlor-client/store";

export type Theme = "system" | "light" | "dark";
const KEY = "parlor.theme";

export const theme = new Store<Theme>("system");

export function setTheme(next: Theme): void {
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  show(next);
}

export function restoreTheme(): void {
  const stored = localStorage.getItem(KEY);
  show(stored === "light" || stored === "dark" ? stored : "system");
}

function show(next: Theme): void {
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
  theme.set(next);
}
