import { CornerDownLeft } from "lucide-react";
import { PeopleFinder } from "parlor-client/sync/finder";
import { unreadOf } from "parlor-client/sync/rooms";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Avatar } from "../Avatar";
import { Dialog } from "../Dialog";
import { reasonOf, takeFocus, useStore, useT } from "../hooks";
import { nameOf, useChat, useMessage } from "./context";
import { RoomMark } from "./RoomMark";

/** So many rooms are shown at once; a letter more finds the others. */
const PLACES = 10;

interface Choice {
  id: string;
  label: string;
  mark: ReactNode;
  note: string;
  /** Closes this, once what it does is done. */
  run(): void | Promise<void>;
}

/** Rooms, people and commands by a few letters of their names. */
export default function Switcher({ onClose }: { onClose(): void }) {
  const t = useT();
  const { client, show } = useChat();
  const { rooms } = useStore(client.rooms);
  const people = useStore(client.people);
  const message = useMessage();
  const [finder] = useState(() => new PeopleFinder((text) => client.api.findPeople(text)));
  const found = useStore(finder);
  const [error, setError] = useState<string | null>(null);
  const [, go] = useLocation();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const ids = useId();

  const then = (act: () => void) => () => {
    onClose();
    act();
  };
  const command = (id: string, label: string, run: () => void): Choice => ({
    id,
    label,
    run: then(run),
    note: "",
    mark: <CornerDownLeft size={15} aria-hidden="true" className="w-5 flex-none text-muted" />,
  });
  const places: (Choice & { search: string })[] = [...rooms]
    .sort((a, b) => Number(unreadOf(b) > 0) - Number(unreadOf(a) > 0) || (b.lastAt ?? 0) - (a.lastAt ?? 0))
    .map((room) => ({
      id: room.id,
      label: room.name,
      note: unreadOf(room) > 0 ? `${unreadOf(room)}` : "",
      search: `${room.name} ${room.peerId === null ? "" : (people.get(room.peerId)?.name ?? "")}`,
      run: then(() => go(`/rooms/${room.id}`)),
      mark: <RoomMark visibility={room.visibility} peerId={room.peerId} />,
    }));
  const commands: Choice[] = [
    command("browse", t("switch.browse"), () => go("/browse")),
    command("people", t("switch.people"), () => go("/people")),
    command("new", t("rooms.new"), () => show("create")),
    command("profile", t("profile.title"), () => show("profile")),
    command("devices", t("devices.title"), () => show("devices")),
    command("password", t("password.title"), () => show("password")),
    command("connection", t("conn.details"), () => show("connection")),
    command("settings", t("settings.title"), () => show("settings")),
    command("keys", t("keys.title"), () => show("keys")),
  ];
  const words = query.trim().toLocaleLowerCase().replace(/^@/, "");
  // Those with whom there is a room already are among the rooms.
  const known = new Set(rooms.map(({ peerId }) => peerId));
  const others = (words === "" ? [] : found.people)
    .filter(({ id }) => id !== client.user.id && !known.has(id))
    .map((person) => ({
      id: person.id,
      label: nameOf(person) ?? "",
      note: `@${person.name}`,
      run: () => message(person.id).then(onClose),
      mark: <Avatar person={person} size="tiny" />,
    }));
  const has = (text: string) => text.toLocaleLowerCase().includes(words);
  const typed = query.trim();
  const messages = command("search", t("switch.search", { text: typed }), () =>
    go(`/search?${new URLSearchParams({ q: typed })}`),
  );
  const shown: Choice[] = [
    ...places.filter(({ search }) => has(search)).slice(0, PLACES),
    ...commands.filter(({ label }) => has(label)),
    ...(typed === "" ? [] : [messages]),
    // Last: they come later, and what is chosen stays chosen.
    ...others,
  ];
  const chosen = Math.min(at, shown.length - 1);

  // By keyboard one may go further than what is in view.
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  // Whoever chose the room that is on screen already writes there next: nothing else would take
  // the focus, where nothing had it before.
  useEffect(
    () => () => {
      if (document.activeElement === document.body)
        takeFocus(document.querySelector<HTMLElement>('[data-testid="composer"]'));
    },
    [],
  );

  async function pick(choice: Choice | undefined) {
    try {
      await choice?.run();
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((chosen + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      void pick(shown[chosen]);
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
          finder.look(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {error !== null && (
        <p role="alert" className="mt-2 px-3 text-coral text-sm">
          {error}
        </p>
      )}
      {shown.length === 0 && found.status !== "looking" && (
        <p className="mt-2 px-3 py-2 text-muted">{t("switch.none")}</p>
      )}
      <div
        ref={list}
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
            data-choice={choice.id}
            tabIndex={-1}
            aria-selected={index === chosen}
            className="item"
            onPointerMove={() => setAt(index)}
            onClick={() => void pick(choice)}
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
