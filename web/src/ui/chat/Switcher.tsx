import { CornerDownLeft, Hash, Lock } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import { useLocation } from "wouter";
import { Dialog } from "../Dialog";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

interface Choice {
  id: string;
  label: string;
  mark: ReactNode;
  note: string;
  run(): void;
}

/** Rooms and commands by a few letters of their names. */
export function Switcher({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client, show } = useChat();
  const { rooms } = useStore(client.rooms);
  const [, go] = useLocation();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const ids = useId();

  const command = (id: string, label: string, run: () => void): Choice => ({
    id,
    label,
    run,
    note: "",
    mark: <CornerDownLeft size={15} aria-hidden="true" className="flex-none text-muted" />,
  });
  const choices: Choice[] = [
    ...[...rooms]
      .sort((a, b) => Number(b.unread > 0) - Number(a.unread > 0) || (b.lastAt ?? 0) - (a.lastAt ?? 0))
      .map((room) => ({
        id: room.id,
        label: room.name,
        note: room.unread > 0 ? `${room.unread}` : "",
        run: () => go(`/rooms/${room.id}`),
        mark:
          room.visibility === "private" ? (
            <Lock size={15} aria-hidden="true" className="flex-none text-muted" />
          ) : (
            <Hash size={15} aria-hidden="true" className="flex-none text-muted" />
          ),
      })),
    command("browse", t("switch.browse"), () => go("/browse")),
    command("new", t("switch.new"), () => show("create")),
    command("settings", t("switch.settings"), () => show("settings")),
    command("keys", t("switch.shortcuts"), () => show("keys")),
  ];
  const words = query.trim().toLocaleLowerCase();
  const shown = choices.filter(({ label }) => label.toLocaleLowerCase().includes(words)).slice(0, 12);
  const chosen = Math.min(at, shown.length - 1);

  function pick(choice: Choice | undefined) {
    if (choice === undefined) return;
    onClose();
    choice.run();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((chosen + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      pick(shown[chosen]);
    } else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onClose();
    }
  }

  return (
    <Dialog title={t("switch.title")} onClose={onClose} high>
      <input
        className="field"
        role="combobox"
        aria-label={t("switch.title")}
        aria-expanded="true"
        aria-controls={`${ids}list`}
        aria-activedescendant={shown[chosen] === undefined ? undefined : `${ids}${chosen}`}
        data-autofocus
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {shown.length === 0 && <p className="mt-2 px-3 py-2 text-muted">{t("switch.none")}</p>}
      <div
        id={`${ids}list`}
        role="listbox"
        aria-label={t("switch.title")}
        className="mt-2 min-h-40"
        hidden={shown.length === 0}
      >
        {shown.map((choice, index) => (
          <button
            key={choice.id}
            id={`${ids}${index}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="item"
            onPointerMove={() => setAt(index)}
            onClick={() => pick(choice)}
          >
            {choice.mark}
            <span className="min-w-0 flex-1 truncate">{choice.label}</span>
            {choice.note !== "" && <span className="text-xs font-semibold tabular-nums">{choice.note}</span>}
          </button>
        ))}
      </div>
    </Dialog>
  );
}
