import { createElement, useEffect, useState } from "react";
import type { Line } from "./highlight";

/** A block of code; its colours come as soon as they are loaded, and move nothing. */
export function Code({ text, language }: { text: string; language: string | null }) {
  const [lines, setLines] = useState<readonly Line[] | null>(null);
  useEffect(() => {
    if (language === null) return;
    let gone = false;
    import("./highlight")
      .then(({ highlight }) => highlight(text, language))
      .then(
        (coloured) => {
          if (!gone) setLines(coloured);
        },
        // Offline, code is read without colours.
        () => {},
      );
    return () => {
      gone = true;
    };
  }, [text, language]);
  return (
    // A long line scrolls by keyboard too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable regions must be focusable
    <pre tabIndex={0}>
      {/* Spread, not listed: the pieces are of one text and need no keys. */}
      {createElement("code", null, ...(lines === null ? [text] : lines.flatMap(pieces)))}
    </pre>
  );
}

function pieces(line: Line, index: number) {
  const before = index === 0 ? [] : ["\n"];
  const spans = line.map(({ text, color }) =>
    color === undefined ? text : createElement("span", { style: { color } }, text),
  );
  return [...before, ...spans];
}
