import { Store } from "parlor-client/store";
import { en, type MessageId } from "./en";

export type Locale = "en" | "zh";
export interface Language {
  locale: Locale;
  messages: Record<MessageId, string>;
}

const KEY = "parlor.locale";

/** The language on screen; English is in the first bytes, others come after. */
export const language = new Store<Language>({ locale: "en", messages: en });

export async function setLanguage(locale: Locale, remember = true): Promise<void> {
  if (remember) localStorage.setItem(KEY, locale);
  const messages = locale === "zh" ? (await import("./zh")).zh : en;
  document.documentElement.lang = locale === "zh" ? "zh-Hans" : "en";
  language.set({ locale, messages });
}

export function preferredLocale(): Locale {
  const stored = localStorage.getItem(KEY);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.languages.find((tag) => /^(en|zh)\b/.test(tag))?.startsWith("zh") ? "zh" : "en";
}
