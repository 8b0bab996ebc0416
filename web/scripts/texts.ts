// Texts are parsed when the app is built, so that no reader has to load the parser. Those that
// nothing says before the first message come after it, as what says them does.
import { parse } from "@formatjs/icu-messageformat-parser";
import { type Plugin, transformWithOxc } from "vite";
import { isPlain } from "../src/i18n/plain.ts";

const TEXTS = /\/src\/i18n\/(en|zh)\.ts$/;
/** `virtual:more-texts-en` has the texts of that language that come later. */
const MORE = /^\0?virtual:more-texts-(en|zh)$/;
/** What has been loaded when the first message is there, beside what the page names. */
const TALK = /\/src\/ui\/chat\/Chat\.tsx$/;
/** Stands for texts until it is known which part of the app is in which file. */
const PLACE = /parlorTexts\("(en|zh)", "(first|more)"\)/g;

/** While the app is developed all texts are there from the beginning. */
export function laterTexts(): Plugin {
  return {
    name: "parlor-later-texts",
    apply: "serve",
    resolveId: (id) => (MORE.test(id) ? `\0${id}` : null),
    load: (id) => (MORE.test(id) ? "export default {};" : null),
  };
}

interface Chunk {
  fileName: string;
  isEntry: boolean;
  facadeModuleId: string | null;
  imports: readonly string[];
  moduleIds: readonly string[];
}

export function parsedTexts(): Plugin {
  const texts = new Map<string, Record<string, unknown>>();
  return {
    name: "parlor-texts",
    apply: "build",
    enforce: "pre",
    config: () => ({
      resolve: {
        alias: [
          {
            find: /^@formatjs\/icu-messageformat-parser$/,
            replacement: "@formatjs/icu-messageformat-parser/no-parser.js",
          },
        ],
      },
    }),
    resolveId: (id) => (MORE.test(id) ? `\0${id}` : null),
    load(id) {
      const locale = MORE.exec(id)?.[1];
      return locale === undefined ? null : `export default parlorTexts("${locale}", "more");`;
    },
    async transform(source, id) {
      const locale = TEXTS.exec(id)?.[1];
      if (locale === undefined) return null;
      const { code } = await transformWithOxc(source, id);
      const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const parsed = (text: string) => (isPlain(text) ? text : parse(text));
      const all = Object.entries<string>(module[locale]).map(([key, text]) => [key, parsed(text)]);
      texts.set(locale, Object.fromEntries(all));
      return { code: `export const ${locale} = parlorTexts("${locale}", "first");`, map: null };
    },
    renderChunk(code, _chunk, _options, { chunks }) {
      if (code.search(PLACE) < 0) return null;
      const sources = neededFirst(Object.values(chunks)).map((id) => this.getModuleInfo(id)?.code ?? "");
      const isSaid = saidIn(sources);
      const placed = code.replace(PLACE, (_, locale: string, part: string) => {
        const entries = Object.entries(texts.get(locale) ?? {});
        return JSON.stringify(
          Object.fromEntries(entries.filter(([key]) => isSaid(key) === (part === "first"))),
        );
      });
      return { code: placed, map: null };
    },
  };
}

/** The app's own modules that are loaded before the first message is shown. */
function neededFirst(chunks: readonly Chunk[]): string[] {
  const first = new Set(
    chunks.filter(({ isEntry, facadeModuleId }) => isEntry || TALK.test(facadeModuleId ?? "")),
  );
  if (first.size !== 2) throw new Error("the page and the chat are not one file each");
  for (const { imports } of first) {
    for (const chunk of chunks) if (imports.includes(chunk.fileName)) first.add(chunk);
  }
  return [...first].flatMap(({ moduleIds }) => moduleIds).filter((id) => !id.includes("node_modules"));
}

/** Whether a text may be said by these sources: by its id as it is, or by a template that fills
    in words of it. */
function saidIn(sources: readonly string[]): (key: string) => boolean {
  const whole = new Set<string>();
  const filled = new Set<string>();
  for (const source of sources) {
    for (const [, id = ""] of source.matchAll(/["'`]([\w.]+)["'`]/g)) whole.add(id);
    for (const [, id = ""] of source.matchAll(/`((?:[\w.]|\$\{[^`{}]*\})+)`/g)) {
      const words = id.replace(/\$\{.*?\}/g, "*");
      if (/\.\w|\w\./.test(words)) filled.add(words.replaceAll(".", "\\.").replaceAll("*", "\\w+"));
    }
  }
  const patterns = [...filled].map((pattern) => new RegExp(`^${pattern}$`));
  return (key) => whole.has(key) || patterns.some((pattern) => pattern.test(key));
}
