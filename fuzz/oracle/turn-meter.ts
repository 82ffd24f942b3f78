import type { Findings } from "./findings.ts";

/** The most processor time that one turn of the event loop may use, in ms. */
const maxTurn = 100;

/** Measures the processor time of each turn of the event loop. Time in which the process does not run does not count. */
export class TurnMeter {
  /** The longest turn, in ms. */
  longest = 0;
  readonly #findings: Findings;
  /** A thread reads the number of turns here, and ends a process that makes no more. */
  readonly #turns: Int32Array;
  #startedAt = process.cpuUsage();
  #running = true;

  constructor(findings: Findings, turns: Int32Array) {
    this.#findings = findings;
    this.#turns = turns;
    setImmediate(this.#turn);
  }

  /** What has run since the present turn began was not the product: a collection of garbage, or a new world. */
  skip(): void {
    this.#startedAt = process.cpuUsage();
  }

  /** Ends the measurement. */
  stop(): void {
    this.#running = false;
  }

  readonly #turn = (): void => {
    const { user, system } = process.cpuUsage(this.#startedAt);
    const used = (user + system) / 1_000;
    this.longest = Math.max(this.longest, used);
    if (used > maxTurn) this.#findings.report("turn", `one turn used ${used.toFixed()} ms of processor time`);
    Atomics.add(this.#turns, 0, 1);
    this.skip();
    if (this.#running) setImmediate(this.#turn);
  };
}

/** Lets the event loop turn. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
