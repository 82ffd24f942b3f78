/** What the server's handlers were invoked for, in a file: it outlives the process, however that ends. */
import { createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Sequence, type Verdict } from "./sequence-check.ts";

/** What is judged at the server: messages of a client that a handler was invoked for. */
export type Handled = "say" | "ask" | "shout";

/** Writes a record; each line is in the file when the call returns. */
export class RecordWriter {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** A life of the server begins. */
  life(): void {
    this.#write("life");
  }

  /** A handler was invoked. */
  handled(client: string, kind: Handled, n: number): void {
    this.#write(`${kind} ${client} ${n}`);
  }

  /** Something is not as it should be. */
  fault(what: string): void {
    this.#write(`fault ${what.replaceAll("\n", " | ")}`);
  }

  #write(line: string): void {
    writeSync(this.#file, `${line}\n`);
  }
}

/** What one client has said by one kind of message. */
export interface Told {
  /** So many. */
  readonly said: number;
  /** In which life of the server, counted from 1, each was settled, from message 1 on. */
  readonly settled: readonly (number | undefined)[];
}

/** What a record says. */
export interface Findings {
  readonly verdicts: readonly Verdict[];
  /** Messages that were handled. */
  readonly handled: number;
  /** Handlers that were invoked again for a message that was in progress when the server was killed. */
  readonly again: number;
  readonly faults: readonly string[];
}

/** Judges a record by what the clients have said. */
export async function judge(
  path: string,
  told: (client: string, kind: Handled) => Told | undefined,
): Promise<Findings> {
  const heard = new Map<string, Heard>();
  const faults: string[] = [];
  let life = 0;
  for await (const line of createInterface(createReadStream(path))) {
    const [kind = "", client = "", n] = line.split(" ");
    const key = `${kind} ${client}`;
    if (kind === "life") life += 1;
    else if (kind === "fault") faults.push(line);
    else {
      const known = heard.get(key) ?? new Heard(key, told(client, kind as Handled) ?? nothing);
      heard.set(key, known);
      known.hear(Number(n), life);
    }
  }
  const all = [...heard.values()];
  const sum = (of: (one: Heard) => number): number => all.reduce((before, one) => before + of(one), 0);
  return {
    verdicts: all.map((one) => one.verdict),
    handled: sum(({ handled }) => handled),
    again: sum(({ again }) => again),
    faults,
  };
}

const nothing: Told = { said: 0, settled: [] };

/** One client's messages of a kind, as the server's lives have heard them. */
class Heard {
  again = 0;
  readonly #of: string;
  readonly #told: Told;
  readonly #sequence = new Sequence();
  #life = 0;
  /** The last one of this life. */
  #last = 0;

  constructor(of: string, told: Told) {
    this.#of = of;
    this.#told = told;
  }

  hear(n: number, life: number): void {
    if (life !== this.#life) this.#last = 0;
    this.#life = life;
    const settled = this.#told.settled[n - 1] ?? Infinity;
    if (n > this.#last && this.#sequence.has(n) && settled >= life) this.again += 1;
    else this.#sequence.hear(n);
    this.#last = n;
  }

  get handled(): number {
    return this.#sequence.highest;
  }

  get verdict(): Verdict {
    return this.#sequence.verdict(this.#of, this.#told.said);
  }
}
