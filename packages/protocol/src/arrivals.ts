import { ProtocolError } from "./errors.ts";
import type { Credit } from "./frame.ts";

/** What a session knows of what it was sent: all up to `rx` has come; of that, `but` is not finished. */
export interface Heard {
  readonly rx: number;
  readonly but: readonly number[];
}

/** What has come of the other half's messages: which are next, which came before, which are finished, and what to say of it. */
export class Arrivals {
  readonly #granted: Credit;
  readonly #most: Credit;
  readonly #say: (heard: Heard) => void;
  #rx = 0;
  /** What has come and is not finished. */
  #unfinished = new Set<number>();
  /** What had come, and was lost with the process that had it. */
  #missing: Set<number>;
  /** How many events may still come, of how many characters. */
  #room: Credit;
  /** How much has come since that was last said. */
  #owed = 0;
  #saying = false;

  /** `say` tells the other half; where there is no wire it does nothing. After a restart it goes on from `heard`; `most` is what it suffers. */
  constructor(granted: Credit, say: (heard: Heard) => void, { rx, but }: Heard, most: Credit) {
    this.#granted = granted;
    this.#most = most;
    this.#room = most;
    this.#say = say;
    this.#rx = rx;
    this.#missing = new Set(but);
  }

  get heard(): Heard {
    return { rx: this.#rx, but: [...this.#missing, ...this.#unfinished] };
  }

  /** What has to come again. */
  get missing(): readonly number[] {
    return [...this.#missing];
  }

  /** Takes a message's number; false when it has come before. Throws ProtocolError with 4902 when one before it never came. */
  hear(s: number): boolean {
    const next = s > this.#rx || this.#missing.delete(s);
    if (s > this.#rx + 1) throw new ProtocolError(`message ${s} came after ${this.#rx}`, 4902);
    this.#rx = Math.max(this.#rx, s);
    this.#owe(!next); // who says it again has not heard that it came
    return next;
  }

  /** The message is not finished until the returned function is called. Throws ProtocolError with 4429 for an event too many. */
  hold(s: number, size?: number): () => void {
    const held = this.#unfinished;
    if (size !== undefined) this.#take(1, size);
    held.add(s);
    return () => {
      if (!held.delete(s) || held !== this.#unfinished) return;
      if (size !== undefined) this.#take(-1, -size);
      this.#owe(true);
    };
  }

  /** What can be said in passing: everything has come up to here, and is finished. */
  inPassing(): number | undefined {
    if (!this.#owed || this.heard.but.length) return undefined;
    this.#owed = 0;
    return this.#rx;
  }

  /** Says what has come; without `always`, only when that was not said. */
  flush(always = false): void {
    if (!(always || this.#owed)) return;
    this.#owed = 0;
    if (this.#rx) this.#say(this.heard);
  }

  /** The other half numbers anew; what is not finished yet is of no account. */
  reset(): void {
    this.#rx = this.#owed = 0;
    this.#unfinished = new Set();
    this.#missing.clear();
    this.#room = this.#most;
  }

  #take(events: number, size: number): void {
    const { w, wb } = this.#room;
    if (events > 0 && (w <= 0 || wb <= 0))
      throw new ProtocolError("more events than there was room for", 4429);
    this.#room = { w: w - events, wb: wb - size };
  }

  /** Something is to be said: at the end of the tick, or when there is more of it. */
  #owe(now: boolean): void {
    this.#owed += 1;
    if (this.#saying || !(now || this.#owed >= this.#granted.w / 4)) return;
    this.#saying = true;
    void Promise.resolve().then(() => {
      this.#saying = false;
      this.flush();
    });
  }
}
