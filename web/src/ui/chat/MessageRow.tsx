import { Clock, Copy, Pencil, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import { FormattedDate, FormattedTime } from "react-intl";
import type { SystemLine } from "../../sync/log";
import type { MessageRow as Row } from "../../sync/rows";
import { useT } from "../hooks";
import { Markdown } from "../markdown";
import { ConfirmDialog } from "./ConfirmDialog";
import { useChat } from "./context";
import { EditBox } from "./EditBox";

export function DayLine({ at }: { at: number }) {
  return (
    <div className="line items-center pt-4 pb-2">
      <span />
      <p className="label col-span-full col-start-2 flex items-center gap-3 px-3 font-semibold">
        <FormattedDate value={at} weekday="long" day="numeric" month="long" year="numeric" />
        <span className="h-px flex-1 bg-line" />
      </p>
    </div>
  );
}

export function UnreadLine() {
  const t = useT();
  return (
    <div className="line items-center py-1 text-accent">
      <span className="line-time text-accent font-semibold">{t("timeline.new")}</span>
      <span className="col-span-full col-start-2 h-px bg-accent" />
    </div>
  );
}

function Time({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()}>
      <FormattedTime value={at} hour="2-digit" minute="2-digit" hourCycle="h23" />
    </time>
  );
}

export function SystemRow({ line, names }: { line: SystemLine; names(id: string): string }) {
  const t = useT();
  const { change } = line;
  const actor = names(line.actorId);
  let words: string;
  switch (change.what) {
    case "joined":
    case "left": {
      const self = change.userId === line.actorId;
      const user = names(change.userId);
      if (change.what === "joined")
        words = self ? t("system.joined", { user }) : t("system.added", { actor, user });
      else words = self ? t("system.left", { user }) : t("system.removed", { actor, user });
      break;
    }
    case "renamed":
      words = t("system.renamed", { actor, name: change.name });
      break;
    case "created":
      words = t("system.created", { actor });
      break;
    case "archived":
    case "restored":
      words = t(`system.${change.what}`, { actor });
  }
  return (
    <div className="line pt-1">
      <span className="line-time">
        <Time at={line.at} />
      </span>
      <p className="col-span-full col-start-2 px-3 text-sm leading-[22px] text-muted">{words}</p>
    </div>
  );
}

interface Props {
  row: Row;
  name: string;
  mine: boolean;
  mayDelete: boolean;
  editing: boolean;
  roomId: string;
  setEditing(seq: number | null): void;
}

export const MessageRow = memo(function MessageRow(props: Props) {
  const { row, name, mine, editing, roomId, setEditing } = props;
  const t = useT();
  const { client } = useChat();
  const waiting = row.state === "queued" || row.state === "sending";
  return (
    <article
      data-testid="message"
      data-seq={row.seq}
      data-state={row.state}
      data-author={row.authorId}
      aria-label={name}
      tabIndex={-1}
      className={`line group relative hover:bg-tint/35 focus-within:bg-tint/35 -outline-offset-2 ${row.continued ? "" : "mt-1 pt-1"} pb-0.5`}
    >
      <span className="line-time flex items-start justify-end gap-1">
        {waiting ? (
          <Clock
            size={13}
            className={`mt-1 ${row.state === "queued" ? "text-amber" : ""}`}
            aria-label={t(row.state === "queued" ? "timeline.queued" : "timeline.sending")}
          />
        ) : (
          <span
            className={
              row.sameMinute ? "opacity-0 group-focus-within:opacity-100 group-hover:opacity-100" : ""
            }
          >
            <Time at={row.at} />
          </span>
        )}
      </span>
      <span
        className={`line-name ${mine ? "text-accent" : ""} ${row.continued ? "max-md:hidden" : ""}`}
        title={row.continued ? undefined : name}
      >
        {row.continued ? <span className="sr-only">{name}</span> : name}
      </span>
      <div className={`line-text ${row.state === "queued" ? "text-muted" : ""}`}>
        {editing ? (
          <EditBox
            text={row.text}
            onSave={(text) => {
              setEditing(null);
              if (text !== row.text) client.write(roomId, { what: "edit", seq: row.seq, text });
            }}
            onCancel={() => setEditing(null)}
          />
        ) : row.deleted ? (
          <p className="text-muted italic">{t("timeline.deleted")}</p>
        ) : (
          <div data-testid="message-text" className="prose">
            <Markdown text={row.text} />
          </div>
        )}
        {!editing && !row.deleted && row.edited && <span className="label">{t("timeline.edited")}</span>}
        {row.state === "queued" && <span className="label text-amber">{t("timeline.queued")}</span>}
        {row.state === "failed" && row.pending !== null && <Failure row={row} />}
      </div>
      {!editing && !row.deleted && row.state === "sent" && row.seq > 0 && <Acts {...props} />}
    </article>
  );
});

function Failure({ row }: { row: Row }) {
  const t = useT();
  const { client } = useChat();
  const { pending } = row;
  if (pending === null) return null;
  const words = pending.body.what === "post" ? "timeline.failed" : "timeline.editFailed";
  return (
    <p role="alert" className="flex flex-wrap items-center gap-x-3 text-sm text-coral">
      {t(words, { reason: pending.failure?.message ?? "" })}
      <button type="button" className="link" onClick={() => void client.outbox.retry(pending.requestId)}>
        {t("retry")}
      </button>
      <button type="button" className="link" onClick={() => void client.outbox.discard(pending.requestId)}>
        {t("timeline.discard")}
      </button>
    </p>
  );
}

/** What can be done with a message; shown on hover, on focus, and on touch. */
function Acts({ row, mine, mayDelete, roomId, setEditing }: Props) {
  const t = useT();
  const { client } = useChat();
  const [asking, setAsking] = useState(false);
  return (
    <div className="absolute end-3 top-0 z-10 flex -translate-y-1/3 rounded-md border border-line bg-surface opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 max-md:end-1">
      <button
        type="button"
        className="icon-button pointer-fine:size-7"
        aria-label={t("message.copy")}
        title={t("message.copy")}
        onClick={() => void navigator.clipboard?.writeText(row.text)}
      >
        <Copy size={14} aria-hidden="true" />
      </button>
      {mine && (
        <button
          type="button"
          data-testid="edit-message"
          className="icon-button pointer-fine:size-7"
          aria-label={t("message.edit")}
          title={t("message.edit")}
          onClick={() => setEditing(row.seq)}
        >
          <Pencil size={14} aria-hidden="true" />
        </button>
      )}
      {mayDelete && (
        <button
          type="button"
          data-testid="delete-message"
          className="icon-button pointer-fine:size-7"
          aria-label={t("message.delete")}
          title={t("message.delete")}
          onClick={() => setAsking(true)}
        >
          <Trash2 size={14} aria-hidden="true" />
        </button>
      )}
      {asking && (
        <ConfirmDialog
          title={t("message.delete.confirm")}
          text={row.text.slice(0, 200)}
          action={t("message.delete")}
          onClose={() => setAsking(false)}
          onConfirm={async () => client.write(roomId, { what: "delete", seq: row.seq })}
        />
      )}
    </div>
  );
}
