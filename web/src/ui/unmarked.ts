// Which characters of a Markdown text are its words, and which only mark them.
import type { Nodes } from "mdast";
import { parseWhole } from "./markdown";

/** Tells of each UTF-16 unit whether it is read: words and the blanks between them are, the marks
    that make them bold or a list, and where a link leads, are not. */
export function unmarked(text: string): (unit: number) => boolean {
  const read = new Uint8Array(text.length);
  const note = (node: Nodes) => {
    const from = node.position?.start.offset;
    const to = node.position?.end.offset;
    if (from === undefined || to === undefined) return false;
    if ("children" in node) {
      // What the parser made up stands nowhere: all of what it stands in is read.
      if (!node.children.map(note).every(Boolean)) read.fill(1, from, to);
      return true;
    }
    const words = "value" in node ? node.value : "alt" in node ? (node.alt ?? "") : null;
    if (words === null) return true;
    // Between backticks or fences, and each line behind the marks of a quote.
    const lines = placed(words, from, to);
    if (lines === null) read.fill(1, from, to);
    else for (const [start, end] of lines) read.fill(1, start, end);
    return true;
  };
  /** Where the lines of some words stand, one after the other; null where they are written otherwise. */
  const placed = (words: string, from: number, to: number) => {
    const lines: [number, number][] = [];
    let at = from;
    for (const line of words.split("\n")) {
      const start = text.indexOf(line, at);
      if (start < 0 || start + line.length > to) return null;
      at = start + line.length;
      lines.push([start, at]);
    }
    return lines;
  };
  note(parseWhole(text));
  return (unit) => read[unit] === 1 || /\s/.test(text[unit] ?? "");
}
