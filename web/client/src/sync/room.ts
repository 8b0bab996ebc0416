// One room as a screen shows it: its log, and how the loading of it goes.
import type { Problem } from "../net/rest.js";
import { Store } from "../store.js";
import type { Entry, Log } from "./log.js";

export type LoadError = "offline" | "refused";

export interface RoomState {
  /** `missing`: not there for this user; `outside`: public, but not joined. */
  status: "loading" | "ready" | "error" | "missing" | "outside";
  error: LoadError | null;
  /** Where it is `missing`: somebody deleted it while it was on screen. */
  deleted: boolean;
  entries: readonly Entry[];
  /** Every event up to and with this one is shown. */
  seq: number;
  moreBefore: boolean;
  /** `offline`: no server answered; it is asked again when there is one. */
  older: "idle" | "loading" | "error" | "offline";
  /** There are newer messages that are not loaded: only in a part of the past. */
  moreAfter: boolean;
  newer: "idle" | "loading" | "error";
  /** What is loaded is a part of the room's own view by now: only in a part of the past. */
  joined: boolean;
  /** On screen, with its divider where it belongs. */
  entered: boolean;
  /** Where reading stood when the room was last entered; the divider stays there. */
  divider: number | null;
  /** Marked unread while on screen: nothing counts as read until it is entered again. */
  held: boolean;
  /** Until when what is shown is complete, by `Date.now()`, whenever it is not followed;
      null where that is not known. */
  completeAt: number | null;
}

const EMPTY: RoomState = {
  status: "loading",
  error: null,
  deleted: false,
  entries: [],
  seq: 0,
  moreBefore: false,
  older: "idle",
  moreAfter: false,
  newer: "idle",
  joined: false,
  entered: false,
  divider: null,
  held: false,
  completeAt: null,
};

export class RoomView extends Store<RoomState> {
  readonly id: string;
  constructor(id: string) {
    super(EMPTY);
    this.id = id;
  }

  /** Shows the log as it is now. */
  show(log: Log): void {
    if (!log.loaded) return;
    const { entries, seq, moreBefore } = log;
    this.note({ status: "ready", error: null, deleted: false, entries, seq, moreBefore });
  }

  note(change: Partial<RoomState>): void {
    this.update((state) => ({ ...state, ...change }));
  }

  failed(cause: unknown): void {
    const status = (cause as Problem).status;
    if (status === 404 || status === 403) this.note({ status: "missing" });
    else if (this.getSnapshot().status === "loading") {
      this.note({ status: "error", error: status === undefined ? "offline" : "refused" });
    }
  }
}
