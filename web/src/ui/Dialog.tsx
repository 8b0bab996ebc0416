import { X } from "lucide-react";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { useT } from "./hooks";

interface Props {
  title: string;
  onClose(): void;
  children: ReactNode;
  /** Near the top instead of the middle, for lists that grow and shrink. */
  high?: boolean;
}

/** A modal sheet on the browser's own dialog: focus stays in, Esc closes. */
export function Dialog({ title, onClose, children, high = false }: Props) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Closed while it is still there: only then the browser gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) {
      element.showModal();
      element.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    }
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      className={`dialog-in max-h-[85dvh] w-[calc(100vw-2rem)] overflow-y-auto rounded-lg border border-line bg-surface max-w-md ${high ? "mt-[12vh]" : ""}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="p-6">
        <header className="mb-4 flex items-center justify-between gap-4">
          <h2 id={titleId} className="text-base font-semibold">
            {title}
          </h2>
          <button type="button" className="icon-button -me-2" onClick={onClose} aria-label={t("close")}>
            <X size={18} aria-hidden="true" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
