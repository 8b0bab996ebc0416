import { CornerUpRight } from "lucide-react";
import { gistOf } from "parlor-client/sync/attachments";
import { wordsOf } from "parlor-client/sync/forwards";
import type { ChatMessage } from "parlor-client/sync/log";
import { type Quoted, quoteKey } from "parlor-client/sync/quotes";
import { useEffect } from "react";
import { useGist } from "../files/useGist";
import { useStore, useT } from "../hooks";
import { useChat, useNames } from "./context";
import { isFolded, useFolds } from "./folds";

/** What is shown of an answered message on one line, in UTF-16 units. */
const SHOWN_LENGTH = 200;

interface Props {
  roomId: string;
  seq: number;
  /** The message, where it is loaded. */
  loaded: ChatMessage | null;
}

interface Words {
  name: string | null;
  text: string;
}

/** Who said what is answered, and how that began; asks for what is not loaded. */
export function useQuote({ roomId, seq, loaded }: Props): Words {
  const t = useT();
  const names = useNames();
  const gist = useGist();
  const { client } = useChat();
  const kept = useStore(client.quotes).get(quoteKey(roomId, seq));
  const folds = useFolds(roomId);
  const missing = loaded === null && kept === undefined;
  useEffect(() => {
    if (missing) client.quotes.need(roomId, seq);
  }, [client, roomId, seq, missing]);

  const message: Quoted | null | undefined = loaded ?? kept;
  if (message === undefined) return { name: null, text: "…" };
  if (message === null) return { name: null, text: t("quote.gone") };
  if (message.deleted) return { name: null, text: t("timeline.deleted") };
  if (isFolded(message, folds)) return { name: null, text: t("timeline.folded") };
  return {
    name: names(message.authorId),
    text: plainly(wordsOf(message).slice(0, SHOWN_LENGTH)) || gist(gistOf(message.attachments)),
  };
}

/** A text on one line, without the marks that would be code or bold. */
export function plainly(text: string): string {
  return text.replace(/```\S*|\*\*|`|\s+/g, " ");
}

/** What a message answers, on one line of constant height; a click leads there. */
export function Quote({ onJump, ...of }: Props & { onJump(seq: number): void }) {
  const t = useT();
  const { name, text } = useQuote(of);
  return (
    <button
      type="button"
      data-testid="quote"
      className="flex max-w-full items-center gap-1.5 rounded-sm text-start text-sm text-muted hover:text-ink pointer-coarse:relative pointer-coarse:after:absolute pointer-coarse:after:inset-x-0 pointer-coarse:after:-inset-y-3"
      aria-label={t("quote.label", { name: name ?? "", text })}
      onClick={() => onJump(of.seq)}
    >
      <CornerUpRight size={13} aria-hidden="true" className="flex-none" />
      {name !== null && <span className="flex-none font-medium">{name}</span>}
      <span className={`min-w-0 truncate ${name === null ? "italic" : ""}`}>{text}</span>
    </button>
  );
}
