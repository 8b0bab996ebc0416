// Makes the modules `virtual:emoji-en` and `virtual:emoji-zh` of emojibase's data:
// what the picker and the completion of names need, served by us.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const PREFIX = "virtual:emoji-";
/** What systems of a few years ago can draw; newer ones show a box to many. */
const NEWEST_VERSION = 15;
const TONES = ["light", "medium-light", "medium", "medium-dark", "dark"];

interface Emoji {
  hexcode: string;
  emoji: string;
  label: string;
  tags?: string[];
  group?: number;
  version: number;
  skins?: { emoji: string; tone: number | number[] }[];
}
interface Messages {
  groups: { key: string; message: string; order: number }[];
  skinTones: { key: string; message: string }[];
}

/** Written as keyboards write it: a sign that is an emoji anyway is not told so again. The same
    reaction would be two. */
const asWritten = (emoji: string) => emoji.replace(/(\p{Emoji_Presentation})\ufe0f/gu, "$1");

const { resolve } = createRequire(import.meta.url);
const read = <T>(file: string) => JSON.parse(readFileSync(resolve(`emojibase-data/${file}`), "utf8")) as T;

function build(locale: string) {
  const names = read<Record<string, string | string[]>>("en/shortcodes/github.json");
  const { groups, skinTones } = read<Messages>(`${locale}/messages.json`);
  const emojis = read<Emoji[]>(`${locale}/data.json`)
    .filter(({ group, version }) => group !== undefined && version <= NEWEST_VERSION)
    .map(({ hexcode, emoji, label, tags = [], group, version, skins = [] }) => {
      const called = [names[hexcode] ?? []].flat();
      const plain = skins.filter(({ tone }) => typeof tone === "number");
      return {
        emoji: asWritten(emoji),
        category: group,
        label,
        version,
        names: called,
        tags: [...new Set([...tags, ...called])],
        ...(plain.length === TONES.length && {
          skins: Object.fromEntries(
            plain.map((skin) => [TONES[(skin.tone as number) - 1], asWritten(skin.emoji)]),
          ),
        }),
      };
    });
  return {
    locale,
    emojis,
    categories: groups
      .filter(({ key }) => key !== "component")
      .map(({ order, message }) => ({ index: order, label: message })),
    skinTones: Object.fromEntries(skinTones.map(({ key, message }) => [key, message])),
  };
}

export function emojiData(): Plugin {
  return {
    name: "parlor-emoji",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const data = JSON.stringify(build(id.slice(PREFIX.length + 1)));
      return `export default JSON.parse(${JSON.stringify(data)});`;
    },
  };
}
