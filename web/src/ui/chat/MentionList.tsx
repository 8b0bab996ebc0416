import { type Callable, EVERYBODY, fitting, nameBefore } from "parlor-client/sync/mentions";
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

const SHOWN = 8;

interface Options {
  id: string;
  text: string;
  area: RefObject<HTMLTextAreaElement | null>;
  onChange(text: string): void;
}

export interface MentionState {
  choices: readonly Callable[];
  chosen: number;
  listId: string | undefined;
  activeId: string | undefined;
  optionId(index: number): string;
  /** True where the key was meant for the list. */
  onKeyDown(event: KeyboardEvent): boolean;
  onSelect(): void;
  close(): void;
  pick(person: Callable): void;
}

/** The list that opens while a name is written after an `@`. */
export function useMentions({ id, text, area, onChange }: Options): MentionState {
  const t = useT();
  const base = useId();
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const writing = caret === null ? null : nameBefore(text, caret);
  const members = useMembers(id, writing !== null);
  const everybody = { id: EVERYBODY, name: EVERYBODY, display_name: t("mention.room") };
  const choices = writing === null ? [] : fitting(members, writing.begun, everybody).slice(0, SHOWN);
  const chosen = Math.min(at, Math.max(0, choices.length - 1));
  const begun = writing?.begun;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another beginning, another first
  useEffect(() => setAt(0), [begun]);

  // The caret goes behind what was put in, once it is there.
  const caretAfter = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (caretAfter.current === null) return;
    area.current?.setSelectionRange(caretAfter.current, caretAfter.current);
    caretAfter.current = null;
  });

  function pick({ name }: Callable) {
    if (writing === null || caret === null) return;
    const before = `${text.slice(0, writing.at)}@${name} `;
    caretAfter.current = before.length;
    onChange(before + text.slice(caret).replace(/^ /, ""));
    setCaret(null);
  }
  const open = choices.length > 0;
  const optionId = (index: number) => `${base}-${index}`;
  return {
    choices,
    chosen,
    listId: open ? base : undefined,
    activeId: open ? optionId(chosen) : undefined,
    optionId,
    onKeyDown(event) {
      if (!open) return false;
      const person = choices[chosen];
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const step = event.key === "ArrowDown" ? 1 : -1;
        setAt((chosen + step + choices.length) % choices.length);
      } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && person !== undefined) {
        pick(person);
      } else if (event.key === "Escape") setCaret(null);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    onSelect() {
      const element = area.current;
      const { selectionStart: start, selectionEnd: end } = element ?? { selectionStart: 0, selectionEnd: -1 };
      setCaret(start === end ? start : null);
    },
    close: () => setCaret(null),
    pick,
  };
}

/** Who else is in the room, asked for when it is first needed. */
function useMembers(id: string, wanted: boolean): readonly Callable[] {
  const { client } = useChat();
  const { rooms } = useStore(client.rooms);
  const count = rooms.find((room) => room.id === id)?.members;
  const [members, setMembers] = useState<readonly Callable[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: somebody came or went
  useEffect(() => {
    if (!wanted) return;
    let stale = false;
    client.api.members(id).then(
      (fresh) => {
        client.people.add(fresh.map(({ user }) => user));
        const others = fresh.filter(({ user }) => user.id !== client.user.id);
        if (!stale) setMembers(others.map(({ user }) => user));
      },
      // Offline: those who are known from before stay in the list.
      () => {},
    );
    return () => {
      stale = true;
    };
  }, [client, id, wanted, count]);
  return members;
}

export function MentionList({ mentions }: { mentions: MentionState }) {
  const t = useT();
  const { choices, chosen, listId, optionId, pick } = mentions;
  if (listId === undefined) return null;
  return (
    <div
      id={listId}
      role="listbox"
      aria-label={t("mention.list")}
      data-testid="mention-list"
      className="absolute start-0 bottom-full z-20 mb-2 w-80 max-w-full rounded-lg border border-line bg-surface p-1"
    >
      {choices.map((person, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the text area keeps the focus
        <div
          key={person.id}
          id={optionId(index)}
          role="option"
          aria-selected={index === chosen}
          className="item cursor-pointer"
          // Before the text area loses the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            pick(person);
          }}
        >
          <span className="font-medium">@{person.name}</span>
          <span className="label min-w-0 flex-1 truncate">{person.display_name}</span>
        </div>
      ))}
    </div>
  );
}
