import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { useEscape } from "./hooks";

interface Props {
  label: string;
  /** What it belongs to: it stands below, or above where there is more room. */
  anchor: RefObject<HTMLElement | null>;
  onClose(): void;
  children: ReactNode;
}

const GAP_PX = 4;
const EDGE_PX = 8;

/** Puts a sheet above everything that scrolls, below its anchor or, where it does
    not fit there, above; the start or the end of both is in one line. */
export function useBeside(
  sheet: RefObject<HTMLElement | null>,
  anchor: RefObject<HTMLElement | null>,
  flush: "start" | "end",
): void {
  useLayoutEffect(() => {
    const element = sheet.current;
    if (element === null) return;
    element.showPopover?.();
    const place = () => {
      const at = anchor.current?.getBoundingClientRect();
      if (at === undefined) return;
      const { offsetWidth: width, offsetHeight: height } = element;
      const below = at.bottom + GAP_PX;
      const fits = below + height <= innerHeight - EDGE_PX;
      const top = fits ? below : Math.max(EDGE_PX, at.top - GAP_PX - height);
      const start = flush === "start" ? at.left : at.right - width;
      const left = Math.max(EDGE_PX, Math.min(start, innerWidth - EDGE_PX - width));
      element.style.translate = `${left}px ${top}px`;
    };
    place();
    const resized = new ResizeObserver(place);
    resized.observe(element);
    addEventListener("resize", place);
    document.addEventListener("scroll", place, true);
    return () => {
      resized.disconnect();
      removeEventListener("resize", place);
      document.removeEventListener("scroll", place, true);
    };
  }, [sheet, anchor, flush]);
}

/** A small sheet beside what it belongs to, above everything that scrolls. It
    takes the focus; Esc and a click elsewhere close it and give the focus back. */
export function Popover({ label, anchor, onClose, children }: Props) {
  const sheet = useRef<HTMLDivElement>(null);

  useEscape(() => {
    anchor.current?.focus();
    onClose();
  });
  useBeside(sheet, anchor, "start");
  useLayoutEffect(() => {
    const element = sheet.current;
    (element?.querySelector<HTMLElement>("[data-autofocus]") ?? element)?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const outside = ({ target }: PointerEvent) => {
      const inside = sheet.current?.contains(target as Node) || anchor.current?.contains(target as Node);
      if (!inside) onClose();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [anchor, onClose]);

  return (
    <div
      ref={sheet}
      popover="manual"
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      className="inset-auto start-0 top-0 m-0 max-w-[calc(100vw-1rem)] rounded-lg border border-line bg-surface p-2 text-ink outline-none"
    >
      {children}
    </div>
  );
}
