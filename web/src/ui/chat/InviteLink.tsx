import { useId, useRef, useState } from "react";
import { useT } from "../hooks";
import { QrCode } from "../QrCode";

/** One link, to be copied or scanned. */
export function InviteLink({ code }: { code: string }) {
  const t = useT();
  const ids = useId();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<"yes" | "byHand" | null>(null);
  const link = `${location.origin}/invite/${code}`;

  async function copy() {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(link);
      setCopied("yes");
    } catch {
      // Not every page may write to the clipboard.
      setCopied("byHand");
    }
  }

  return (
    <section className="mt-6 grid gap-3" aria-labelledby={`${ids}label`}>
      <div className="grid gap-1">
        <label id={`${ids}label`} htmlFor={`${ids}link`} className="text-sm font-medium">
          {t("invites.link")}
        </label>
        <div className="flex gap-2 max-md:flex-col">
          <input
            id={`${ids}link`}
            ref={field}
            data-testid="invite-link"
            className="field min-w-0 flex-1 font-mono text-sm"
            readOnly
            value={link}
            onFocus={(event) => event.target.select()}
          />
          <button type="button" data-testid="copy-invite" className="button" onClick={() => void copy()}>
            {t("room.copyLink")}
          </button>
        </div>
        <p role="status" className="label min-h-4">
          {copied === "yes" && t("copy.done")}
          {copied === "byHand" && t("invites.copyByHand")}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-4">
        <QrCode text={link} label={t("invites.qr")} />
        <p className="label flex-1 basis-32">{t("invites.qr.hint")}</p>
      </div>
    </section>
  );
}
