/** A file in which the server logs each call of a handler. The file outlives a process that is killed. */
import { createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Sequence, type Verdict } from "./sequence-check.ts";

/** The client's messages whose handlers write to the log. */
export type LoggedMessage = "post" | "ask" | "postToRoom";

/** Writes the log; each line is in the file when the call returns. */
export class HandlerLog {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** Logs that a server process has started. */
  started(): void {
    this.#write("started");
  }

  /** Logs that a handler was called. */
  handled(client: string, name: LoggedMessage, n: number): void {
    this.#write(`${name} ${client} ${n}`);
  }

  /** Logs an error. */
  error(text: string): void {
    this.#write(`error ${text.replaceAll("\n", " | ")}`);
  }

  #write(line: string): void {
    writeSync(this.#file, `${line}\n`);
  }
}

/** The messages of one name that a client has sent. */
export interface SentMessages {
  readonly count: number;
  /** For each message, from message 1 on: during which server process it settled. The first process is number 1. */
  readonly settledIn: readonly (number | undefined)[];
}

/** The result of checking a log. */
export interface Findings {
  readonly verdicts: readonly Verdict[];
  /** How many messages were handled. */
  readonly handled: number;
  /** How many handlers were called again for a message that was in progress when the server was killed. */
  readonly repeated: number;
  readonly errors: readonly string[];
}

/** Compares a log with the messages that the clients have sent. */
export async function checkLog(
  path: string,
  sentBy: (client: string, name: LoggedMessage) => SentMessages | undefined,
): Promise<Findings> {
  const checks = new Map<string, HandlerCheck>();
  const errors: string[] = [];
  let processNumber = 0;
  for await (const line of createInterface(createReadStream(path))) {
    const [type = "", client = "", n] = line.split(" ");
    const key = `${type} ${client}`;
    if (type === "started") processNumber += 1;
    else if (type === "error") errors.push(line);
    else {
      const check =
        checks.get(key) ?? new HandlerCheck(key, sentBy(client, type as LoggedMessage) ?? nothing);
      checks.set(key, check);
      check.add(Number(n), processNumber);
    }
  }
  const all = [...checks.values()];
  const sum = (count: (check: HandlerCheck) => number): number =>
    all.reduce((total, check) => total + count(check), 0);
  return {
    verdicts: all.map(({ verdict }) => verdict),
    handled: sum(({ handled }) => handled),
    repeated: sum(({ repeated }) => repeated),
    errors,
  };
}

const nothing: SentMessages = { count: 0, settledIn: [] };

/** Checks one client's messages of one name in the order in which the server processes handled them. */
class HandlerCheck {
  repeated = 0;
  readonly #of: string;
  readonly #sent: SentMessages;
  readonly #sequence = new Sequence();
  #process = 0;
  /** The message that the current process handled last. */
  #last = 0;

  constructor(of: string, sent: SentMessages) {
    this.#of = of;
    this.#sent = sent;
  }

  add(n: number, processNumber: number): void {
    if (processNumber !== this.#process) this.#last = 0;
    this.#process = processNumber;
    const settledIn = this.#sent.settledIn[n - 1] ?? Infinity;
    if (n > this.#last && this.#sequence.has(n) && settledIn >= processNumber) this.repeated += 1;
    else this.#sequence.add(n);
    this.#last = n;
  }

  get handled(): number {
    return this.#sequence.highest;
  }

  get verdict(): Verdict {
    return this.#sequence.verdict(this.#of, this.#sent.count);
  }
}
