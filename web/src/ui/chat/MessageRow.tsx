import { Clock, Pin } from "lucide-react";
import { ErrorCode } from "parlor-client/net/gen/parlor/realtime/v1/realtime_pb";
import type { Forwarded } from "parlor-client/sync/forwards";
import type { SystemLine } from "parlor-client/sync/log";
import { EVERYBODY } from "parlor-client/sync/mentions";
import type { Pending } from "parlor-client/sync/outbox";
import type { Person } from "parlor-client/sync/people";
import type { MessageRow as Row } from "parlor-client/sync/rows";
import { memo, type RefObject, useEffect, useRef, useState } from "react";
import { FormattedDate, FormattedTime } from "react-intl";
import { Attachments, PendingFiles } from "../files/parts";
import { useStore, useT } from "../hooks";
import { Markdown } from "../markdown";
import { Acts } from "./Acts";
import { useChat, useNames } from "./context";
import { EditBox } from "./EditBox";
import { Mood } from "./Mood";
import { Quote } from "./Quote";
import { Reactions } from "./Reactions";
import { Edited } from "./Versions";

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
    case "role":
      if (change.role !== "owner" && change.userId === line.actorId)
        words = t(`system.stepped.${change.role}`, { user: actor });
      else words = t(`system.${change.role}`, { actor, user: names(change.userId) });
      break;
    case "banned":
    case "unbanned":
      words = t(`system.${change.what}`, { actor, user: names(change.userId) });
      break;
    case "archived":
    case "pinned":
    case "unpinned":
    case "restored":
    case "roomDeleted":
    case "roomRestored":
      words = t(`system.${change.what}`, { actor });
  }
  return (
    <article className="line pt-1">
      <span className="line-time">
        <Time at={line.at} />
      </span>
      <p className="col-span-full col-start-2 px-3 text-sm leading-[22px] text-muted">{words}</p>
    </article>
  );
}

interface Props {
  row: Row;
  name: string;
  author: Person | undefined;
  mine: boolean;
  mayDelete: boolean;
  /** Nothing can be put on it. */
  frozen: boolean;
  /** The last own message that the other one of a direct room has read. */
  readByPeer: boolean;
  /** What can be done with it is drawn too. */
  withActs: boolean;
  editing: boolean;
  roomId: string;
  setEditing(seq: number | null): void;
  /** Asks where to pass it on. */
  onForward(row: Row): void;
  /** Brings another message into view. */
  onJump(seq: number): void;
}

export const MessageRow = memo(function MessageRow(props: Props) {
  const [unfolded, setUnfolded] = useState(false);
  const article = useRef<HTMLElement>(null);
  // What was asked for with the keyboard is read on from where it stands.
  useEffect(() => {
    if (unfolded) article.current?.focus();
  }, [unfolded]);
  if (props.row.folded && !unfolded) return <FoldedRow {...props} onShow={() => setUnfolded(true)} />;
  return <WholeRow {...props} article={article} />;
});

/** A word in a line of text; a finger finds it above and below that too. */
const SHOW =
  "link pointer-coarse:relative pointer-coarse:after:absolute pointer-coarse:after:-inset-x-2 pointer-coarse:after:-inset-y-[11px]";

/** A message of somebody who is blocked. */
function FoldedRow({ row, onShow }: Props & { onShow(): void }) {
  const t = useT();
  return (
    <article
      data-testid="folded-message"
      data-seq={row.seq}
      aria-label={t("timeline.folded")}
      tabIndex={-1}
      className="line -outline-offset-2 pt-1 pointer-coarse:py-[11px]"
    >
      <span className="line-time">
        <Time at={row.at} />
      </span>
      <p className="col-span-full col-start-2 px-3 text-sm leading-[22px] text-muted">
        {t("timeline.folded")}{" "}
        <button type="button" className={SHOW} onClick={onShow}>
          {t("timeline.folded.show")}
        </button>
      </p>
    </article>
  );
}

function WholeRow(props: Props & { article: RefObject<HTMLElement | null> }) {
  const { row, name, author, mine, frozen, editing, roomId, setEditing, onJump } = props;
  const t = useT();
  const { client } = useChat();
  const [asked, setAsked] = useState(false);
  const hides = row.foldsSaid && !asked;
  const waiting = row.state === "queued" || row.state === "sending";
  return (
    <article
      ref={props.article}
      data-testid="message"
      data-seq={row.seq}
      data-state={row.state}
      data-author={row.authorId}
      aria-label={name}
      tabIndex={-1}
      className={`line group relative -outline-offset-2 ${row.callsMe ? "bg-tint/70" : "hover:bg-tint/35 focus-within:bg-tint/35"} ${row.continued ? "" : "mt-1 pt-1"} pb-0.5`}
    >
      {row.callsMe && <span className="sr-only">{t("timeline.callsYou")}</span>}
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
        {row.continued ? (
          <span className="sr-only">{name}</span>
        ) : (
          <>
            {name} <Mood person={author} brief />
          </>
        )}
      </span>
      <div className={`line-text ${row.state === "queued" ? "text-muted" : ""}`}>
        {row.replyTo !== null && !row.deleted && (
          <Quote roomId={roomId} seq={row.replyTo} loaded={row.quoted} onJump={onJump} />
        )}
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
          row.text !== "" && (
            <div data-testid="message-text" className="prose">
              <MessageText row={row} />
            </div>
          )
        )}
        {row.forwarded !== null && (
          <PassedOn
            said={row.forwarded}
            folded={hides}
            onShow={() => {
              setAsked(true);
              props.article.current?.focus();
            }}
          />
        )}
        {row.attachments.length > 0 && !hides && <Attachments files={row.attachments} roomId={roomId} />}
        {row.uploads.length > 0 && row.pending !== null && (
          <PendingFiles pending={row.pending} keys={row.uploads} />
        )}
        {row.pinned && (
          <span className="label me-2 inline-flex items-center gap-1">
            <Pin size={11} aria-hidden="true" />
            {t("timeline.pinned")}
          </span>
        )}
        {!editing && !row.deleted && row.edited && <Edited row={row} roomId={roomId} />}
        {props.readByPeer && (
          <span data-testid="read-mark" className="label md:absolute md:end-3 md:bottom-1">
            {t("timeline.read")}
          </span>
        )}
        {row.state === "queued" && <span className="label text-amber">{t("timeline.queued")}</span>}
        {!editing && <Reactions row={row} roomId={roomId} frozen={frozen} />}
        {row.state === "failed" && row.pending !== null && <Failure pending={row.pending} />}
        {row.refused.map((pending) => (
          <Failure key={pending.requestId} pending={pending} />
        ))}
      </div>
      {props.withActs && !editing && !row.deleted && row.state === "sent" && row.seq > 0 && (
        <Acts {...props} />
      )}
    </article>
  );
}

/** What somebody said elsewhere, set apart from what is said to it. */
function PassedOn({ said, folded, onShow }: { said: Forwarded; folded: boolean; onShow(): void }) {
  const t = useT();
  const name = useNames()(said.authorId);
  if (folded)
    return (
      <p
        data-testid="folded-forward"
        className="border-s-2 border-line ps-3 text-sm leading-[22px] text-muted"
      >
        {t("timeline.folded")}{" "}
        <button type="button" className={SHOW} onClick={onShow}>
          {t("timeline.folded.show")}
        </button>
      </p>
    );
  return (
    <figure data-testid="forwarded" className="border-s-2 border-line ps-3">
      <figcaption className="label">
        {t("forward.from", { name })}
        <time dateTime={new Date(said.at).toISOString()}>
          <FormattedDate value={said.at} dateStyle="medium" timeStyle="short" hourCycle="h23" />
        </time>
      </figcaption>
      {said.text !== "" && (
        <blockquote className="prose">
          <Markdown text={said.text} />
        </blockquote>
      )}
    </figure>
  );
}

/** The text, with those it calls marked as soon as their names are known. */
function MessageText({ row }: { row: Row }) {
  const { client } = useChat();
  const people = useStore(client.people);
  const { users, room } = row.mentions;
  const names = users.flatMap((user) => people.get(user)?.name ?? []);
  return <Markdown text={row.text} called={[...names, ...(room ? [EVERYBODY] : [])].join(" ")} />;
}

const FAILED = {
  post: "timeline.failed",
  forward: "timeline.failed",
  edit: "timeline.editFailed",
  delete: "timeline.editFailed",
  react: "timeline.reactFailed",
  pin: "timeline.pinFailed",
} as const;

function Failure({ pending }: { pending: Pending }) {
  const t = useT();
  const { client } = useChat();
  const words = FAILED[pending.body.what];
  const { failure } = pending;
  const isDirect = client.rooms.get(pending.roomId)?.visibility === "direct";
  // Nothing else is forbidden between two.
  const blocked = isDirect && failure?.code === ErrorCode.FORBIDDEN;
  const reasonFor = () => {
    if (failure?.code === 0) return t("upload.notAll");
    if (failure?.code === ErrorCode.QUOTA_EXCEEDED) return t("upload.reason.roomQuota");
    return blocked ? t("reason.blocked") : (failure?.message ?? "");
  };
  return (
    <p role="alert" className="flex flex-wrap items-center gap-x-3 text-sm text-coral">
      {t(words, { reason: reasonFor() })}
      <button type="button" className="link" onClick={() => void client.outbox.retry(pending.requestId)}>
        {t("retry")}
      </button>
      <button type="button" className="link" onClick={() => void client.outbox.discard(pending.requestId)}>
        {t("timeline.discard")}
      </button>
    </p>
  );
}
