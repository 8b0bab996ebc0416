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
    // Between its backticks or fences.
    const within = "value" in node ? text.slice(from, to).lastIndexOf(node.value) : -1;
    if (within >= 0 && "value" in node) read.fill(1, from + within, from + within + node.value.length);
    else if (node.type !== "thematicBreak") read.fill(1, from, to);
    return true;
  };
  note(parseWhole(text));
  return (unit) => read[unit] === 1 || /\s/.test(text[unit] ?? "");
}
