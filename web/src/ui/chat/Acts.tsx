import { Copy, Forward, Link2, MailPlus, Pencil, Pin, PinOff, Reply, Trash2 } from "lucide-react";
import { gistOf } from "parlor-client/sync/attachments";
import { wordsOf } from "parlor-client/sync/forwards";
import type { MessageRow } from "parlor-client/sync/rows";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { copyText } from "../copy";
import { useGist } from "../files/useGist";
import { useT } from "../hooks";
import { Menu, MenuItem } from "../Menu";
import { tell } from "../Told";
import { ConfirmDialog } from "./ConfirmDialog";
import { useChat } from "./context";
import { onToolbarKey, placeActs } from "./messageKeys";
import { ReactButton } from "./Reactions";

interface Props {
  row: MessageRow;
  mine: boolean;
  mayDelete: boolean;
  /** Nothing can be put on it, and nothing answers it. */
  frozen: boolean;
  roomId: string;
  setEditing(seq: number | null): void;
  /** Asks where to pass it on. */
  onForward(row: MessageRow): void;
}

const ICON = "icon-button pointer-fine:size-7";

/** What can be done with a message; shown on hover, on focus, and on touch. Its keys
    are those of the message: nobody shall tab through the acts of all messages. */
export function Acts({ row, mine, mayDelete, frozen, roomId, setEditing, onForward }: Props) {
  const t = useT();
  const { client } = useChat();
  const gist = useGist();
  const [asking, setAsking] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  // A message that was jumped to has the focus before it has these.
  useLayoutEffect(() => {
    const list = bar.current?.closest<HTMLElement>("[data-testid=timeline]");
    if (list) placeActs(list);
  }, []);
  const copy = async (text: string) => tell(t((await copyText(text)) ? "copy.done" : "copy.refused"));
  return (
    <>
      <div
        ref={bar}
        role="toolbar"
        aria-label={t("message.acts")}
        className="pointer-events-none absolute end-3 top-0 z-10 flex -translate-y-1/3 rounded-md border border-line bg-surface opacity-0 pointer-coarse:-translate-y-[calc(100%-5px)] group-focus-within:pointer-events-auto group-focus-within:opacity-100 group-hover:pointer-events-auto group-hover:opacity-100 has-[[aria-expanded=true]]:pointer-events-auto has-[[aria-expanded=true]]:opacity-100 max-md:end-1"
        onKeyDown={onToolbarKey}
      >
        {!frozen && <ReactButton row={row} roomId={roomId} shortcut="+" tabIndex={-1} className={ICON} />}
        {!frozen && (
          <Act
            id="reply-message"
            label={t("message.reply")}
            shortcut="R"
            onClick={() => client.answer(roomId, row.seq)}
          >
            <Reply size={14} aria-hidden="true" />
          </Act>
        )}
        {mine && (
          <Act id="edit-message" label={t("message.edit")} shortcut="E" onClick={() => setEditing(row.seq)}>
            <Pencil size={14} aria-hidden="true" />
          </Act>
        )}
        <Act id="forward-message" label={t("message.forward")} shortcut="F" onClick={() => onForward(row)}>
          <Forward size={14} aria-hidden="true" />
        </Act>
        <Menu label={t("message.more")} testId="more-acts" shortcut="M" tabIndex={-1} className={ICON}>
          {wordsOf(row) !== "" && (
            <MenuItem testId="copy-text" onSelect={() => void copy(wordsOf(row))}>
              <Copy size={14} aria-hidden="true" />
              {t("message.copy")}
            </MenuItem>
          )}
          <MenuItem
            testId="copy-link"
            onSelect={() => void copy(`${location.origin}/rooms/${roomId}/${row.seq}`)}
          >
            <Link2 size={14} aria-hidden="true" />
            {t("message.copyLink")}
          </MenuItem>
          {!frozen && (
            <MenuItem
              testId="pin-message"
              onSelect={() => client.write(roomId, { what: "pin", seq: row.seq, on: !row.pinned })}
            >
              {row.pinned ? <PinOff size={14} aria-hidden="true" /> : <Pin size={14} aria-hidden="true" />}
              {t(row.pinned ? "message.unpin" : "message.pin")}
            </MenuItem>
          )}
          {!mine && (
            <MenuItem testId="mark-unread" onSelect={() => client.markUnread(roomId, row.seq)}>
              <MailPlus size={14} aria-hidden="true" />
              {t("message.unread")}
            </MenuItem>
          )}
          {mayDelete && (
            <MenuItem testId="delete-message" danger onSelect={() => setAsking(true)}>
              <Trash2 size={14} aria-hidden="true" />
              {t("message.delete")}
            </MenuItem>
          )}
        </Menu>
      </div>
      {asking && (
        <ConfirmDialog
          title={t("message.delete.confirm")}
          text={wordsOf(row).slice(0, 200) || gist(gistOf(row.attachments))}
          action={t("message.delete")}
          onClose={() => setAsking(false)}
          onConfirm={async () => client.write(roomId, { what: "delete", seq: row.seq })}
        />
      )}
    </>
  );
}

interface ActProps {
  id: string;
  label: string;
  shortcut: string;
  onClick(): void;
  children: ReactNode;
}

function Act({ id, label, shortcut, onClick, children }: ActProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      data-testid={id}
      className={ICON}
      aria-label={label}
      title={`${label} (${shortcut})`}
      aria-keyshortcuts={shortcut}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
