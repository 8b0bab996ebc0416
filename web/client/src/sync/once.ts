// Work that is not done twice at a time.

/** For each key one piece of work; whoever asks meanwhile waits for the same one. */
export class Joined {
  readonly #running = new Map<string, Promise<void>>();
  readonly #work: (key: string) => Promise<void>;

  constructor(work: (key: string) => Promise<void>) {
    this.#work = work;
  }

  /** When what runs for a key is done; at once where nothing does. */
  async settled(key: string): Promise<void> {
    await this.#running.get(key);
  }

  run(key: string): Promise<void> {
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#work(key).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }
}

/** One piece of work; what is asked for meanwhile is done once more after it. */
export class Repeated {
  #running: Promise<void> | null = null;
  #again = false;
  readonly #work: () => Promise<void>;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  run(): Promise<void> {
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#work().finally(() => {
      this.#running = null;
      if (!this.#again) return;
      this.#again = false;
      void this.run();
    });
    return this.#running;
  }
}
