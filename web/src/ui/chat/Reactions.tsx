import { SmilePlus } from "lucide-react";
import type { Chip, MessageRow } from "parlor-client/sync/rows";
import { useCallback, useRef, useState } from "react";
import { useIntl } from "react-intl";
import { EmojiSheet } from "../emoji/EmojiSheet";
import { useT } from "../hooks";
import { Popover } from "../Popover";
import { useChat, useNames } from "./context";

/** The emoji below a message; one's own are tinted, and a click changes that. */
export function Reactions({ row, roomId, frozen }: { row: MessageRow; roomId: string; frozen: boolean }) {
  const t = useT();
  const { client } = useChat();
  if (row.reactions.length === 0) return null;
  return (
    <ul aria-label={t("reaction.label")} className="flex flex-wrap items-center gap-1 pt-1">
      {row.reactions.map((chip) => (
        <li key={chip.emoji}>
          <ChipButton
            chip={chip}
            frozen={frozen}
            onToggle={() =>
              client.write(roomId, { what: "react", seq: row.seq, emoji: chip.emoji, on: !chip.mine })
            }
          />
        </li>
      ))}
      {!frozen && (
        <li>
          <ReactButton
            row={row}
            roomId={roomId}
            className="chip border-transparent text-muted opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
          />
        </li>
      )}
    </ul>
  );
}

function ChipButton({ chip, frozen, onToggle }: { chip: Chip; frozen: boolean; onToggle(): void }) {
  const t = useT();
  const intl = useIntl();
  const names = useNames();
  const { client } = useChat();
  const known = chip.users.map((user) => (user === client.user.id ? t("reaction.you") : names(user)));
  const others = chip.count - known.length;
  const who = others > 0 ? [...known, t("reaction.others", { count: others })] : known;
  const words = t("reaction.who", { emoji: chip.emoji, names: intl.formatList(who) });
  return (
    <button
      type="button"
      data-testid="reaction"
      data-emoji={chip.emoji}
      className={`chip ${chip.mine ? "border-accent bg-tint" : ""} ${chip.waiting ? "border-dashed" : ""}`}
      aria-pressed={chip.mine}
      aria-label={words}
      title={words}
      disabled={frozen}
      onClick={onToggle}
    >
      <span aria-hidden="true">{chip.emoji}</span>
      <span
        className={`text-xs tabular-nums ${chip.mine ? "font-semibold text-accent" : "text-muted"}`}
        aria-hidden="true"
      >
        {chip.count}
      </span>
    </button>
  );
}

/** Opens the picker, and writes what was picked. */
export function ReactButton({
  row,
  roomId,
  shortcut,
  tabIndex,
  className,
}: {
  row: MessageRow;
  roomId: string;
  shortcut?: string;
  tabIndex?: -1;
  className: string;
}) {
  const t = useT();
  const { client } = useChat();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => setOpen(false), []);
  return (
    <>
      <button
        ref={button}
        type="button"
        data-testid="react"
        tabIndex={tabIndex}
        className={className}
        aria-label={t("message.react")}
        title={shortcut === undefined ? t("message.react") : `${t("message.react")} (${shortcut})`}
        aria-keyshortcuts={shortcut}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <SmilePlus size={14} aria-hidden="true" />
      </button>
      {open && (
        <Popover label={t("reaction.pick")} anchor={button} onClose={close}>
          <EmojiSheet
            onPick={(emoji) => {
              const mine = row.reactions.some((chip) => chip.emoji === emoji && chip.mine);
              client.write(roomId, { what: "react", seq: row.seq, emoji, on: !mine });
              button.current?.focus();
              close();
            }}
          />
        </Popover>
      )}
    </>
  );
}
