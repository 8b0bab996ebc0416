import { Users } from "lucide-react";
import { type Callable, EVERYBODY, fitting, nameBefore } from "parlor-client/sync/mentions";
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { language } from "../../i18n";
import { Avatar } from "../Avatar";
import { loadEmoji, loadedEmoji } from "../emoji/load";
import { closeName, type EmojiSet, emojiBefore, fittingEmoji } from "../emoji/names";
import { useStore, useT } from "../hooks";
import { useChat } from "./context";

const SHOWN = 8;

interface Options {
  id: string;
  text: string;
  area: RefObject<HTMLTextAreaElement | null>;
  onChange(text: string): void;
}

interface Choice {
  id: string;
  label: ReactNode;
  note: string;
  /** What takes the place of what was begun. */
  put: string;
}

export interface Completion {
  /** Of whom or what the list is. */
  kind: "mention" | "emoji";
  choices: readonly Choice[];
  chosen: number;
  listId: string | undefined;
  activeId: string | undefined;
  optionId(index: number): string;
  /** True where the key was meant for the list. */
  onKeyDown(event: KeyboardEvent): boolean;
  /** What was typed, with an emoji in place of a name that was just closed. */
  onChange(text: string): void;
  onSelect(): void;
  close(): void;
  pick(choice: Choice): void;
}

/** The list that opens while a name is written after an `@` or a `:`. */
export function useCompletion({ id, text, area, onChange }: Options): Completion {
  const t = useT();
  const base = useId();
  const { client } = useChat();
  const people = useStore(client.people);
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const calling = caret === null ? null : nameBefore(text, caret);
  const naming = caret === null || calling !== null ? null : emojiBefore(text, caret);
  const members = useMembers(id, calling !== null);
  const emoji = useEmoji(naming !== null);
  const { locale } = useStore(language);
  const everybody = { id: EVERYBODY, name: EVERYBODY, display_name: t("mention.room") };

  const writing = calling ?? naming;
  let choices: Choice[] = [];
  if (calling !== null) {
    choices = fitting(members, calling.begun, everybody)
      .slice(0, SHOWN)
      .map(({ id, name, display_name }) => ({
        id,
        label: (
          <>
            {id === EVERYBODY ? (
              <Users size={20} aria-hidden="true" className="text-muted" />
            ) : (
              <Avatar person={people.get(id)} size="tiny" />
            )}
            <span className="truncate font-medium">@{name}</span>
          </>
        ),
        note: display_name,
        put: `@${name} `,
      }));
  } else if (naming !== null && emoji !== null) {
    choices = fittingEmoji(emoji, naming.begun, SHOWN).map(({ emoji, names, label }) => ({
      id: emoji,
      label: (
        <>
          <span className="text-xl">{emoji}</span>
          <span className="truncate">{names[0] === undefined ? label : `:${names[0]}:`}</span>
        </>
      ),
      note: names[0] === undefined ? "" : label,
      put: `${emoji} `,
    }));
  }
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

  function pick({ put }: Choice) {
    if (writing === null || caret === null) return;
    const before = text.slice(0, writing.at) + put;
    caretAfter.current = before.length;
    onChange(before + text.slice(caret).replace(/^ /, ""));
    setCaret(null);
  }
  function follow() {
    const element = area.current;
    const { selectionStart: start, selectionEnd: end } = element ?? { selectionStart: 0, selectionEnd: -1 };
    setCaret(start === end ? start : null);
  }
  const open = choices.length > 0;
  const optionId = (index: number) => `${base}-${index}`;
  return {
    kind: calling === null ? "emoji" : "mention",
    choices,
    chosen,
    listId: open ? base : undefined,
    activeId: open ? optionId(chosen) : undefined,
    optionId,
    onKeyDown(event) {
      if (!open) return false;
      const choice = choices[chosen];
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const step = event.key === "ArrowDown" ? 1 : -1;
        setAt((chosen + step + choices.length) % choices.length);
      } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && choice !== undefined) {
        pick(choice);
      } else if (event.key === "Escape") setCaret(null);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    onChange(next) {
      const set = loadedEmoji.get(locale);
      const now = area.current?.selectionEnd ?? next.length;
      // Only what was typed: a text that is put in whole stays as it is.
      const closed = set !== undefined && next.length === text.length + 1 ? closeName(set, next, now) : null;
      if (closed !== null) caretAfter.current = closed.caret;
      onChange(closed?.text ?? next);
      // No key is let go of where an input method puts in a word.
      follow();
    },
    onSelect: follow,
    close: () => setCaret(null),
    pick,
  };
}

/** All emoji in the reader's language, loaded when they are first needed. */
function useEmoji(wanted: boolean): EmojiSet | null {
  const { locale } = useStore(language);
  const [set, setSet] = useState<EmojiSet | null>(loadedEmoji.get(locale) ?? null);
  useEffect(() => {
    if (!wanted) return;
    let stale = false;
    loadEmoji(locale).then(
      (loaded) => {
        if (!stale) setSet(loaded);
      },
      // Offline, a name stays a name.
      () => {},
    );
    return () => {
      stale = true;
    };
  }, [wanted, locale]);
  return set;
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

export function CompletionList({ of }: { of: Completion }) {
  const t = useT();
  const { kind, choices, chosen, listId, optionId, pick } = of;
  if (listId === undefined) return null;
  return (
    <div
      id={listId}
      role="listbox"
      aria-label={t(`${kind}.list`)}
      data-testid={`${kind}-list`}
      className="absolute start-0 bottom-full z-20 mb-2 w-80 max-w-full rounded-lg border border-line bg-surface p-1"
    >
      {choices.map((choice, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the text area keeps the focus
        <div
          key={choice.id}
          id={optionId(index)}
          role="option"
          aria-selected={index === chosen}
          className="item cursor-pointer"
          // Before the text area loses the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            pick(choice);
          }}
        >
          <span className="flex max-w-3/4 min-w-0 flex-none items-center gap-2">{choice.label}</span>
          <span className="label min-w-0 flex-1 truncate">{choice.note}</span>
        </div>
      ))}
    </div>
  );
}
