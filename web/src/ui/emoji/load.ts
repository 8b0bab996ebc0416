import type { Locale } from "../../i18n";
import type { EmojiSet } from "./names";

/** Those that are here, for what cannot wait. */
export const loadedEmoji = new Map<Locale, EmojiSet>();

/** All emoji with the words of a language, loaded once. */
export async function loadEmoji(locale: Locale): Promise<EmojiSet> {
  const module = locale === "zh" ? await import("virtual:emoji-zh") : await import("virtual:emoji-en");
  loadedEmoji.set(locale, module.default);
  return module.default;
}
