import { ProtocolError } from "../errors.ts";
import { type Credit, isFull } from "../frames/credit.ts";

/** What a session knows of what it was sent: all up to `rx` has come; of that, `but` is not finished. */
export interface Received {
  readonly upTo: number;
  readonly pending: readonly number[];
}

/** What has come of the other half's messages: which are next, which came before, which are finished, and what to say of it. */
export abstract class Receiver {
  /** Everything up to this number has come. */
  protected receivedUpTo = 0;
  readonly #granted: Credit;
  readonly #most: Credit;
  /** What has come and is not finished, by number, with the room that it takes. */
  #unfinished = new Map<number, number>();
  /** How much has come since that was last said. */
  #owed = 0;

  /** `most` is what it suffers of events that are not finished; `granted` is what the other half was told. */
  constructor(granted: Credit, most: Credit) {
    this.#granted = granted;
    this.#most = most;
  }

  /** What has come from the other half. */
  get received(): Received {
    return { upTo: this.receivedUpTo, pending: [...this.#unfinished.keys()] };
  }

  /** Tells the other half; where there is no wire it does nothing. */
  protected abstract sendAck(heard: Received): void;

  /** Takes a message's number; false when it has come before. Throws ProtocolError with 4902 when one before it never came. */
  protected accept(s: number): boolean {
    const next = s > this.receivedUpTo;
    if (s > this.receivedUpTo + 1) throw new ProtocolError("a message is missing", 4902);
    if (next) this.receivedUpTo = s;
    this.#owe(!next); // who says it again has not heard that it came
    return next;
  }

  hold(s: number | undefined, size = 0): () => void {
    if (!s) return () => {};
    const held = this.#unfinished;
    if (size && isFull(this.#most, held.values()))
      throw new ProtocolError("more events than there was room for", 4429);
    held.set(s, size);
    return () => {
      if (held.delete(s) && held === this.#unfinished) this.#owe(true);
    };
  }

  /** What can be said in passing: everything has come up to here, and is finished. */
  protected piggybackAck(): number | undefined {
    if (!this.#owed || this.received.pending.length) return undefined;
    this.#owed = 0;
    return this.receivedUpTo;
  }

  /** Says what has come; without `always`, only when that was not said. */
  flush(always = false): void {
    if (!(always || this.#owed)) return;
    this.#owed = 0;
    if (this.receivedUpTo) this.sendAck(this.received);
  }

  /** The other half numbers anew; what is not finished yet is of no account. */
  reset(): void {
    this.receivedUpTo = this.#owed = 0;
    this.#unfinished = new Map();
  }

  /** Something is to be said: at the end of the tick, or when there is more of it. */
  #owe(now: boolean): void {
    this.#owed += 1;
    if (now || this.#owed >= this.#granted.w / 4) void Promise.resolve().then(() => this.flush());
  }
}
