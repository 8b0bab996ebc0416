// Names for the ids that events carry.
import type { User } from "../net/rest";
import { Store } from "../store";

export type Person = Pick<User, "id" | "name" | "display_name">;
export type People = ReadonlyMap<string, Person>;

export class PeopleStore extends Store<People> {
  readonly #fetch: (id: string) => Promise<Person>;
  readonly #asked = new Set<string>();

  constructor(fetch: (id: string) => Promise<Person>) {
    super(new Map());
    this.#fetch = fetch;
  }

  add(people: Iterable<Person>): void {
    const next = new Map(this.getSnapshot());
    let changed = false;
    for (const { id, name, display_name } of people) {
      const known = next.get(id);
      if (known?.name === name && known.display_name === display_name) continue;
      next.set(id, { id, name, display_name });
      changed = true;
    }
    if (changed) this.set(next);
  }

  /** Asks for those that are not known, each once until asking works. */
  need(ids: Iterable<string>): void {
    for (const id of ids) {
      if (this.getSnapshot().has(id) || this.#asked.has(id)) continue;
      this.#asked.add(id);
      this.#fetch(id).then(
        (person) => this.add([person]),
        () => setTimeout(() => this.#asked.delete(id), 10_000),
      );
    }
  }
}
