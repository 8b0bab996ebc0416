import { type KeyboardEvent, useRef, useState } from "react";
import { later } from "../later";
import { COMMON } from "./common";

const EmojiPicker = later(() => import("./EmojiPicker"), <div className="skeleton h-full" />);

/** What people pick most, at once, and below it all the others, as soon as they are loaded. */
export function EmojiSheet({ onPick }: { onPick(emoji: string): void }) {
  const row = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    const to = at + step;
    if (step === 0 || COMMON[to] === undefined) return;
    event.preventDefault();
    setAt(to);
    row.current?.querySelectorAll("button")[to]?.focus();
  }

  return (
    <div className="w-80 max-w-full pointer-coarse:w-88">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys bubble up from the buttons */}
      <div ref={row} className="grid grid-cols-8" onKeyDown={onKeyDown}>
        {COMMON.map((emoji, index) => (
          <button
            key={emoji}
            type="button"
            data-autofocus={index === 0 ? true : undefined}
            tabIndex={index === at ? 0 : -1}
            className="icon-button size-9 text-xl text-ink pointer-coarse:h-11 pointer-coarse:w-full"
            onFocus={() => setAt(index)}
            onClick={() => onPick(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
      <div className="mt-2 h-72 pointer-coarse:h-80 border-t border-line pt-2">
        <EmojiPicker onPick={onPick} />
      </div>
    </div>
  );
}
