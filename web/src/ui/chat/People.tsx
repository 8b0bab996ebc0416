import type { Tie } from "parlor-client/net/rest";
import { PeopleFinder } from "parlor-client/sync/finder";
import { nameOf, type Person } from "parlor-client/sync/people";
import { type ReactNode, useEffect, useId, useState } from "react";
import { reasonOf, takeFocus, useStore, useT } from "../hooks";
import { Trouble } from "../Trouble";
import { useTitle } from "../title";
import { useChat } from "./context";
import { Notice, Page } from "./Page";
import { PersonLine } from "./PersonLine";
import type { Attempt } from "./usePersonActs";

/** Who one's friends are, who asks, and whom one blocks. */
export default function People() {
  const t = useT();
  const { client } = useChat();
  const { status, ties, blocked } = useStore(client.friends);
  const { lane } = useStore(client.connection);
  const people = useStore(client.people);
  const [error, setError] = useState<string | null>(null);
  useTitle(t("people.title"));

  // Somebody may be tied or blocked who was met on another device only.
  useEffect(() => {
    const met = client.people.getSnapshot();
    client.people.need([...ties.keys(), ...blocked].filter((id) => !met.has(id)));
  }, [client, ties, blocked]);

  const attempt: Attempt = async (act) => {
    try {
      await act();
      setError(null);
    } catch (cause) {
      setError(t("action.error", { detail: reasonOf(cause, t) }));
    }
  };
  const known = (ids: Iterable<string>) =>
    [...ids]
      .flatMap((id) => people.get(id) ?? [])
      .sort((a, b) => nameOf(a).localeCompare(nameOf(b)) || a.id.localeCompare(b.id));
  const tied = (tie: Tie) => known([...ties].flatMap(([id, of]) => (of === tie ? [id] : [])));
  const line = (person: Person, children?: ReactNode) => (
    <PersonLine key={person.id} person={person} attempt={attempt}>
      {children}
    </PersonLine>
  );

  return (
    <Page title={t("people.title")}>
      <div className="mx-auto max-w-3xl p-6 max-md:p-4">
        <Finder line={line} />
        {error !== null && (
          <p role="alert" className="mt-4 text-coral text-sm">
            {error}
          </p>
        )}
        {status === "loading" && (
          <div className="grid gap-6 py-8" aria-hidden="true">
            {["55%", "70%", "40%"].map((width) => (
              <div key={width} className="skeleton h-4" style={{ width }} />
            ))}
          </div>
        )}
        {status === "error" && (
          <Notice title={t("people.error")} text={lane === null ? t("conn.offline.hint") : undefined}>
            <button type="button" className="button" onClick={() => void client.friends.load()}>
              {t("retry")}
            </button>
          </Notice>
        )}
        {status === "ready" && (
          <>
            <Group title={t("people.asked")} testId="people-asked" people={tied("asked")}>
              {(person) => line(person, <Answers person={person} attempt={attempt} />)}
            </Group>
            <Group
              title={t("people.friends")}
              testId="people-friends"
              people={tied("friends")}
              empty={t("people.empty")}
            >
              {(person) => line(person)}
            </Group>
            <Group title={t("people.requested")} testId="people-requested" people={tied("requested")}>
              {(person) =>
                line(
                  person,
                  <Act
                    words={t("people.withdraw")}
                    label={t("people.withdraw.named", { name: nameOf(person) })}
                    onClick={() => void attempt(() => client.unfriend(person.id))}
                  />,
                )
              }
            </Group>
            <Group title={t("people.blocked")} testId="people-blocked" people={known(blocked)}>
              {(person) =>
                line(
                  person,
                  <Act
                    words={t("people.unblock")}
                    label={t("people.unblock.named", { name: nameOf(person) })}
                    onClick={() => void attempt(() => client.unblock(person.id))}
                  />,
                )
              }
            </Group>
          </>
        )}
      </div>
    </Page>
  );
}

function Group({
  title,
  testId,
  people,
  empty,
  children,
}: {
  title: string;
  testId: string;
  people: readonly Person[];
  /** What is said where there is nobody; without it there is no group then. */
  empty?: string;
  children(person: Person): ReactNode;
}) {
  if (people.length === 0 && empty === undefined) return null;
  return (
    <section aria-label={title} data-testid={testId} className="mt-6">
      <h2 className="flex gap-2 font-semibold">
        {title}
        {people.length > 0 && <span className="font-normal text-muted tabular-nums">{people.length}</span>}
      </h2>
      {people.length === 0 ? (
        <p className="py-2 text-muted">{empty}</p>
      ) : (
        <ul className="divide-y divide-line">{people.map(children)}</ul>
      )}
    </section>
  );
}

function Act({ words, label, onClick }: { words: string; label: string; onClick(): void }) {
  return (
    <button type="button" className="link text-sm" aria-label={label} onClick={onClick}>
      {words}
    </button>
  );
}

function Answers({ person, attempt }: { person: Person; attempt: Attempt }) {
  const t = useT();
  const { client } = useChat();
  const name = nameOf(person);
  return (
    <>
      <button
        type="button"
        data-testid="accept-request"
        className="button"
        aria-label={t("people.accept.named", { name })}
        onClick={() => void attempt(() => client.befriend(person.id))}
      >
        {t("people.accept")}
      </button>
      <Act
        words={t("people.decline")}
        label={t("people.decline.named", { name })}
        onClick={() => void attempt(() => client.unfriend(person.id))}
      />
    </>
  );
}

/** Everybody there is, by a few letters of their names. */
function Finder({ line }: { line(person: Person): ReactNode }) {
  const t = useT();
  const { client } = useChat();
  const ids = useId();
  const [finder] = useState(() => new PeopleFinder((text) => client.api.findPeople(text)));
  const { status, people } = useStore(finder);
  const [text, setText] = useState("");
  const shown = people.filter(({ id }) => id !== client.user.id);

  function type(next: string) {
    setText(next);
    finder.look(next);
  }

  return (
    <div>
      <label htmlFor={ids} className="label mb-1 block">
        {t("people.find")}
      </label>
      <input
        id={ids}
        ref={takeFocus}
        type="search"
        data-testid="find-people"
        className="field"
        placeholder={t("find.hint")}
        value={text}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || text === "" || event.nativeEvent.isComposing) return;
          event.preventDefault();
          type("");
        }}
        maxLength={64}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
      />
      {status === "ready" && shown.length === 0 && (
        <p role="status" className="label mt-2">
          {t("find.none")}
        </p>
      )}
      {status === "error" && (
        <Trouble className="mt-2 text-sm" text={t("find.error")} onRetry={() => finder.again()} />
      )}
      {shown.length > 0 && (
        <ul data-testid="found-people" aria-label={t("people.found")} className="mt-2 divide-y divide-line">
          {shown.map((person) => line(person))}
        </ul>
      )}
    </div>
  );
}
