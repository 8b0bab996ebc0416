// The colours of code: a text in a language to pieces with a colour each. Loaded
// when code is on screen, and each grammar when its language is.
import { createCssVariablesTheme, createHighlighterCore, type LanguageInput } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

export interface Piece {
  text: string;
  /** A colour of the style sheet, or none: as text is. */
  color: string | undefined;
}
export type Line = readonly Piece[];

/** What people paste most. One grammar serves where it shows the others' text well enough. */
const GRAMMARS: Record<string, LanguageInput> = {
  c: () => import("shiki/dist/langs/c.mjs"),
  csharp: () => import("shiki/dist/langs/csharp.mjs"),
  css: () => import("shiki/dist/langs/css.mjs"),
  diff: () => import("shiki/dist/langs/diff.mjs"),
  docker: () => import("shiki/dist/langs/docker.mjs"),
  go: () => import("shiki/dist/langs/go.mjs"),
  html: () => import("shiki/dist/langs/html.mjs"),
  ini: () => import("shiki/dist/langs/ini.mjs"),
  java: () => import("shiki/dist/langs/java.mjs"),
  json: () => import("shiki/dist/langs/json.mjs"),
  kotlin: () => import("shiki/dist/langs/kotlin.mjs"),
  lua: () => import("shiki/dist/langs/lua.mjs"),
  make: () => import("shiki/dist/langs/make.mjs"),
  markdown: () => import("shiki/dist/langs/markdown.mjs"),
  proto: () => import("shiki/dist/langs/proto.mjs"),
  python: () => import("shiki/dist/langs/python.mjs"),
  rust: () => import("shiki/dist/langs/rust.mjs"),
  shellscript: () => import("shiki/dist/langs/shellscript.mjs"),
  sql: () => import("shiki/dist/langs/sql.mjs"),
  swift: () => import("shiki/dist/langs/swift.mjs"),
  toml: () => import("shiki/dist/langs/toml.mjs"),
  tsx: () => import("shiki/dist/langs/tsx.mjs"),
  xml: () => import("shiki/dist/langs/xml.mjs"),
  yaml: () => import("shiki/dist/langs/yaml.mjs"),
};

const ALSO: Record<string, string> = {
  bash: "shellscript",
  console: "shellscript",
  sh: "shellscript",
  shell: "shellscript",
  zsh: "shellscript",
  "c++": "c",
  cc: "c",
  cpp: "c",
  h: "c",
  hpp: "c",
  "c#": "csharp",
  cs: "csharp",
  dockerfile: "docker",
  golang: "go",
  htm: "html",
  vue: "html",
  svelte: "html",
  js: "tsx",
  javascript: "tsx",
  jsx: "tsx",
  mjs: "tsx",
  ts: "tsx",
  typescript: "tsx",
  jsonc: "json",
  json5: "json",
  kt: "kotlin",
  makefile: "make",
  md: "markdown",
  patch: "diff",
  protobuf: "proto",
  py: "python",
  rs: "rust",
  svg: "xml",
  yml: "yaml",
};

/** Longer than this, a line or a text is shown without colours: nobody shall wait for them. */
const LINE_LENGTH = 1_000;
const TEXT_LENGTH = 12_000;
const LINE_MS = 20;

const theme = createCssVariablesTheme({ name: "parlor", variablePrefix: "--code-" });
const highlighter = createHighlighterCore({
  themes: [theme],
  // Without WebAssembly, which the page's policy allows no more than eval.
  engine: createJavaScriptRegexEngine({ forgiving: true }),
});

/** The lines of a text in colours; null for a language that is not known, or too long a text. */
export async function highlight(text: string, language: string): Promise<readonly Line[] | null> {
  const wanted = language.toLowerCase();
  const name = ALSO[wanted] ?? wanted;
  const grammar = Object.hasOwn(GRAMMARS, name) ? GRAMMARS[name] : undefined;
  if (grammar === undefined || text.length > TEXT_LENGTH) return null;
  const ready = await highlighter;
  await ready.loadLanguage(grammar);
  const lines = ready.codeToTokensBase(text, {
    lang: name,
    theme: "parlor",
    tokenizeMaxLineLength: LINE_LENGTH,
    tokenizeTimeLimit: LINE_MS,
  });
  return lines.map((line) => line.map(({ content, color }) => ({ text: content, color })));
}
