import { Store } from "parlor-client/store";
import { en, type MessageId } from "./en";

export type Locale = "en" | "zh";
export interface Language {
  locale: Locale;
  messages: Record<MessageId, string>;
}

const KEY = "parlor.locale";
const MORE = {
  en: () => import("virtual:more-texts-en"),
  zh: () => import("virtual:more-texts-zh"),
};

/** The language on screen; English is in the first bytes, others come after. Texts that nothing
    says before the first message are not among them until {@link allTexts}. */
export const language = new Store<Language>({ locale: "en", messages: { ...en } });
let wantsAll = false;

export async function setLanguage(locale: Locale, remember = true): Promise<void> {
  if (remember) localStorage.setItem(KEY, locale);
  const messages = { ...(locale === "zh" ? (await import("./zh")).zh : en) };
  if (wantsAll) Object.assign(messages, (await MORE[locale]()).default);
  document.documentElement.lang = locale === "zh" ? "zh-Hans" : "en";
  language.set({ locale, messages });
}

/** Loads the texts that come later, of the language on screen and of all that follow it. */
export async function allTexts(): Promise<void> {
  wantsAll = true;
  const { locale, messages } = language.getSnapshot();
  // In place: what is on screen says none of them and need not be drawn anew.
  Object.assign(messages, (await MORE[locale]()).default);
}

export function preferredLocale(): Locale {
  const stored = localStorage.getItem(KEY);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.languages.find((tag) => /^(en|zh)\b/.test(tag))?.startsWith("zh") ? "zh" : "en";
}
