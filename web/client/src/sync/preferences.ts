// What the user wants of their rooms: shown at once, and as the server has it
// as soon as nothing is on its way.
import type { Preferences } from "../net/rest.js";
import type { RoomList } from "./rooms.js";

interface Wish {
  /** Requests that have no answer. */
  waiting: number;
  /** The newest that the server said. */
  held: Preferences;
  /** Its log said something meanwhile, which may be newer than the answer. */
  doubted: boolean;
  /** One request after the other: the server keeps what it hears last. */
  last: Promise<unknown>;
}

export class PreferenceWishes {
  readonly #rooms: RoomList;
  readonly #ask: (roomId: string, change: Partial<Preferences>) => Promise<Preferences>;
  readonly #refresh: () => void;
  readonly #wishes = new Map<string, Wish>();

  constructor(
    rooms: RoomList,
    ask: (roomId: string, change: Partial<Preferences>) => Promise<Preferences>,
    refresh: () => void,
  ) {
    this.#rooms = rooms;
    this.#ask = ask;
    this.#refresh = refresh;
  }

  /** What the room shows is not yet what the server has. */
  isWaiting(roomId: string): boolean {
    return this.#wishes.has(roomId);
  }

  /** Rejects where the server does not agree; the room is as it was then. */
  async wish(roomId: string, change: Partial<Preferences>): Promise<void> {
    const room = this.#rooms.get(roomId);
    if (room === undefined) return;
    const { notify, favourite } = room;
    const wish = this.#wishes.get(roomId) ?? {
      waiting: 0,
      held: { notify, favourite },
      doubted: false,
      last: Promise.resolve(),
    };
    this.#wishes.set(roomId, wish);
    wish.waiting += 1;
    this.#rooms.change(roomId, change);
    const answer = wish.last.then(() => this.#ask(roomId, change));
    wish.last = answer.catch(() => {});
    try {
      wish.held = await answer;
    } finally {
      wish.waiting -= 1;
      if (wish.waiting === 0) {
        this.#wishes.delete(roomId);
        this.#rooms.change(roomId, wish.held);
        if (wish.doubted) this.#refresh();
      }
    }
  }

  /** The server said what holds now. */
  told(roomId: string, held: Preferences): void {
    const wish = this.#wishes.get(roomId);
    if (wish === undefined) this.#rooms.change(roomId, held);
    else {
      wish.held = held;
      wish.doubted = true;
    }
  }
}
