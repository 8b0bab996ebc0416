import { X } from "lucide-react";
import type { Pending } from "parlor-client/sync/outbox";
import type { UploadItem } from "parlor-client/sync/uploads";
import { useChat } from "../chat/context";
import { useStore, useT } from "../hooks";
import { frameOf, Pictures } from "./Attachments";
import { Bar, Chip, ChipButton, State, useBlobUrl } from "./UploadChip";

/** The files of a message that is on its way, in the room they will have. */
export default function PendingFiles({ pending, keys }: { pending: Pending; keys: readonly string[] }) {
  const { client } = useChat();
  const uploads = useStore(client.uploads);
  const items = keys.flatMap((key) => uploads.find((item) => item.key === key) ?? []);
  const isShown = (item: UploadItem) => item.width > 0 && item.state !== "failed";
  const pictures = items.filter(isShown);
  const others = items.filter((item) => !isShown(item));
  return (
    <div
      data-testid="pending-files"
      className="grid grid-cols-[minmax(0,1fr)] justify-items-start gap-1 py-1"
    >
      {pictures.length > 0 && (
        <Pictures count={pictures.length}>
          {pictures.map((item) => (
            <PendingPicture key={item.key} item={item} alone={pictures.length === 1} />
          ))}
        </Pictures>
      )}
      {others.map((item) => (
        <Chip key={item.key} item={item}>
          {pending.state === "failed" && item.state === "failed" && <Without pending={pending} item={item} />}
        </Chip>
      ))}
    </div>
  );
}

function PendingPicture({ item, alone }: { item: UploadItem; alone: boolean }) {
  const url = useBlobUrl(item.blob);
  const { className, style } = frameOf(item, alone);
  return (
    <div
      data-testid="upload"
      data-state={item.state}
      style={style}
      className={`relative overflow-hidden rounded-md bg-rail ${className}`}
    >
      {url !== null && (
        <img
          src={url}
          alt={item.name}
          className={`size-full ${alone ? "object-contain" : "object-cover"} ${item.state === "done" ? "" : "opacity-60"}`}
        />
      )}
      {item.state !== "done" && (
        <span className="absolute inset-x-0 bottom-0 bg-surface px-2 py-1 leading-4">
          <State item={item} />
        </span>
      )}
      <Bar item={item} />
    </div>
  );
}

function Without({ pending, item }: { pending: Pending; item: UploadItem }) {
  const t = useT();
  const { client } = useChat();
  return (
    <ChipButton
      label={t("upload.without", { name: item.name })}
      onClick={() => void client.outbox.without(pending.requestId, item.key)}
    >
      <X size={16} aria-hidden="true" />
    </ChipButton>
  );
}
