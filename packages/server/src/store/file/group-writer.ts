import { setImmediate } from "node:timers/promises";
import { encodeEntry } from "./history.ts";
import type { Journal } from "./journal.ts";
import type { Decision } from "../session-table.ts";
import type { Awaitable } from "../store.ts";
import type { StoreUpdate, Tables } from "../tables.ts";

/** A call that waits for its record to be written. */
interface Waiting {
  readonly change: StoreUpdate | undefined;
  readonly payload: Uint8Array | undefined;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** What a journal may grow beyond twice what it had when it was last made anew, in bytes. */
const slack = 16 * 1024 * 1024;

/** Performs decisions in their order, each when its record is in the journal: all that a tick brings is one write. */
export class GroupWriter {
  readonly #tables: Tables;
  readonly #journal: Journal;
  readonly #everything: () => Iterable<Uint8Array>;
  readonly #onError: (error: Error) => void;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  #compactAt: number;

  /** `everything` gives the records of a journal that has what the tables have. */
  constructor(
    tables: Tables,
    journal: Journal,
    everything: () => Iterable<Uint8Array>,
    onError: (error: Error) => void,
  ) {
    this.#tables = tables;
    this.#journal = journal;
    this.#everything = everything;
    this.#onError = onError;
    this.#compactAt = 2 * journal.length + slack;
  }

  /** Rejects when the record cannot be written, and when a decision before it could not: then nothing has changed. */
  perform<Answer>({ update: change, result: answer }: Decision<StoreUpdate, Answer>): Awaitable<Answer> {
    if (this.#closed) return Promise.reject(new Error(`the store in ${this.#journal.path} was closed`));
    if (change === undefined && this.#running === undefined) return answer();
    const payload = change && encodeEntry({ type: "changed", change });
    return new Promise((resolve, fail) => {
      this.#waiting.push({ change, payload, settle: () => resolve(answer()), fail });
      this.#running ??= this.#run();
    });
  }

  /** Waits for what is under way, and lets go of the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    try {
      await this.#journal.append([encodeEntry({ type: "closed" })]);
    } catch (error) {
      throw this.#unwritten(error, "; everything that settled is in the file");
    } finally {
      await this.#journal.close();
    }
  }

  async #run(): Promise<void> {
    await setImmediate();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      const payloads = batch.flatMap(({ payload }) => payload ?? []);
      try {
        if (payloads.length > 0) await this.#journal.append(payloads);
        this.#apply(batch);
      } catch (error) {
        const failed = this.#unwritten(error, "; the call has changed nothing");
        // What was decided meanwhile was decided on what has not happened.
        this.#tables.discardPending();
        for (const { fail } of [...batch, ...this.#waiting.splice(0)]) fail(failed);
      }
      if (this.#journal.length >= this.#compactAt) await this.#compact();
    }
    this.#running = undefined;
  }

  #apply(batch: readonly Waiting[]): void {
    for (const { change, settle, fail } of batch)
      try {
        if (change !== undefined) this.#tables.apply(change);
        settle();
      } catch (error) {
        fail(error); // a listener threw: no reason to stop
      }
  }

  #unwritten(cause: unknown, consequence: string): Error {
    return new Error(`${this.#journal.path} cannot be written: ${String(cause)}${consequence}`, { cause });
  }

  async #compact(): Promise<void> {
    try {
      await this.#journal.replace(this.#everything());
    } catch (error) {
      const told = new Error(`${this.#journal.path} cannot be made smaller: ${String(error)}`, {
        cause: error,
      });
      try {
        this.#onError(told);
      } catch {} // who is told of errors must not make new ones
    }
    this.#compactAt = 2 * this.#journal.length + slack;
  }
}
