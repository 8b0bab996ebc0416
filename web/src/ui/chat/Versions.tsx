import type { MessageRow } from "parlor-client/sync/rows";
import { useCallback, useRef, useState } from "react";
import { useT } from "../hooks";
import { later } from "../later";
import { Popover } from "../Popover";

/** Loaded soon after the first message. */
export const VersionList = later(() => import("./VersionList"), null);

/** Says that a message was edited, and shows what it said before. */
export function Edited({ row, roomId }: { row: MessageRow; roomId: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => setOpen(false), []);
  return (
    <>
      <button
        ref={button}
        type="button"
        data-testid="edited"
        className="label relative rounded-sm pointer-coarse:after:absolute pointer-coarse:after:-inset-3.5 hover:text-ink hover:underline"
        aria-label={t("versions.show")}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {t("timeline.edited")}
      </button>
      {open && (
        <Popover label={t("versions.title")} anchor={button} onClose={close}>
          <VersionList key={row.text} seq={row.seq} roomId={roomId} />
        </Popover>
      )}
    </>
  );
}
