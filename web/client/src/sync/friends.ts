// What stands between the user and other people: loaded once, and kept right by
// the user's own log.
import type { Block, Friend, Tie } from "../net/rest.js";
import { Store } from "../store.js";

export interface FriendsState {
  status: "loading" | "ready" | "error";
  /** What stands between the user and somebody, by the other one's id. */
  ties: ReadonlyMap<string, Tie>;
  blocked: ReadonlySet<string>;
}

type Lists = Pick<FriendsState, "ties" | "blocked">;

/** What both lists of the server say. */
export function listsOf(friends: readonly Friend[], blocks: readonly Block[]): Lists {
  return {
    ties: new Map(friends.map(({ user, tie }) => [user.id, tie])),
    blocked: new Set(blocks.map(({ user }) => user.id)),
  };
}

/** As it is kept on this device. */
export interface KeptFriends {
  ties: [string, Tie][];
  blocked: string[];
}

export class FriendStore extends Store<FriendsState> {
  readonly #fetch: () => Promise<Lists>;
  #loading: Promise<void> | null = null;
  #again = false;
  /** True once the lists have come from the server in this page's life. */
  isFresh = false;

  constructor(fetch: () => Promise<Lists>) {
    super({ status: "loading", ties: new Map(), blocked: new Set() });
    this.#fetch = fetch;
  }

  /** Fetches both lists; what is asked for meanwhile is fetched after. */
  load(): Promise<void> {
    if (this.#loading !== null) {
      this.#again = true;
      return this.#loading;
    }
    this.update((state) => (state.status === "error" ? { ...state, status: "loading" } : state));
    this.#loading = this.#loadAll().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #loadAll(): Promise<void> {
    try {
      let lists: Lists;
      do {
        this.#again = false;
        lists = await this.#fetch();
        // A list that was on its way when something changed may be older than that.
      } while (this.#again);
      this.isFresh = true;
      this.set({ status: "ready", ...lists });
    } catch {
      this.update((state) => (state.status === "ready" ? state : { ...state, status: "error" }));
    }
  }

  /** What the user's own log says; null for nothing any more. */
  tied(userId: string, tie: Tie | null): void {
    this.#told((state) => {
      const ties = new Map(state.ties);
      if (tie === null) ties.delete(userId);
      else ties.set(userId, tie);
      return { ...state, ties };
    });
  }

  blocks(userId: string, on: boolean): void {
    this.#told((state) => {
      const blocked = new Set(state.blocked);
      if (on) blocked.add(userId);
      else blocked.delete(userId);
      return { ...state, blocked };
    });
  }

  #told(change: (state: FriendsState) => FriendsState): void {
    if (this.#loading !== null) this.#again = true;
    this.update(change);
  }

  restore(kept: KeptFriends): void {
    if (this.getSnapshot().status === "ready") return;
    this.set({ status: "ready", ties: new Map(kept.ties), blocked: new Set(kept.blocked) });
  }

  toKeep(): KeptFriends {
    const { ties, blocked } = this.getSnapshot();
    return { ties: [...ties], blocked: [...blocked] };
  }
}

/** How many ask the user and have no answer. */
export function waitingIn({ ties }: FriendsState): number {
  return [...ties.values()].filter((tie) => tie === "asked").length;
}
