// Emoji by their names: which are meant by what has been written after a `:`. Pure.

export interface EmojiInfo {
  emoji: string;
  label: string;
  category: number;
  version: number;
  tags: string[];
  /** What it is called between colons. */
  names: string[];
  skins?: Record<"light" | "medium-light" | "medium" | "medium-dark" | "dark", string>;
}

/** All of them, with words of one language, as the picker takes it. */
export interface EmojiSet {
  locale: string;
  emojis: EmojiInfo[];
  categories: { index: number; label: string }[];
  skinTones: NonNullable<EmojiInfo["skins"]>;
}

const NAME = "[\\p{L}\\p{N}_+-]";
const BEFORE_CARET = new RegExp(`(?<![\\p{L}\\p{N}_:])(:${NAME}{2,32})$`, "u");
const CLOSED = new RegExp(`(?<![\\p{L}\\p{N}_:]):(${NAME}{1,32}):$`, "u");

/** What has been written of a name that ends at the caret, and where its `:` is. */
export function emojiBefore(text: string, caret: number): { at: number; begun: string } | null {
  const match = BEFORE_CARET.exec(text.slice(0, caret));
  return match === null ? null : { at: match.index, begun: (match[1] ?? "").slice(1).toLowerCase() };
}

/** The emoji that may be meant: by name first, then by the words of the reader's language. */
export function fittingEmoji({ emojis }: EmojiSet, begun: string, most: number): EmojiInfo[] {
  const rank = ({ names, label, tags }: EmojiInfo) => {
    if (names.includes(begun)) return 0;
    if (names.some((name) => name.startsWith(begun))) return 1;
    if (names.some((name) => name.includes(`_${begun}`))) return 2;
    const words = label.toLowerCase();
    if (words.startsWith(begun) || words.includes(` ${begun}`)) return 3;
    return tags.some((tag) => tag.toLowerCase().startsWith(begun)) ? 4 : 5;
  };
  return emojis
    .map((info) => ({ info, rank: rank(info) }))
    .filter((ranked) => ranked.rank < 5)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ info }) => info);
}

/** The text with the emoji in place of the name that was closed at the caret. */
export function closeName(
  { emojis }: EmojiSet,
  text: string,
  caret: number,
): { text: string; caret: number } | null {
  const match = CLOSED.exec(text.slice(0, caret));
  const name = match?.[1]?.toLowerCase();
  const info = name === undefined ? undefined : emojis.find(({ names }) => names.includes(name));
  if (match === null || info === undefined) return null;
  const before = text.slice(0, match.index) + info.emoji;
  return { text: before + text.slice(caret), caret: before.length };
}
