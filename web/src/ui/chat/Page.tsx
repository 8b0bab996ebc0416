import { ArrowLeft } from "lucide-react";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { Link } from "wouter";
import { useT } from "../hooks";
import { ConnectionBadge } from "./ConnectionBadge";

/** A page of the main pane that is not a room. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  const t = useT();
  const main = useRef<HTMLElement>(null);
  // Where what had the focus is gone, such as the button of an answered request, the page has it.
  const held = useRef(false);
  useLayoutEffect(() => {
    if (held.current && document.activeElement === document.body) main.current?.focus();
  });
  return (
    <main
      ref={main}
      data-landmark
      tabIndex={-1}
      className="flex h-full flex-col"
      onFocus={() => {
        held.current = true;
      }}
      onBlur={() => {
        held.current = false;
      }}
    >
      <header className="flex h-14 flex-none items-center gap-2 border-b border-line ps-5 pe-3 max-md:ps-1">
        <Link href="/" className="icon-button md:hidden" aria-label={t("room.back")}>
          <ArrowLeft size={20} aria-hidden="true" />
        </Link>
        <h1 className="truncate text-base font-semibold">{title}</h1>
        <div className="ms-auto flex-none">
          <ConnectionBadge />
        </div>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
    </main>
  );
}

/** A few words in the middle, and what can be done now. */
export function Notice({ title, text, children }: { title: string; text?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-6 text-center">
      <h2 className="text-base font-semibold text-balance">{title}</h2>
      {text !== undefined && <p className="max-w-sm text-muted text-balance">{text}</p>}
      {children !== undefined && <div className="mt-3 flex flex-wrap justify-center gap-3">{children}</div>}
    </div>
  );
}
