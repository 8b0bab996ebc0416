import { ChevronLeft, ChevronRight, Download, X } from "lucide-react";
import { type Attachment, fileUrl } from "parlor-client/sync/attachments";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useT } from "../hooks";
import { useDownload } from "./Attachments";
import { useBytes } from "./useBytes";
import { useBytesInWords } from "./words";

interface Props {
  files: readonly Attachment[];
  /** Which of them is shown first. */
  at: number;
  roomId: string;
  onClose(): void;
}

/** The pictures of a message, one at a time, as large as the window. Arrows turn
    the page, Esc closes, and the focus goes back to where it was. */
export default function Lightbox({ files, at: first, roomId, onClose }: Props) {
  const t = useT();
  const size = useBytesInWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [at, setAt] = useState(first);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) {
      element.showModal();
      element.focus();
    }
    return () => element?.close();
  }, []);
  const file = files[at];
  if (file === undefined) return null;
  const many = files.length > 1;
  const turn = (step: number) => setAt((now) => (now + step + files.length) % files.length);

  function onKeyDown(event: KeyboardEvent) {
    event.stopPropagation();
    if (!many) return;
    if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else if (event.key === "Home") setAt(0);
    else if (event.key === "End") setAt(files.length - 1);
    else return;
    event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      data-testid="lightbox"
      tabIndex={-1}
      aria-label={t("lightbox.label", { name: file.name })}
      className="dialog-in m-0 h-dvh max-h-none w-screen max-w-none bg-ground text-ink outline-none"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={onKeyDown}
    >
      <div className="clear-of-edges flex h-full flex-col">
        <header className="flex h-14 flex-none items-center gap-2 ps-5 pe-2">
          <h2 className="min-w-0 truncate font-semibold" title={file.name}>
            <bdi>{file.name}</bdi>
          </h2>
          <p className="label flex-none" aria-live="polite">
            {many && `${t("lightbox.at", { at: at + 1, count: files.length })} · `}
            {size(file.bytes)}
          </p>
          <span className="ms-auto flex flex-none">
            <DownloadButton file={file} roomId={roomId} />
            <button
              type="button"
              className="icon-button"
              aria-label={t("close")}
              title="Esc"
              data-testid="lightbox-close"
              onClick={onClose}
            >
              <X size={18} aria-hidden="true" />
            </button>
          </span>
        </header>
        <div className="relative min-h-0 flex-1 p-2">
          <Whole key={file.id} file={file} roomId={roomId} />
          {many && (
            <>
              <Turn label={t("lightbox.previous")} side="start-2" onClick={() => turn(-1)}>
                <ChevronLeft size={22} aria-hidden="true" />
              </Turn>
              <Turn label={t("lightbox.next")} side="end-2" onClick={() => turn(1)}>
                <ChevronRight size={22} aria-hidden="true" />
              </Turn>
            </>
          )}
        </div>
      </div>
    </dialog>
  );
}

function Turn({
  label,
  side,
  onClick,
  children,
}: {
  label: string;
  side: string;
  onClick(): void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      className={`icon-button absolute top-1/2 size-11 -translate-y-1/2 border border-line bg-surface ${side}`}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

function Whole({ file, roomId }: { file: Attachment; roomId: string }) {
  const t = useT();
  const url = fileUrl(roomId, file.id);
  const { state, round, onError } = useBytes(url);
  if (state !== "there") {
    return (
      <p role="alert" className="flex h-full items-center justify-center text-muted">
        {t(`files.${state}`)}
      </p>
    );
  }
  return (
    <img
      key={round}
      src={url}
      alt={file.name}
      width={file.width || undefined}
      height={file.height || undefined}
      className="mx-auto size-full object-scale-down"
      onError={onError}
    />
  );
}

function DownloadButton({ file, roomId }: { file: Attachment; roomId: string }) {
  const t = useT();
  const url = fileUrl(roomId, file.id);
  const { state, ask } = useDownload(url, file.name);
  return (
    <>
      {state !== "there" && (
        <span role="alert" className="label self-center text-coral">
          {t(`files.${state}`)}
        </span>
      )}
      <a
        href={url}
        download={file.name}
        className="icon-button"
        aria-label={t("files.download", { name: file.name })}
        title={t("files.download", { name: file.name })}
        onClick={ask}
      >
        <Download size={18} aria-hidden="true" />
      </a>
    </>
  );
}
