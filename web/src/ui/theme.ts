import { Store } from "parlor-client/store";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export type Theme = (typeof THEMES)[number];
const KEY = "parlor.theme";
/** What the frame of a phone's browser takes: the ground of the page. */
const GROUND = { light: "#f7f6f2", dark: "#131716" } as const;

export const theme = new Store<Theme>("system");

export function setTheme(next: Theme): void {
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  show(next);
}

export function restoreTheme(): void {
  const stored = localStorage.getItem(KEY);
  show(THEMES.find((known) => known === stored) ?? "system");
  contrastWanted().addEventListener("change", () => show(theme.getSnapshot()));
}

/** The system asks for more contrast, whatever was chosen here. */
const contrastWanted = () => matchMedia("(prefers-contrast: more)");

function show(next: Theme): void {
  const { dataset } = document.documentElement;
  // High contrast is as light or dark as the system is.
  if (next === "light" || next === "dark") dataset["theme"] = next;
  else delete dataset["theme"];
  if (next === "contrast" || contrastWanted().matches) dataset["contrast"] = "more";
  else delete dataset["contrast"];
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    const own = meta.media.includes("dark") ? GROUND.dark : GROUND.light;
    meta.content = next === "light" || next === "dark" ? GROUND[next] : own;
  }
  theme.set(next);
}
