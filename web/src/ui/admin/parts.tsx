import type { OneTimeLink } from "parlor-client/net/rest";
import { useEffect, useRef, useState } from "react";
import { useIntl } from "react-intl";
import { Dialog } from "../Dialog";
import { useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import type { Pages } from "./usePages";

/** What stands under a list: that it is on its way, did not come, is empty, or goes on. */
export function PageState({ of, empty }: { of: Pages<unknown>; empty: string }) {
  const t = useT();
  const { value, error, more } = of;
  return (
    <>
      <LoadedState of={of} />
      {value !== null && value.length === 0 && error === null && (
        <p className="py-6 text-center text-muted" role="status">
          {empty}
        </p>
      )}
      {more !== null && (
        <button type="button" className="button mt-4" onClick={() => void more()}>
          {t("browse.more")}
        </button>
      )}
    </>
  );
}

/** A field that finds what a list shows. */
export function FindField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
}) {
  return (
    <input
      type="search"
      className="field mb-4"
      placeholder={label}
      aria-label={label}
      maxLength={64}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** A state of something, in words. */
export function Tag({ children, bad = false }: { children: string; bad?: boolean }) {
  return (
    <span
      className={`flex-none rounded-md bg-tint px-1.5 text-xs font-medium ${bad ? "text-coral" : "text-accent"}`}
    >
      {children}
    </span>
  );
}

/** What is known of something, on one line if it is wide enough; no fact is broken in two. */
export function Facts({ of }: { of: readonly string[] }) {
  return (
    <span className="label block overflow-hidden tabular-nums">
      {/* What stands first on a line has its dot where it is cut off. */}
      <span className="-ms-3 flex flex-wrap">
        {of.map((fact) => (
          <span
            key={fact}
            className="relative ps-3 before:absolute before:start-0 before:w-3 before:text-center before:content-['·']"
          >
            {fact}{" "}
          </span>
        ))}
      </span>
    </span>
  );
}

export function useMoment(): (at: string) => string {
  const intl = useIntl();
  return (at) => intl.formatDate(at, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
}

/** A link that is told once, to be copied and handed on. */
export function LinkDialog({
  title,
  text,
  link,
  onClose,
}: {
  title: string;
  text: string;
  link: OneTimeLink;
  onClose(): void;
}) {
  const t = useT();
  const moment = useMoment();
  const url = `${location.origin}${link.path}`;
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => field.current?.select(), []);

  async function copy() {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
    } catch {
      // It is selected: the keyboard copies it.
    }
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div className="mt-4 flex gap-2">
        <input
          ref={field}
          data-autofocus
          data-testid="one-time-link"
          className="field min-w-0 flex-1 font-mono text-sm"
          readOnly
          aria-label={title}
          value={url}
          onFocus={(event) => event.target.select()}
        />
        <button type="button" className="button primary flex-none" onClick={() => void copy()}>
          {t("admin.link.copy")}
        </button>
      </div>
      <p className="label mt-3" role="status">
        {copied ? t("admin.link.copied") : t("admin.link.until", { time: moment(link.expires_at) })}
      </p>
    </Dialog>
  );
}
