import { isPicture } from "parlor-client/sync/picture";
import type { UploadItem } from "parlor-client/sync/uploads";
import { type ReactNode, useEffect, useState } from "react";
import { FileSign } from "./Attachments";
import { percentOf, useBytesInWords, useProgress } from "./words";

function kindOf(mediaType: string): "image" | "video" | "audio" | "other" {
  if (isPicture(mediaType)) return "image";
  if (mediaType.startsWith("video/")) return "video";
  return mediaType.startsWith("audio/") ? "audio" : "other";
}

/** An address of bytes that are on this device, for as long as it is shown. */
export function useBlobUrl(blob: Blob | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (blob === null) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(made);
    };
  }, [blob]);
  return url;
}

export function ChipButton({
  label,
  onClick,
  children,
}: {
  label: string;
  onClick(): void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className="icon-button pointer-fine:size-7"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** A file on its way: what it is, and how far it has come. */
export function Chip({ item, children }: { item: UploadItem; children?: ReactNode }) {
  const url = useBlobUrl(isPicture(item.mediaType) ? item.blob : null);
  return (
    <div
      data-testid="upload"
      data-state={item.state}
      className={`relative flex min-h-13 w-68 max-w-full max-md:w-full items-center gap-2.5 overflow-hidden rounded-md border bg-surface ps-1.5 pe-1 ${item.state === "failed" ? "border-coral" : "border-line"}`}
    >
      <span className="flex size-10 flex-none items-center justify-center overflow-hidden rounded bg-rail">
        {url === null ? (
          <FileSign kind={kindOf(item.mediaType)} mediaType={item.mediaType} />
        ) : (
          <img src={url} alt="" className="size-full object-cover" />
        )}
      </span>
      <span className="min-w-0 flex-1 py-1.5">
        <span className="block truncate text-sm leading-5" title={item.name}>
          <bdi>{item.name}</bdi>
        </span>
        <State item={item} />
      </span>
      {children}
      <Bar item={item} />
    </div>
  );
}

const COLOURS: Partial<Record<UploadItem["state"], string>> = { failed: "text-coral", waiting: "text-amber" };

export function State({ item }: { item: UploadItem }) {
  const progress = useProgress();
  const size = useBytesInWords();
  const failed = item.state === "failed";
  return (
    <span
      className={`label line-clamp-2 ${COLOURS[item.state] ?? ""}`}
      role={failed ? "alert" : undefined}
      title={progress(item)}
    >
      {!failed && `${size(item.bytes)} · `}
      {progress(item)}
    </span>
  );
}

export function Bar({ item }: { item: UploadItem }) {
  if (item.state === "done" || item.state === "failed") return null;
  const percent = percentOf(item);
  return (
    <span
      role="progressbar"
      aria-label={item.name}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="absolute inset-x-0 bottom-0 h-0.5 bg-line"
    >
      <span
        className={`block h-full ${item.state === "waiting" ? "bg-amber" : "bg-accent"}`}
        style={{ width: `${percent}%` }}
      />
    </span>
  );
}
