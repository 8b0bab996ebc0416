import type { FileKind, RoomFile } from "parlor-client/net/rest";
import { type Attachment, fileUrl, fromRest } from "parlor-client/sync/attachments";
import { useEffect, useId, useRef, useState } from "react";
import { FormattedDate } from "react-intl";
import { useChat, useLive, useNames } from "../chat/context";
import { Panel } from "../chat/Panel";
import { reasonOf, useStore, useT } from "../hooks";
import { LoadedState } from "../LoadedState";
import { useLoaded } from "../useLoaded";
import { FileLine, FileSign } from "./Attachments";
import { Lightbox } from "./parts";
import { useBytes } from "./useBytes";

type Choice = FileKind | "all";
const CHOICES: readonly Choice[] = ["all", "image", "video", "audio", "other"];

interface Props {
  id: string;
  onClose(): void;
  onShow(seq: number): void;
}

/** What was shared in the room, the newest first. */
export default function Files({ id, onClose, onShow }: Props) {
  const t = useT();
  const [choice, setChoice] = useState<Choice>("all");
  return (
    <Panel testId="files-panel" title={t("files.title")} onClose={onClose}>
      <Kinds value={choice} onChange={setChoice} />
      <List key={choice} id={id} kind={choice === "all" ? null : choice} onShow={show} />
    </Panel>
  );

  function show(seq: number) {
    // Where it cannot be loaded, the room says so.
    onShow(seq);
    // The panel covers the conversation where there is no room beside it.
    if (matchMedia("(width < 1100px)").matches) onClose();
  }
}

function Kinds({ value, onChange }: { value: Choice; onChange(choice: Choice): void }) {
  const t = useT();
  const name = useId();
  return (
    <fieldset className="flex flex-none flex-wrap gap-1 border-b border-line px-4 py-2">
      <legend className="sr-only">{t("files.kind")}</legend>
      {CHOICES.map((choice) => (
        <label
          key={choice}
          className="chip cursor-pointer has-checked:border-accent has-checked:bg-tint has-focus-visible:outline-2 has-focus-visible:outline-accent text-sm"
        >
          <input
            type="radio"
            className="sr-only"
            name={name}
            checked={choice === value}
            onChange={() => onChange(choice)}
          />
          {t(`files.kind.${choice}`)}
        </label>
      ))}
    </fieldset>
  );
}

interface ListProps {
  id: string;
  kind: FileKind | null;
  onShow(seq: number): void;
}

function List({ id, kind, onShow }: ListProps) {
  const t = useT();
  const { client } = useChat();
  const { entries } = useStore(client.view(id));
  // Whatever is shared or deleted changes the list.
  const shared = entries.findLast((entry) => entry.kind === "message" && entry.attachments.length > 0)?.seq;
  const gone = entries.filter((entry) => entry.kind === "message" && entry.deleted).length;
  const live = useLive();
  const list = useLoaded(
    () => client.api.files(id, kind, null),
    [client, id, kind, shared, gone, live],
    "files.error",
  );
  const first = list.value;
  /** Pages after the first one, for as long as that is the same. */
  const [more, setMore] = useState<{ of: unknown; items: RoomFile[]; cursor: string | null }>();
  const [error, setError] = useState<string | null>(null);
  const after = more?.of === first ? more : undefined;
  const files = [...(first?.items ?? []), ...(after?.items ?? [])];
  const cursor = after === undefined ? first?.next_cursor : after.cursor;
  useEffect(() => client.people.need(files.map(({ sender_id }) => sender_id)));

  async function next() {
    try {
      const page = await client.api.files(id, kind, cursor ?? null);
      setMore({ of: first, items: [...(after?.items ?? []), ...page.items], cursor: page.next_cursor });
      setError(null);
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }

  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-5 py-3">
      <LoadedState of={list} />
      {!live && list.error !== null && <p className="label">{t("conn.offline.hint")}</p>}
      {first !== null && files.length === 0 && (
        <p className="text-muted">{t(kind === null ? "files.empty" : "files.emptyKind")}</p>
      )}
      <ol>
        {files.map((file) => (
          <Entry key={`${file.message_seq} ${file.id}`} file={file} roomId={id} onShow={onShow} />
        ))}
      </ol>
      {error !== null && (
        <p role="alert" className="text-coral text-sm">
          {error}
        </p>
      )}
      {cursor != null && (
        <button type="button" className="button mt-3" data-testid="more-files" onClick={() => void next()}>
          {t("browse.more")}
        </button>
      )}
    </div>
  );
}

function Entry({ file, roomId, onShow }: { file: RoomFile; roomId: string; onShow(seq: number): void }) {
  const t = useT();
  const names = useNames();
  const attachment = useRef(fromRest(file)).current;
  const [open, setOpen] = useState(false);
  return (
    <li data-testid="room-file" className="border-t border-line py-3 first:border-0 first:pt-0">
      <p className="label flex gap-2">
        <span className="min-w-0 flex-1 truncate">{names(file.sender_id)}</span>
        <time dateTime={file.at}>
          <FormattedDate value={file.at} day="numeric" month="short" year="numeric" />
        </time>
      </p>
      <div className="flex items-center gap-3 py-1">
        {file.kind === "image" && (
          <button
            type="button"
            aria-haspopup="dialog"
            aria-label={t("files.open", { name: file.name })}
            className="size-13 flex-none overflow-hidden rounded-md bg-rail"
            onClick={() => setOpen(true)}
          >
            <Small file={attachment} roomId={roomId} />
          </button>
        )}
        <div className="min-w-0 flex-1">
          <FileLine file={attachment} roomId={roomId} plain bare={file.kind === "image"} />
        </div>
      </div>
      <button type="button" className="link text-sm" onClick={() => onShow(Number(file.message_seq))}>
        {t("pins.show")}
      </button>
      {open && <Lightbox files={[attachment]} at={0} roomId={roomId} onClose={() => setOpen(false)} />}
    </li>
  );
}

function Small({ file, roomId }: { file: Attachment; roomId: string }) {
  const url = fileUrl(roomId, file.id, file.thumbnail ? "thumbnail" : undefined);
  const { state, round, onError } = useBytes(url);
  if (state !== "there") {
    return (
      <span className="flex size-full items-center justify-center">
        <FileSign {...file} />
      </span>
    );
  }
  return <img key={round} src={url} alt="" className="size-full object-cover" onError={onError} />;
}
