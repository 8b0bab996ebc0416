import { ChevronDown } from "lucide-react";
import { gistOf } from "parlor-client/sync/attachments";
import type { RoomEntry } from "parlor-client/sync/rooms";
import type { MessageRow } from "parlor-client/sync/rows";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../Dialog";
import { useGist } from "../files/useGist";
import { useStore, useT } from "../hooks";
import { Choosing, usePlaces } from "./Choosing";
import { useChat, useDirect, useNames } from "./context";
import { Growing } from "./Growing";
import { plainly } from "./Quote";
import { RoomMark } from "./RoomMark";

/** What is shown of the message, in UTF-16 units. */
const SHOWN_LENGTH = 300;

interface Props {
  row: MessageRow;
  roomId: string;
  onClose(): void;
}

/** Passes a message on: first where to, then a word to it. It goes the way of every
    message, and what becomes of it is seen in the room it goes to. */
export default function Forwarding({ row, roomId, onClose }: Props) {
  const t = useT();
  const names = useNames();
  const gist = useGist();
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const direct = useDirect();
  const [, go] = useLocation();
  const [query, setQuery] = useState("");
  const [target, setTarget] = useState<string | null>(null);
  const [text, setText] = useState("");

  const { places, others, looking, look } = usePlaces(
    query,
    ({ id }) => setTarget(id),
    async (id) => setTarget(await direct(id)),
    ({ archived }) => !archived,
  );
  const room = rooms.find(({ id }) => id === target);
  // Whose words they are, where the message passes them on itself.
  const said = row.forwarded ?? { authorId: row.authorId, at: row.at, text: row.text };

  function send() {
    if (target === null) return;
    client.write(target, { what: "forward", source: roomId, seq: row.seq, text: text.trim(), said });
    onClose();
    go(`/rooms/${target}`);
  }

  return (
    <Dialog title={t("message.forward")} onClose={onClose} high>
      <blockquote className="mb-4 border-s-2 border-line ps-3 text-muted">
        <p className="label">{names(said.authorId)}</p>
        <p className="line-clamp-3 text-sm wrap-anywhere">
          {plainly(said.text.slice(0, SHOWN_LENGTH)) || gist(gistOf(row.attachments))}
        </p>
      </blockquote>
      {target === null ? (
        <Choosing
          title={t("forward.to")}
          query={query}
          onQuery={(next) => {
            setQuery(next);
            look(next);
          }}
          // Where it stands already comes last.
          choices={[...places, ...others].sort((a, b) => Number(a.id === roomId) - Number(b.id === roomId))}
          looking={looking}
        />
      ) : (
        <Comment room={room} text={text} setText={setText} onBack={() => setTarget(null)} onSend={send} />
      )}
    </Dialog>
  );
}

interface CommentProps {
  /** Not in the list yet, right after it was made. */
  room: RoomEntry | undefined;
  text: string;
  setText(text: string): void;
  onBack(): void;
  onSend(): void;
}

function Comment({ room, text, setText, onBack, onSend }: CommentProps) {
  const t = useT();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    onSend();
  }
  return (
    <>
      <p className="mb-3 flex items-center gap-2">
        <span className="flex-none text-muted">{t("forward.to")}</span>
        <button type="button" className="button min-w-0" data-testid="forward-target" onClick={onBack}>
          {room !== undefined && <RoomMark visibility={room.visibility} peerId={room.peerId} />}
          <span className="truncate">{room?.name ?? "…"}</span>
          <ChevronDown size={14} aria-hidden="true" className="flex-none text-muted" />
        </button>
      </p>
      <Growing
        ref={area}
        className="field"
        aria-label={t("forward.comment")}
        placeholder={t("forward.comment")}
        data-testid="forward-comment"
        value={text}
        onChange={setText}
        onKeyDown={onKeyDown}
      />
      <div className="mt-6 flex justify-end">
        <button type="button" className="button primary" data-testid="forward-send" onClick={onSend}>
          {t("message.forward")}
        </button>
      </div>
    </>
  );
}
