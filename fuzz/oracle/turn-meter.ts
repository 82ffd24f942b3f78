import type { Findings } from "./findings.ts";

/** The most processor time that one turn of the event loop may use, in ms. */
const maxTurn = 100;
/** To read the processor time costs more than a turn: it is read when so much time has passed, in ms. */
const sampleInterval = 3;

/** Measures the processor time of each turn of the event loop. Time in which the process does not run does not count. */
export class TurnMeter {
  /** The longest turn, in ms. */
  longest = 0;
  readonly #findings: Findings;
  /** A thread reads the number of turns here, and ends a process that makes no more. */
  readonly #turns: Int32Array;
  #startedAt = process.cpuUsage();
  #sampledAt = performance.now();
  #running = true;

  constructor(findings: Findings, turns: Int32Array) {
    this.#findings = findings;
    this.#turns = turns;
    setImmediate(this.#turn);
  }

  /** What has run since the present turn began was not the product: a collection of garbage, or a new world. */
  skip(): void {
    this.#startedAt = process.cpuUsage();
    this.#sampledAt = performance.now();
  }

  /** Ends the measurement. */
  stop(): void {
    this.#running = false;
  }

  readonly #turn = (): void => {
    Atomics.add(this.#turns, 0, 1);
    if (performance.now() - this.#sampledAt >= sampleInterval) this.#sample();
    if (this.#running) setImmediate(this.#turn);
  };

  /** Reads the time that the present turn has used, and the short turns before it. */
  #sample(): void {
    const { user, system } = process.cpuUsage(this.#startedAt);
    const used = (user + system) / 1_000;
    this.longest = Math.max(this.longest, used);
    if (used > maxTurn) this.#findings.report("turn", `one turn used ${used.toFixed()} ms of processor time`);
    this.skip();
  }
}

/** Lets the event loop turn. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
