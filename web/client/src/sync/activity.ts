// Whether somebody uses this page. Whether they are away everywhere the server
// knows, which hears of every page.

/** Without input for this long nobody is here. */
const IDLE_MS = 5 * 60_000;
/** A page that is hidden may be back in a moment. */
const HIDDEN_MS = 30_000;
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "focus"] as const;

export class Activity {
  readonly #say: (away: boolean) => void;
  #away = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: () => void = () => {};

  constructor(say: (away: boolean) => void) {
    this.#say = say;
  }

  get away(): boolean {
    return this.#away;
  }

  start(): void {
    const input = () => {
      if (document.visibilityState === "visible") this.#here();
    };
    const visibility = () => {
      if (document.visibilityState === "visible") this.#here();
      else this.#leaveIn(HIDDEN_MS);
    };
    const options = { capture: true, passive: true };
    for (const kind of INPUT) addEventListener(kind, input, options);
    document.addEventListener("visibilitychange", visibility);
    this.#stop = () => {
      for (const kind of INPUT) removeEventListener(kind, input, options);
      document.removeEventListener("visibilitychange", visibility);
      clearTimeout(this.#timer);
    };
    visibility();
  }

  stop(): void {
    this.#stop();
  }

  #here(): void {
    this.#leaveIn(IDLE_MS);
    this.#set(false);
  }

  #leaveIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#set(true), ms);
  }

  #set(away: boolean): void {
    if (this.#away === away) return;
    this.#away = away;
    this.#say(away);
  }
}
