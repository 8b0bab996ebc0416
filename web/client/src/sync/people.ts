// Names, and what goes with them, for the ids that events carry.
import type { Standing, User } from "../net/rest.js";
import { Store } from "../store.js";

export type Person = Pick<
  User,
  "id" | "name" | "display_name" | "status_text" | "status_emoji" | "avatar"
> & {
  /** Left out where the account is in use. */
  standing?: Standing;
};
/** What somebody is called. */
export function nameOf(person: Pick<Person, "name" | "display_name">): string {
  return person.display_name || person.name;
}
export type People = ReadonlyMap<string, Person>;

/** What was learnt longer ago is asked for again when the person is next heard of. */
const LEARN_AGAIN_MS = 5 * 60_000;
const ASK_AGAIN_MS = 10_000;

export class PeopleStore extends Store<People> {
  readonly #fetch: (id: string) => Promise<Person>;
  readonly #asked = new Set<string>();
  readonly #learntAt = new Map<string, number>();

  constructor(fetch: (id: string) => Promise<Person>) {
    super(new Map());
    this.#fetch = fetch;
  }

  add(people: Iterable<Person>): void {
    const next = new Map(this.getSnapshot());
    let changed = false;
    // What an older version kept on this device knows of no status and no picture.
    for (const {
      id,
      name,
      display_name,
      status_text = "",
      status_emoji = "",
      avatar = null,
      standing,
    } of people) {
      this.#learntAt.set(id, performance.now());
      const gone = standing !== undefined && standing !== "active";
      const person = { id, name, display_name, status_text, status_emoji, avatar, ...(gone && { standing }) };
      const known = next.get(id);
      if (known !== undefined && isSame(known, person)) continue;
      next.set(id, person);
      changed = true;
    }
    if (changed) this.set(next);
  }

  /** Asks for those that are not known, or not lately; each once until asking works. */
  need(ids: Iterable<string>): void {
    for (const id of ids) {
      const learntAt = this.#learntAt.get(id);
      if (learntAt === undefined || performance.now() - learntAt > LEARN_AGAIN_MS) this.ask(id);
    }
  }

  /** Asks for somebody who may have changed. */
  ask(id: string): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#fetch(id).then(
      (person) => {
        this.#asked.delete(id);
        this.add([person]);
      },
      () => setTimeout(() => this.#asked.delete(id), ASK_AGAIN_MS),
    );
  }
}

function isSame(a: Person, b: Person): boolean {
  return (
    a.name === b.name &&
    a.display_name === b.display_name &&
    a.status_text === b.status_text &&
    a.status_emoji === b.status_emoji &&
    a.avatar === b.avatar &&
    a.standing === b.standing
  );
}
