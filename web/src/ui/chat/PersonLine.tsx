import type { Person } from "parlor-client/sync/people";
import type { ReactNode } from "react";
import { useT } from "../hooks";
import { Menu } from "../Menu";
import { nameOf } from "./context";
import { Mood } from "./Mood";
import { Portrait } from "./Portrait";
import { usePresenceWords } from "./Presence";
import { type Attempt, usePersonActs } from "./usePersonActs";

interface Props {
  person: Person;
  attempt: Attempt;
  /** What is most likely wanted of them, without a menu. */
  children?: ReactNode;
}

/** Somebody in a list, and what can be done about them. */
export function PersonLine({ person, attempt, children }: Props) {
  const t = useT();
  const { items, block, dialog } = usePersonActs(person, attempt);
  const presence = usePresenceWords(person.id);
  return (
    <li
      data-testid="person"
      data-person={person.name}
      className="flex flex-wrap items-center gap-x-3 gap-y-2 py-2"
    >
      <Portrait person={person} />
      <span className="min-w-32 flex-1">
        <span className="block truncate font-medium">
          {nameOf(person)} <Mood person={person} />
        </span>
        <span className="label block">
          @{person.name}
          {presence !== null && ` · ${presence}`}
          {person.status_text !== "" && ` · ${person.status_text}`}
        </span>
      </span>
      <span className="ms-auto flex flex-none items-center gap-2">
        {children}
        <Menu label={t("members.menu", { name: nameOf(person) ?? "" })}>
          {items}
          {block}
        </Menu>
      </span>
      {dialog}
    </li>
  );
}
