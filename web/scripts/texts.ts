// Texts are parsed when the app is built, so that no reader has to load the parser.
import { parse } from "@formatjs/icu-messageformat-parser";
import { type Plugin, transformWithOxc } from "vite";

const TEXTS = /\/src\/i18n\/(en|zh)\.ts$/;

export function parsedTexts(): Plugin {
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
    async transform(source, id) {
      const locale = TEXTS.exec(id)?.[1];
      if (locale === undefined) return null;
      const { code } = await transformWithOxc(source, id);
      const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      // What has no arguments is shown as it is.
      const parsed = (text: string) => (/[{}<>'#]/.test(text) ? parse(text) : text);
      const texts = Object.entries<string>(module[locale]).map(([key, text]) => [key, parsed(text)]);
      return { code: `export const ${locale} = ${JSON.stringify(Object.fromEntries(texts))};`, map: null };
    },
  };
}
