import { PeopleFinder } from "parlor-client/sync/finder";
import { type RoomEntry, unreadOf } from "parlor-client/sync/rooms";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Avatar } from "../Avatar";
import { reasonOf, useStore, useT } from "../hooks";
import { nameOf, useChat } from "./context";
import { RoomMark } from "./RoomMark";

/** So many rooms are shown at once; a letter more finds the others. */
const PLACES = 10;

export interface Choice {
  id: string;
  label: string;
  mark: ReactNode;
  note: string;
  /** What choosing it does. */
  run(): void | Promise<void>;
}

interface Places {
  /** One's rooms that fit, those with something unread first. */
  places: Choice[];
  /** People with whom there is no room yet. */
  others: Choice[];
  /** Others are still being looked for. */
  looking: boolean;
  /** The letters to go by; what is typed goes through here too. */
  look(text: string): void;
}

/** Rooms and people by a few letters of their names. */
export function usePlaces(
  query: string,
  toRoom: (room: RoomEntry) => void,
  toPerson: (id: string) => Promise<void>,
  /** Which rooms there are to choose from. */
  among: (room: RoomEntry) => boolean = () => true,
): Places {
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const people = useStore(client.people);
  const [finder] = useState(() => new PeopleFinder((text) => client.api.findPeople(text)));
  const found = useStore(finder);
  const words = lettersOf(query);
  const called = (room: RoomEntry) =>
    `${room.name} ${room.peerId === null ? "" : (people.get(room.peerId)?.name ?? "")}`;
  const places = [...rooms]
    .sort((a, b) => Number(unreadOf(b) > 0) - Number(unreadOf(a) > 0) || (b.lastAt ?? 0) - (a.lastAt ?? 0))
    .filter((room) => among(room) && fits(called(room), words))
    .slice(0, PLACES)
    .map((room) => ({
      id: room.id,
      label: room.name,
      note: unreadOf(room) > 0 ? `${unreadOf(room)}` : "",
      run: () => toRoom(room),
      mark: <RoomMark visibility={room.visibility} peerId={room.peerId} />,
    }));
  // Those with whom there is a room already are among the rooms.
  const known = new Set(rooms.map(({ peerId }) => peerId));
  const others = (words === "" ? [] : found.people)
    .filter(({ id }) => id !== client.user.id && !known.has(id))
    .map((person) => ({
      id: person.id,
      label: nameOf(person) ?? "",
      note: `@${person.name}`,
      run: () => toPerson(person.id),
      mark: <Avatar person={person} size="tiny" />,
    }));
  return { places, others, looking: found.status === "looking", look: (text) => finder.look(text) };
}

function lettersOf(query: string): string {
  return query.trim().toLocaleLowerCase().replace(/^@/, "");
}

/** Whether what is called so is meant by these letters. */
export function fits(name: string, query: string): boolean {
  return name.toLocaleLowerCase().includes(lettersOf(query));
}

interface Props {
  title: string;
  query: string;
  onQuery(query: string): void;
  choices: readonly Choice[];
  looking: boolean;
  /** Keys besides those that move and choose. */
  onKey?(event: KeyboardEvent): void;
}

/** A box to write in, and below it what fits: one of it is chosen by arrows and Enter. */
export function Choosing({ title, query, onQuery, choices, looking, onKey }: Props) {
  const t = useT();
  const [error, setError] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const ids = useId();
  const chosen = Math.min(at, choices.length - 1);

  // By keyboard one may go further than what is in view.
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

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
      setAt((chosen + step + choices.length) % Math.max(1, choices.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      void pick(choices[chosen]);
    } else onKey?.(event);
  }

  return (
    <>
      <input
        className="field"
        role="combobox"
        aria-label={title}
        placeholder={title}
        aria-expanded="true"
        aria-controls={`${ids}list`}
        aria-activedescendant={choices[chosen] === undefined ? undefined : `${ids}${chosen}`}
        data-autofocus
        value={query}
        onChange={(event) => {
          onQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {error !== null && (
        <p role="alert" className="mt-2 px-3 text-coral text-sm">
          {error}
        </p>
      )}
      {choices.length === 0 && !looking && <p className="mt-2 px-3 py-2 text-muted">{t("switch.none")}</p>}
      <div
        ref={list}
        id={`${ids}list`}
        role="listbox"
        aria-label={title}
        className="mt-2 min-h-40"
        hidden={choices.length === 0}
      >
        {choices.map((choice, index) => (
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
    </>
  );
}
