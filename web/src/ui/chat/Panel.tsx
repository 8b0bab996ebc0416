import { X } from "lucide-react";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { useEscape, useT } from "../hooks";

interface Props {
  title: string;
  testId: string;
  onClose(): void;
  children: ReactNode;
}

/** A panel beside the conversation: takes the focus, closes by Esc, and gives the focus back. */
export function Panel({ title, testId, onClose, children }: Props) {
  const t = useT();
  const panel = useRef<HTMLElement>(null);
  useEscape(onClose);
  useLayoutEffect(() => {
    const element = panel.current;
    const before = document.activeElement;
    element?.focus();
    return () => {
      if (before instanceof HTMLElement && element?.contains(document.activeElement)) before.focus();
    };
  }, []);
  return (
    <aside
      ref={panel}
      data-testid={testId}
      data-landmark
      tabIndex={-1}
      aria-label={title}
      className="flex w-80 flex-none flex-col border-s border-line bg-ground max-lg:absolute max-lg:inset-y-0 max-lg:end-0 max-lg:z-10 max-md:w-full max-md:border-s-0"
    >
      <header className="flex h-14 flex-none items-center justify-between border-b border-line ps-5 pe-2">
        <h2 className="font-semibold">{title}</h2>
        <button type="button" className="icon-button" onClick={onClose} aria-label={t("close")} title="Esc">
          <X size={18} aria-hidden="true" />
        </button>
      </header>
      {children}
    </aside>
  );
}
