import { RotateCw, X } from "lucide-react";
import { mayTellPlace } from "parlor-client/sync/place";
import type { UploadItem } from "parlor-client/sync/uploads";
import { useChat } from "../chat/context";
import { useStore, useT } from "../hooks";
import { Chip, ChipButton } from "./UploadChip";

/** Files that go with the message that is being written. */
export default function DraftFiles({ roomId }: { roomId: string }) {
  const t = useT();
  const { client } = useChat();
  const items = useStore(client.uploads).filter((item) => item.roomId === roomId && !item.taken);
  return (
    <>
      <ul
        aria-label={t("files.chosen")}
        data-testid="draft-files"
        className="flex max-h-[33dvh] w-full flex-wrap gap-2 overflow-y-auto pt-1"
      >
        {items.map((item) => (
          <li key={item.key} className="max-w-full max-md:w-full">
            <Chip item={item}>
              {mayRetry(item) && (
                <ChipButton
                  label={t("files.retry", { name: item.name })}
                  onClick={() => client.uploads.retry([item.key])}
                >
                  <RotateCw size={15} aria-hidden="true" />
                </ChipButton>
              )}
              <ChipButton
                label={t("files.remove", { name: item.name })}
                onClick={() => client.uploads.remove(item.key)}
              >
                <X size={16} aria-hidden="true" />
              </ChipButton>
            </Chip>
          </li>
        ))}
      </ul>
      {items.some(mayTellPlace) && (
        <p role="status" data-testid="tells-place" className="label w-full">
          {t("files.asItIs", { name: items.find(mayTellPlace)?.name ?? "" })}
        </p>
      )}
    </>
  );
}

/** What is too large stays so. */
function mayRetry({ state, failure, blob }: UploadItem): boolean {
  return state === "failed" && failure?.why !== "tooLarge" && blob !== null;
}
