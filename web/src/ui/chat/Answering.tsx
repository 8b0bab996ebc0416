import { X } from "lucide-react";
import { messageIn } from "parlor-client/sync/log";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";
import { useQuote } from "./Quote";

/** What the next line answers. */
export function Answering({ roomId, seq }: { roomId: string; seq: number }) {
  const t = useT();
  const { client } = useChat();
  const { entries } = useStore(client.view(roomId));
  const { name, text } = useQuote({ roomId, seq, loaded: messageIn(entries, seq) ?? null });
  return (
    <p
      data-testid="answering"
      className="col-span-full col-start-3 flex items-center gap-2 pe-3 text-sm text-muted max-md:col-start-2 max-md:ps-3"
    >
      <span className="min-w-0 truncate">
        {t("answer.to", { name: name ?? "" })} <span className="italic">{text}</span>
      </span>
      <button
        type="button"
        className="icon-button size-6 pointer-coarse:size-11"
        aria-label={t("answer.cancel")}
        title={`${t("answer.cancel")} (Esc)`}
        onClick={() => client.answer(roomId, null)}
      >
        <X size={14} aria-hidden="true" />
      </button>
    </p>
  );
}
