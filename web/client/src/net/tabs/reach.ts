// How far the events of one log have come, whatever their order.

interface Run {
  first: number;
  last: number;
}

/** Runs kept beyond a hole at most; the log is opened again long before. */
const RUNS = 64;

export class Reach {
  epoch: bigint;
  /** Every event up to and with this one has come. */
  seq: number;
  #beyond: Run[] = [];

  constructor(epoch: bigint, seq: number) {
    this.epoch = epoch;
    this.seq = seq;
  }

  /** Starts at a position of the server's. */
  startAt(epoch: bigint, seq: number): void {
    this.epoch = epoch;
    this.seq = seq;
    this.#beyond = [];
  }

  /** Somebody has less, and asks for what follows. */
  lowerTo(seq: number): void {
    if (seq < this.seq) this.startAt(this.epoch, seq);
  }

  came(epoch: bigint, run: Run): void {
    if (epoch !== this.epoch || run.last <= this.seq) return;
    this.#beyond.push(run);
    this.#beyond.sort((a, b) => a.first - b.first);
    while (this.#beyond[0] !== undefined && this.#beyond[0].first <= this.seq + 1) {
      this.seq = Math.max(this.seq, this.#beyond[0].last);
      this.#beyond.shift();
    }
    this.#beyond.splice(RUNS);
  }
}
