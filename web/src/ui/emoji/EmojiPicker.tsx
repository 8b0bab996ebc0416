import { EmojiPicker as Picker, type SkinTone } from "frimousse";
import { type ComponentProps, useState } from "react";
import { type Locale, language } from "../../i18n";
import { useStore, useT } from "../hooks";
import { loadEmoji } from "./load";

const TONE_KEY = "parlor.skinTone";
const TONES: readonly SkinTone[] = ["none", "light", "medium-light", "medium", "medium-dark", "dark"];
const COLUMNS = 8;

/** All emoji, found by name in the reader's language. */
export default function EmojiPicker({ onPick }: { onPick(emoji: string): void }) {
  const t = useT();
  const { locale } = useStore(language);
  const [failed, setFailed] = useState(false);
  const kept = TONES.find((tone) => tone === localStorage.getItem(TONE_KEY)) ?? "none";
  if (failed) {
    return (
      <div className="p-2">
        <p>{t("emoji.error")}</p>
        <button type="button" className="button mt-2" onClick={() => setFailed(false)}>
          {t("retry")}
        </button>
      </div>
    );
  }
  return (
    <Picker.Root
      className="flex h-full flex-col"
      columns={COLUMNS}
      locale={locale}
      skinTone={kept}
      resolveEmojiData={async (wanted) => {
        try {
          return await loadEmoji(wanted as Locale);
        } catch (cause) {
          setFailed(true);
          throw cause;
        }
      }}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <div className="flex flex-none gap-2">
        <Picker.Search
          data-testid="emoji-search"
          className="field min-h-9 py-1"
          aria-label={t("emoji.search")}
          placeholder={t("emoji.search")}
        />
        <Picker.SkinTone emoji="✋">
          {({ skinTone, setSkinTone, skinToneVariations }) => (
            <button
              type="button"
              className="icon-button text-xl"
              aria-label={t("emoji.tone")}
              title={t("emoji.tone")}
              onClick={() => {
                const next = TONES[(TONES.indexOf(skinTone) + 1) % TONES.length] ?? "none";
                localStorage.setItem(TONE_KEY, next);
                setSkinTone(next);
              }}
            >
              {skinToneVariations.find((variation) => variation.skinTone === skinTone)?.emoji}
            </button>
          )}
        </Picker.SkinTone>
      </div>
      <Picker.Viewport className="relative mt-1 min-h-0 flex-1 outline-none">
        <Picker.Loading className="absolute inset-0">
          <span className="skeleton absolute inset-0" />
        </Picker.Loading>
        <Picker.Empty className="absolute inset-x-0 top-4 text-center text-muted">
          {t("emoji.none")}
        </Picker.Empty>
        <Picker.List components={PARTS} />
      </Picker.Viewport>
    </Picker.Root>
  );
}

const PARTS: ComponentProps<typeof Picker.List>["components"] = {
  CategoryHeader: ({ category, ...rest }) => (
    <div {...rest} className="label bg-surface px-1 py-1 font-semibold">
      {category.label}
    </div>
  ),
  Row: ({ children, ...rest }) => (
    // The picker counts from 0, where ARIA knows no row, and finds its rows by that.
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the picker gives the role
    <div {...rest} aria-rowindex={rest["aria-rowindex"] || undefined} className="flex">
      {children}
    </div>
  ),
  Emoji: ({ emoji, ...rest }) => (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the picker gives the role
    <button
      {...rest}
      aria-colindex={(rest["aria-colindex"] ?? 0) + 1}
      type="button"
      className={`flex h-9 flex-1 pointer-coarse:h-11 items-center justify-center rounded-md text-xl ${emoji.isActive ? "bg-tint" : ""}`}
    >
      {emoji.emoji}
    </button>
  ),
};
