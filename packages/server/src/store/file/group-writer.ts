import { setImmediate } from "node:timers/promises";
import { encodeEntry } from "./journal-entries.ts";
import type { JournalRecord } from "./journal-records.ts";
import type { Journal } from "./journal.ts";
import type { Awaitable } from "../awaitable.ts";
import { type Decision, type StoreUpdate, recordOf } from "../memory/store-update.ts";
import type { Tables } from "../memory/tables.ts";

/** A call that waits until the journal has its entry. */
interface QueuedCall {
  readonly update: StoreUpdate | undefined;
  readonly record: JournalRecord | undefined;
  readonly settle: () => void;
  readonly reject: (error: unknown) => void;
}

/** How much the journal grows beyond twice its last compacted size before it is compacted again, in bytes. */
const compactionSlack = 16 * 1024 * 1024;

/** Executes decisions in order: writes their updates to the journal, all of a tick in one write, then applies them. */
export class GroupWriter {
  readonly #tables: Tables;
  readonly #journal: Journal;
  readonly #snapshot: () => Iterable<JournalRecord>;
  readonly #onError: (error: Error) => void;
  #queue: QueuedCall[] = [];
  /** Present while the queue is being written. */
  #writing: Promise<void> | undefined;
  #isClosed = false;
  #compactAt: number;

  /** `snapshot` returns the records of a journal that holds what the tables hold. */
  constructor(
    tables: Tables,
    journal: Journal,
    snapshot: () => Iterable<JournalRecord>,
    onError: (error: Error) => void,
  ) {
    this.#tables = tables;
    this.#journal = journal;
    this.#snapshot = snapshot;
    this.#onError = onError;
    this.#compactAt = 2 * journal.length + compactionSlack;
  }

  /**
   * Executes a decision.
   *
   * @throws Error, as a rejection, when the writer is closed, or when the journal could not be written for this decision
   *   or one before it. The decision has then changed nothing.
   */
  execute<Result>({ update, result }: Decision<StoreUpdate, Result>): Awaitable<Result> {
    if (this.#isClosed) return Promise.reject(new Error(`the store is closed: ${this.#path}`));
    if (update === undefined && this.#writing === undefined) return result();
    const record = update && encodeEntry({ type: "updated", update: recordOf(update) });
    return new Promise((resolve, reject) => {
      this.#queue.push({ update, record, settle: () => resolve(result()), reject });
      this.#writing ??= this.#writeQueue();
    });
  }

  /**
   * Waits until the queue is written, and closes the journal.
   * @throws Error, as a rejection, when the last entry cannot be written; everything that settled before is in the file.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    try {
      await this.#journal.append([encodeEntry({ type: "closed" })]);
    } catch (error) {
      throw this.#writeError(error, "every call that settled is in the file");
    } finally {
      await this.#journal.close();
    }
  }

  get #path(): string {
    return JSON.stringify(this.#journal.path);
  }

  async #writeQueue(): Promise<void> {
    await setImmediate();
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      const records = batch.flatMap(({ record }) => record ?? []);
      try {
        if (records.length > 0) await this.#journal.append(records);
        this.#apply(batch);
      } catch (cause) {
        const error = this.#writeError(cause, "the call changed nothing, and may be repeated");
        // The calls that were queued meanwhile were decided as if this batch were applied.
        this.#tables.discardUnapplied();
        for (const { reject } of [...batch, ...this.#queue.splice(0)]) reject(error);
      }
      if (this.#journal.length >= this.#compactAt) await this.#compact();
    }
    this.#writing = undefined;
  }

  #apply(batch: readonly QueuedCall[]): void {
    for (const { update, settle, reject } of batch)
      try {
        if (update !== undefined) this.#tables.apply(update);
        settle();
      } catch (error) {
        reject(error); // a listener threw: the other calls settle all the same
      }
  }

  #writeError(cause: unknown, consequence: string): Error {
    return new Error(`the store cannot write ${this.#path}: ${String(cause)}; ${consequence}`, { cause });
  }

  async #compact(): Promise<void> {
    try {
      await this.#journal.replace(this.#snapshot());
    } catch (cause) {
      try {
        this.#onError(
          new Error(`the store cannot compact ${this.#path}: ${String(cause)}; it tries again later`, {
            cause,
          }),
        );
      } catch {} // an error that the application throws here has no caller
    }
    this.#compactAt = 2 * this.#journal.length + compactionSlack;
  }
}
