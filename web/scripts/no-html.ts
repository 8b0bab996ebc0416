// Markdown with HTML in it is text here, so nobody has to load what reads HTML.
import type { Plugin } from "vite";

const READERS = /[\\/]lib\/html-(flow|text)\.js$/;

/** Takes the two constructs out of micromark; the names stay, for what switches them off. */
export function withoutHtml(): Plugin {
  return {
    name: "parlor-without-html",
    apply: "build",
    enforce: "pre",
    load(id) {
      const kind = id.includes("micromark-core-commonmark") ? READERS.exec(id)?.[1] : undefined;
      if (kind === undefined) return null;
      const name = kind === "flow" ? "htmlFlow" : "htmlText";
      return `export const ${name} = { name: "${name}", tokenize: (_effects, _ok, nok) => nok };`;
    },
  };
}
