import type { Script } from "../script/script.ts";

/** How many replicas have to confirm what Redis answers, and how long that may take. */
export interface ReplicaWait {
  /** How many replicas. */
  readonly replicas: number;
  /** How long they may take, in ms. */
  readonly timeout: number;
}

/**
 * Runs a script that writes, and waits on the same connection for replicas that have that write.
 *
 * @throws the error of the client library, as a rejection.
 */
export type ConfirmScript = (
  script: Script,
  args: readonly string[],
  wait: ReplicaWait,
) => Promise<Confirmation>;

/** What Redis answers to the script, and how many replicas have confirmed. */
export interface Confirmation {
  /** The reply of the script. */
  readonly reply: unknown;
  /** How many replicas have what the script has written, and so all that was written before. */
  readonly replicas: number;
}

/** Too few replicas have confirmed: what was asked for may be lost. */
export class UnconfirmedError extends Error {
  /** `acknowledged` is how many have. */
  constructor({ replicas, timeout }: ReplicaWait, acknowledged: number) {
    super(
      `\`wait.replicas\` is ${replicas}, and ${acknowledged} of them acknowledged within ${timeout} ms: Redis may have done the call, and may lose it. Check the replicas and their load, raise \`wait.timeout\`, or lower \`wait.replicas\``,
    );
  }
}

/** Holds an answer of Redis back until replicas have all that Redis had written when it answered. One `WAIT` confirms all answers that came before it. */
export class Confirmations {
  readonly #ask: () => Promise<Confirmation>;
  readonly #wait: ReplicaWait;
  #before: Promise<unknown> = Promise.resolve();
  #next: Promise<string> | undefined;

  /** `ask` waits for the replicas. */
  constructor(ask: () => Promise<Confirmation>, wait: ReplicaWait) {
    this.#ask = ask;
    this.#wait = wait;
  }

  /**
   * The answer of a call, once replicas have all up to then.
   *
   * @throws UnconfirmedError when too few have it in time, and the error of the client library, as a rejection.
   */
  async confirm(answer: Promise<unknown>): Promise<unknown> {
    const reply = await answer;
    const [run] = reply as [string];
    if ((await this.#confirmedRun()) !== run)
      throw new Error("another Redis is the master now, which may not have the call");
    return reply;
  }

  /** The run of the Redis server whose replicas have what it has written before this call. */
  #confirmedRun(): Promise<string> {
    this.#next ??= this.#before.then(() => {
      this.#next = undefined;
      const asked = this.#askOnce();
      this.#before = asked.catch(() => {});
      return asked;
    });
    return this.#next;
  }

  async #askOnce(): Promise<string> {
    const { reply, replicas } = await this.#ask();
    if (replicas < this.#wait.replicas) throw new UnconfirmedError(this.#wait, replicas);
    const [run] = reply as [string];
    return run;
  }
}
