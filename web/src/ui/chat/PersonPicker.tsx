import { PeopleFinder } from "parlor-client/sync/finder";
import type { Person } from "parlor-client/sync/people";
import { type KeyboardEvent, useId, useState } from "react";
import { Avatar } from "../Avatar";
import { useStore, useT } from "../hooks";
import { Trouble } from "../Trouble";
import { nameOf, useChat } from "./context";
import { Mood } from "./Mood";

interface Props {
  label: string;
  /** Those who are not offered. */
  without: ReadonlySet<string>;
  /** Resolves with true where it is done, and the next can be looked for. */
  onPick(person: Person): Promise<boolean>;
}

/** Finds one person by a few letters of their names. */
export function PersonPicker({ label, without, onPick }: Props) {
  const t = useT();
  const { client } = useChat();
  const ids = useId();
  const [finder] = useState(() => new PeopleFinder((text) => client.api.findPeople(text)));
  const { status, people } = useStore(finder);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const shown = people.filter(({ id }) => !without.has(id));
  const chosen = Math.min(at, shown.length - 1);

  function type(next: string) {
    setText(next);
    setAt(0);
    finder.look(next);
  }

  async function pick(person: Person | undefined) {
    if (person !== undefined && (await onPick(person))) type("");
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && shown.length > 0) {
      event.preventDefault();
      setAt((chosen + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (status === "ready") void pick(shown[chosen]);
    } else if (event.key === "Escape" && text !== "") {
      event.preventDefault();
      event.stopPropagation();
      type("");
    }
  }

  return (
    <div className="grid gap-2">
      <label htmlFor={`${ids}input`} className="label">
        {label}
      </label>
      <div
        id={`${ids}list`}
        role="listbox"
        aria-label={label}
        className="max-h-60 overflow-y-auto"
        hidden={shown.length === 0}
      >
        {shown.map((person, index) => (
          <button
            key={person.id}
            id={`${ids}${index}`}
            type="button"
            role="option"
            data-testid="found-person"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="item"
            onPointerMove={() => setAt(index)}
            onClick={() => void pick(person)}
          >
            <Avatar person={person} size="tiny" />
            <span className="min-w-0 flex-1 truncate">
              {nameOf(person)} <Mood person={person} />
            </span>
            <span className="label min-w-0 truncate">@{person.name}</span>
          </button>
        ))}
      </div>
      {status === "ready" && shown.length === 0 && (
        <p role="status" className="label">
          {t(people.length > 0 ? "find.allHere" : "find.none")}
        </p>
      )}
      {status === "error" && (
        <Trouble className="text-sm" text={t("find.error")} onRetry={() => finder.again()} />
      )}
      <input
        id={`${ids}input`}
        data-testid="find-person"
        className="field min-w-0"
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={`${ids}list`}
        aria-activedescendant={shown[chosen] === undefined ? undefined : `${ids}${chosen}`}
        placeholder={t("find.hint")}
        value={text}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
        maxLength={64}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
      />
    </div>
  );
}
