import {
  Download,
  FileArchive,
  FileAudio,
  File as FileIcon,
  FileText,
  FileVideo,
  ImageIcon,
} from "lucide-react";
import { type Attachment, fileUrl } from "parlor-client/sync/attachments";
import { type ReactNode, useMemo, useState } from "react";
import { thumbHashToDataURL } from "thumbhash";
import { useChat } from "../chat/context";
import { useT } from "../hooks";
import { columnsOf, pictureBox } from "./boxes";
import { type AttachmentsProps, Lightbox } from "./parts";
import { useBytes } from "./useBytes";
import { playTime, useBytesInWords } from "./words";

/** The files of a message: one way to show each kind of them. */
export default function Attachments({ files, roomId }: AttachmentsProps) {
  const [open, setOpen] = useState<number | null>(null);
  const pictures = files.filter(({ kind }) => kind === "image");
  const others = files.filter(({ kind }) => kind !== "image");
  return (
    <div data-testid="attachments" className="grid grid-cols-[minmax(0,1fr)] justify-items-start gap-1 py-1">
      {pictures.length > 0 && (
        <Pictures count={pictures.length}>
          {pictures.map((file, at) => (
            <Picture
              key={file.id}
              file={file}
              roomId={roomId}
              alone={pictures.length === 1}
              onOpen={() => setOpen(at)}
            />
          ))}
        </Pictures>
      )}
      {others.map((file) =>
        file.kind === "other" ? (
          <FileLine key={file.id} file={file} roomId={roomId} />
        ) : (
          <Clip key={file.id} file={file} roomId={roomId} />
        ),
      )}
      {open !== null && <Lightbox files={pictures} at={open} roomId={roomId} onClose={() => setOpen(null)} />}
    </div>
  );
}

/** One by itself in its own shape, several as tiles of one size. */
export function Pictures({ count, children }: { count: number; children: ReactNode }) {
  if (count === 1) return children;
  return (
    <div
      className={`grid w-full gap-1 ${columnsOf(count) === 2 ? "max-w-67 grid-cols-2" : "max-w-101 grid-cols-3"}`}
    >
      {children}
    </div>
  );
}

/** The room of a picture, which is there before the picture is. */
export function frameOf(size: { width: number; height: number }, alone: boolean) {
  if (!alone) return { className: "aspect-square w-full", style: {} };
  const { width, height } = pictureBox(size);
  return { className: "max-w-full", style: { width, aspectRatio: `${width} / ${height}` } };
}

interface PictureProps {
  file: Attachment;
  roomId: string;
  alone: boolean;
  onOpen(): void;
}

function Picture({ file, roomId, alone, onOpen }: PictureProps) {
  const url = fileUrl(roomId, file.id, file.thumbnail ? "thumbnail" : undefined);
  const { state, round, onError } = useBytes(url);
  const [loaded, setLoaded] = useState(false);
  const blurred = useBlurred(file.thumbhash);
  const { className, style } = frameOf(file, alone);
  // What is seen through an image shall not be its own shadow.
  const ground = loaded || blurred === null ? {} : { backgroundImage: `url(${blurred})` };
  if (state !== "there") {
    return (
      <p
        data-testid="picture-missing"
        style={style}
        className={`flex items-center justify-center overflow-hidden rounded-md border border-line bg-rail p-2 text-center text-muted text-sm ${className}`}
      >
        <Missing state={state} />
      </p>
    );
  }
  return (
    <button
      type="button"
      data-testid="picture"
      aria-haspopup="dialog"
      title={file.name}
      style={{ ...style, ...ground }}
      className={`block overflow-hidden rounded-md bg-rail bg-cover ${className}`}
      onClick={onOpen}
    >
      <img
        key={round}
        src={url}
        alt={file.name}
        decoding="async"
        className={`size-full ${alone ? "object-contain" : "object-cover"}`}
        onLoad={() => setLoaded(true)}
        onError={onError}
      />
    </button>
  );
}

function useBlurred(thumbhash: string): string | null {
  return useMemo(() => {
    if (thumbhash === "") return null;
    try {
      return thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (char) => char.charCodeAt(0)));
    } catch {
      return null;
    }
  }, [thumbhash]);
}

/** Why there is nothing to see. */
function Missing({ state }: { state: "gone" | "away" | "broken" }) {
  const t = useT();
  return t(`files.${state}`);
}

/** Something to see or hear, with what the browser has for it. */
function Clip({ file, roomId }: { file: Attachment; roomId: string }) {
  const url = fileUrl(roomId, file.id);
  const { state, round, onError } = useBytes(url);
  const isVideo = file.kind === "video";
  const shape = isVideo ? "aspect-video" : "h-13.5";
  return (
    <div className="w-full max-w-100 overflow-hidden rounded-md border border-line bg-surface">
      {state !== "there" && (
        <p className={`flex items-center justify-center bg-rail text-muted text-sm ${shape}`}>
          <Missing state={state} />
        </p>
      )}
      {state === "there" && isVideo && (
        // biome-ignore lint/a11y/useMediaCaption: what people send each other has none
        <video
          key={round}
          controls
          playsInline
          preload="metadata"
          src={url}
          aria-label={file.name}
          className={`w-full bg-rail ${shape}`}
          onError={onError}
        />
      )}
      {state === "there" && !isVideo && (
        // biome-ignore lint/a11y/useMediaCaption: what people send each other has none
        <audio
          key={round}
          controls
          preload="metadata"
          src={url}
          aria-label={file.name}
          className={`w-full px-2 ${shape}`}
          onError={onError}
        />
      )}
      <div className="ps-3">
        <FileLine file={file} roomId={roomId} plain />
      </div>
    </div>
  );
}

const ICONS = { image: ImageIcon, video: FileVideo, audio: FileAudio, other: FileIcon } as const;

export function FileSign({ kind, mediaType }: Pick<Attachment, "kind" | "mediaType">) {
  let Sign: typeof FileIcon = ICONS[kind];
  if (kind === "other" && /zip|tar|compressed|7z/.test(mediaType)) Sign = FileArchive;
  else if (kind === "other" && /^text\/|pdf|document/.test(mediaType)) Sign = FileText;
  return <Sign size={20} aria-hidden="true" className="flex-none text-muted" />;
}

interface LineProps {
  file: Attachment;
  roomId: string;
  /** Without a border: it belongs to what stands beside it. */
  plain?: boolean;
  /** Without the sign of its kind. */
  bare?: boolean;
}

/** A file by its name and size, to be kept. */
export function FileLine({ file, roomId, plain = false, bare = false }: LineProps) {
  const t = useT();
  const size = useBytesInWords();
  const url = fileUrl(roomId, file.id);
  const { state, asked, ask } = useDownload(url, file.name);
  return (
    <div
      data-testid="file"
      className={`flex min-h-13 w-full max-w-100 items-center gap-3 rounded-md pe-1 ${plain ? "" : "border border-line bg-surface ps-3"}`}
    >
      {!bare && <FileSign {...file} />}
      <span className="min-w-0 flex-1 py-1.5">
        <span className="block truncate leading-5" title={file.name}>
          <bdi>{file.name}</bdi>
        </span>
        <span className="label block" role={state === "there" ? undefined : "alert"}>
          {state === "there" && file.durationMs > 0 && `${playTime(file.durationMs)} · `}
          {state === "there" ? size(file.bytes) : <Missing state={state} />}
        </span>
      </span>
      <a
        href={url}
        download={file.name}
        data-testid="download"
        className="icon-button"
        aria-label={t("files.download", { name: file.name })}
        title={t("files.download", { name: file.name })}
        aria-busy={asked}
        onClick={ask}
      >
        <Download size={18} aria-hidden="true" />
      </a>
    </div>
  );
}

/** Asks whether a file is there, with a fresh cookie, before the browser goes to fetch it. */
export function useDownload(url: string, name: string) {
  const { client } = useChat();
  const [state, setState] = useState<"there" | "gone" | "away">("there");
  const [asked, setAsked] = useState(false);
  async function ask(event: React.MouseEvent<HTMLAnchorElement>) {
    // Whoever wants it in another tab, or saved elsewhere, is left to the browser.
    if (event.ctrlKey || event.metaKey || event.shiftKey || asked) return;
    event.preventDefault();
    setAsked(true);
    try {
      if (await client.api.hasBytes(url)) {
        setState("there");
        const link = document.createElement("a");
        link.href = url;
        link.download = name;
        link.click();
      } else setState("gone");
    } catch {
      setState("away");
    } finally {
      setAsked(false);
    }
  }
  return { state, asked, ask };
}
