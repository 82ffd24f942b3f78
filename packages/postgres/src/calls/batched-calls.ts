import { explainFailure, canRetry, SetupError } from "../connection/failure.ts";
import type { Json } from "../values.ts";
import { type Batch, type BatchReply, nextBatch, type PendingCall } from "./batch.ts";

/** Runs a batch of calls. @throws the error of the client library, as a rejection. */
export type RunBatch = (batch: Batch) => Promise<BatchReply>;

/** What a call is. */
export interface BatchedCallKind {
  /** Whether it changes more when it is made twice than when it is made once. */
  readonly isNumbered?: boolean;
  /** Whether a store that is too slow refuses it. */
  readonly grows?: boolean;
  /** The sessions that the call changes. @default none, or they are few and not yet there */
  readonly sessions?: readonly string[];
  /** The rooms that the call changes. @default none, or they are few and not yet there */
  readonly rooms?: readonly string[];
}

/** Options of `BatchedCalls`. */
export interface BatchedCallsOptions {
  /** How long a call waits for its answer, in ms. */
  readonly timeout: number;
  /** How much may wait for PostgreSQL, in bytes. Calls that need no space may exceed it. */
  readonly bufferBytes: number;
  /** Called when a batch has notified processes. */
  readonly onNotified: () => void;
  /** Ends the connection, which does not answer. */
  readonly reset: () => void;
}

/** What a call needs besides its arguments, in bytes, estimated. */
const callOverhead = 500;
/** The first and the longest wait before PostgreSQL is asked again, in ms. */
const [firstDelay, longestDelay] = [25, 1_000];

/**
 * Calls to PostgreSQL, each of which runs once, in the order in which they are made, although connections break. One batch of
 * calls is on its way at a time, and the calls that are made meanwhile go together in the next ones.
 */
export class BatchedCalls {
  readonly #run: RunBatch;
  readonly #options: BatchedCallsOptions;
  #waiting: PendingCall[] = [];
  /** The calls on their way. It keeps its number until there is an answer. */
  #sent: Batch | undefined;
  #bytes = 0;
  #lastNumber = 0;
  /** The wait before the next attempt. */
  #delay = firstDelay;
  /** How many of the next calls go alone, because PostgreSQL refused them together. */
  #alone = 0;
  #expiry: NodeJS.Timeout | undefined;
  #onDrained: (() => void) | undefined;
  #closed = false;

  constructor(run: RunBatch, options: BatchedCallsOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** Whether half of what may wait for PostgreSQL does already. */
  get isSlow(): boolean {
    return 2 * this.#bytes > this.#options.bufferBytes;
  }

  /**
   * Makes a call.
   *
   * @throws Error, as a rejection, when PostgreSQL refuses the call or does not answer in time, or too much waits for it already.
   */
  call(operation: string, args: Json, kind: BatchedCallKind = {}): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    const text = JSON.stringify([operation, args]);
    const bytes = text.length + callOverhead;
    if (kind.grows && this.#bytes + bytes > this.#options.bufferBytes)
      return Promise.reject(
        new Error(
          `${this.#bytes} bytes wait for PostgreSQL, which is too slow: try later, or raise \`bufferBytes\``,
        ),
      );
    return new Promise((resolve, reject) => {
      const { isNumbered = false, sessions = [], rooms = [] } = kind;
      const deadline = performance.now() + this.#options.timeout;
      this.#bytes += bytes;
      this.#waiting.push({
        text,
        bytes,
        isNumbered,
        sessions,
        rooms,
        deadline,
        resolve,
        reject,
        isSettled: false,
      });
      this.#expiry ??= this.#expireAt(deadline);
      this.#sendNext();
    });
  }

  /** Waits for the calls in progress. Every later one rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#isDrained()) await new Promise<void>((resolve) => (this.#onDrained = resolve));
    clearTimeout(this.#expiry);
  }

  #isDrained(): boolean {
    return this.#sent === undefined && this.#waiting.length === 0;
  }

  #sendNext(): void {
    if (this.#sent !== undefined) return;
    const calls = nextBatch(this.#waiting, this.#alone > 0 ? 1 : Infinity);
    if (calls.length === 0) return this.#onDrained?.();
    this.#waiting.splice(0, calls.length);
    this.#alone = Math.max(0, this.#alone - calls.length);
    const number = calls[0]?.isNumbered ? (this.#lastNumber += 1) : undefined;
    void this.#send({ number, calls }, calls.length);
  }

  /**
   * Sends the first calls of a batch. The answer has a reply for each that has run: all of them, if they ran when sent before.
   * Calls that are refused together go alone. The batch is then sent without any first, so that what was sent before cannot run
   * later.
   */
  async #send(batch: Batch, most: number): Promise<void> {
    this.#sent = batch;
    const { number, calls } = batch;
    let done = calls.length;
    try {
      const { replies, isNotified } = await this.#run({ number, calls: calls.slice(0, most) });
      this.#delay = firstDelay;
      done = replies.length;
      if (most === 0) this.#alone = calls.length - done;
      for (const [index, reply] of replies.entries())
        this.#settle(calls[index], (call) => call.resolve(reply));
      if (isNotified) this.#options.onNotified();
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (canRetry(error)) return this.#sendLater(batch, most);
      if (calls.length > 1 && most > 0 && !(error instanceof SetupError)) return this.#send(batch, 0);
      for (const one of calls) this.#settle(one, (call) => call.reject(explainFailure(error)));
    }
    this.#sent = undefined;
    this.#waiting.unshift(...calls.slice(done));
    this.#sendNext();
  }

  /**
   * Sends a batch again after a while, if a caller still waits for it. It may have run, so it keeps its number; fewer calls of it
   * have a better chance to run before the connection breaks once more.
   */
  #sendLater(batch: Batch, most: number): void {
    setTimeout(() => {
      if (batch.calls.some(({ isSettled }) => !isSettled)) void this.#send(batch, Math.ceil(most / 2));
      else {
        this.#sent = undefined;
        this.#sendNext();
      }
    }, this.#delay);
    this.#delay = Math.min(2 * this.#delay, longestDelay);
  }

  #settle(call: PendingCall | undefined, answer: (call: PendingCall) => void): void {
    if (call === undefined || call.isSettled) return;
    call.isSettled = true;
    this.#bytes -= call.bytes;
    answer(call);
  }

  #expireAt(deadline: number): NodeJS.Timeout {
    const expiry = setTimeout(
      () => {
        const now = performance.now();
        const sent = this.#sent?.calls ?? [];
        const calls = [...sent, ...this.#waiting].filter(({ isSettled }) => !isSettled);
        const next = calls.find((call) => call.deadline > now);
        for (const call of calls) {
          if (call.deadline > now) break;
          this.#settle(call, () => call.reject(this.#timeoutError()));
        }
        this.#waiting = this.#waiting.filter(({ isSettled }) => !isSettled);
        if (sent.length > 0 && sent.every(({ isSettled }) => isSettled)) this.#options.reset();
        this.#expiry = next && this.#expireAt(next.deadline);
      },
      Math.max(1, Math.ceil(deadline - performance.now())),
    );
    return expiry.unref();
  }

  #timeoutError(): Error {
    const { timeout } = this.#options;
    return new Error(
      `PostgreSQL did not answer within ${timeout} ms: check its address and its load, or raise \`timeout\``,
    );
  }
}
