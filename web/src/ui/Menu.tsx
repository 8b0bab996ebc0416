import { Check, EllipsisVertical } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useBeside } from "./Popover";

interface Props {
  label: string;
  children: ReactNode;
  /** What the button shows; three dots where it is not given. */
  trigger?: ReactNode;
  /** Opens above the button and to its right, for one at the bottom left. */
  up?: boolean;
  className?: string;
  /** The key that opens it, wherever that is listened for. */
  shortcut?: string;
  testId?: string;
  /** Not among what Tab goes through. */
  tabIndex?: -1;
}

/** Acts and choices alike. */
const ITEMS = "[role^=menuitem]";

/** A button and the list of acts below it; arrows move, Esc closes. */
export function Menu({
  label,
  children,
  trigger,
  up = false,
  className = "icon-button",
  shortcut,
  testId,
  tabIndex,
}: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>(ITEMS)?.focus({ preventScroll: true });
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  function onKeyDown(event: KeyboardEvent) {
    if (!open) return;
    const items = [...(root.current?.querySelectorAll<HTMLElement>(ITEMS) ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      event.stopPropagation();
      items[(at + step + items.length) % items.length]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      setOpen(false);
      if (event.key === "Escape") button.current?.focus();
    }
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys bubble up from the items
    <div ref={root} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        data-testid={testId}
        tabIndex={tabIndex}
        className={className}
        aria-label={label}
        title={shortcut === undefined ? label : `${label} (${shortcut})`}
        aria-keyshortcuts={shortcut}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {trigger ?? <EllipsisVertical size={18} aria-hidden="true" />}
      </button>
      {open && (
        <MenuList
          label={label}
          anchor={button}
          flush={up ? "start" : "end"}
          onChosen={() => {
            // Before what was chosen opens: a dialog gives the focus back to where it was.
            button.current?.focus();
            setOpen(false);
          }}
        >
          {children}
        </MenuList>
      )}
    </div>
  );
}

function MenuList({
  label,
  anchor,
  flush,
  onChosen,
  children,
}: {
  label: string;
  anchor: RefObject<HTMLElement | null>;
  flush: "start" | "end";
  onChosen(): void;
  children: ReactNode;
}) {
  const list = useRef<HTMLDivElement>(null);
  useBeside(list, anchor, flush);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the items are buttons, their keys click
    <div
      ref={list}
      popover="manual"
      role="menu"
      aria-label={label}
      className="inset-auto start-0 top-0 m-0 max-h-[calc(100dvh-1rem)] min-w-52 max-w-72 rounded-lg border border-line bg-surface p-1 text-ink"
      onClick={onChosen}
    >
      {children}
    </div>
  );
}

export function MenuItem({
  onSelect,
  danger = false,
  testId,
  children,
}: {
  onSelect(): void;
  danger?: boolean;
  testId?: string;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      role="menuitem"
      data-testid={testId}
      tabIndex={-1}
      className={`item ${danger ? "text-coral" : ""}`}
      onClick={onSelect}
    >
      {children}
    </button>
  );
}

/** Something that is on or off: by itself, or one of a group. */
export function MenuChoice({
  role,
  checked,
  onSelect,
  testId,
  children,
}: {
  role: "menuitemcheckbox" | "menuitemradio";
  checked: boolean;
  onSelect(): void;
  testId?: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have it
    <button
      type="button"
      role={role}
      data-testid={testId}
      aria-checked={checked}
      tabIndex={-1}
      className="item justify-between"
      onClick={onSelect}
    >
      {children}
      {checked && <Check size={15} aria-hidden="true" className="flex-none text-accent" />}
    </button>
  );
}

/** Items that belong together, between two lines. */
export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: no form is filled in here
    <div role="group" aria-label={label} className="my-1 border-y border-line pb-1 last:mb-0 last:border-b-0">
      <p className="heading" aria-hidden="true">
        {label}
      </p>
      {children}
    </div>
  );
}
