import type { Interruptions } from "./interruptions.ts";
import { Sequence, type Verdict } from "./sequence-check.ts";

/** The messages of one name that a client has sent. */
export interface SentMessages {
  readonly count: number;
  /** For each message, from message 1 on: when it settled, in ms since 1970. */
  readonly settledAt: readonly (number | undefined)[];
}

/** A call of a handler. */
export interface HandlerCall {
  /** The process that called it. */
  readonly pid: number;
  /** In ms since 1970. */
  readonly at: number;
  /** When the process called a handler before, in ms since 1970; 0 for its first call. */
  readonly previousAt: number;
}

/** A handler that was called again for a message. */
export interface Repeat {
  /** The message. */
  readonly of: string;
  readonly first: HandlerCall;
  readonly again: HandlerCall;
}

/** Checks one client's messages of one name in the order in which the server processes handled them. */
export class HandlerCheck {
  /** How many messages were handled again that were in progress when their process was killed or stopped. */
  repeated = 0;
  /** The other messages that were handled again. */
  readonly wronglyRepeated: Repeat[] = [];
  readonly #of: string;
  readonly #sent: SentMessages;
  readonly #interruptions: Interruptions;
  readonly #sequence = new Sequence();
  /** The newest call for each message. */
  readonly #calls = new Map<number, HandlerCall>();
  #pid = 0;
  /** The message that the process handled last, since another process had the session. */
  #last = 0;

  constructor(of: string, sent: SentMessages, interruptions: Interruptions) {
    this.#of = of;
    this.#sent = sent;
    this.#interruptions = interruptions;
  }

  /** Records that a handler was called for message `n`. */
  add(n: number, call: HandlerCall): void {
    const first = this.#calls.get(n);
    const isInOrder = call.pid !== this.#pid || n > this.#last;
    this.#calls.set(n, call);
    this.#pid = call.pid;
    this.#last = n;
    const mayRepeat =
      first !== undefined && (this.#wasInProgress(n, first, call) || this.#wasAboutToStart(call));
    if (isInOrder && mayRepeat) {
      this.repeated += 1;
      return;
    }
    this.#sequence.add(n);
    if (first !== undefined) this.wronglyRepeated.push({ of: `${this.#of} ${n}`, first, again: call });
  }

  get handled(): number {
    return this.#sequence.highest;
  }

  get verdict(): Verdict {
    return this.#sequence.verdict(this.#of, this.#sent.count);
  }

  /** Whether the first process was killed or stopped before it had finished the message. */
  #wasInProgress(n: number, first: HandlerCall, again: HandlerCall): boolean {
    const interruptedAt = this.#interruptions.timeOf(first.pid, first.at);
    const settledAt = this.#sent.settledAt[n - 1] ?? Infinity;
    return interruptedAt !== undefined && interruptedAt <= again.at && settledAt >= interruptedAt;
  }

  /**
   * Whether the process may have been stopped after it had decided to call the handler, and before it called it: no process can
   * notice that. Only the first call after the process goes on can be such a call.
   */
  #wasAboutToStart({ pid, at, previousAt }: HandlerCall): boolean {
    const interruptedAt = this.#interruptions.timeOf(pid, previousAt);
    return interruptedAt !== undefined && interruptedAt <= at;
  }
}
