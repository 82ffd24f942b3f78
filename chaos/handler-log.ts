/** A file in which the servers log each call of a handler. The file outlives a process that is killed. */
import { createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { HandlerCheck, type Repeat, type SentMessages } from "./handler-check.ts";
import type { Interruptions } from "./interruptions.ts";
import type { Verdict } from "./sequence-check.ts";

/** The client's messages whose handlers write to the log. */
export type LoggedMessage = "post" | "ask" | "postToRoom";

/** Writes the log; each line is in the file when the call returns. Several processes may write to one file. */
export class HandlerLog {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** Logs that a handler was called. */
  handled(client: string, name: LoggedMessage, n: number): void {
    this.#write(`${name} ${client} ${n}`);
  }

  /** Logs an error. */
  error(text: string): void {
    this.#write(`error ${text.replaceAll("\n", " | ")}`);
  }

  /** Logs an error of the connections of the store. */
  storeError(text: string): void {
    this.#write(`storeError ${text.replaceAll("\n", " | ")}`);
  }

  #write(line: string): void {
    writeSync(this.#file, `${process.pid} ${Date.now()} ${line}\n`);
  }
}

/** An error that a server process has logged. */
export interface LoggedError {
  readonly pid: number;
  /** In ms since 1970. */
  readonly at: number;
  readonly text: string;
}

/** The result of checking a log. */
export interface Findings {
  readonly verdicts: readonly Verdict[];
  /** How many messages were handled. */
  readonly handled: number;
  /** How many handlers were called again for a message that was in progress when its server was killed or stopped. */
  readonly repeated: number;
  /** The other handlers that were called again; the verdicts count them too. */
  readonly wronglyRepeated: readonly Repeat[];
  readonly errors: readonly LoggedError[];
  /** The errors of the connections of the store. */
  readonly storeErrors: readonly LoggedError[];
}

/** Compares a log with the messages that the clients have sent. */
export async function checkLog(
  path: string,
  interruptions: Interruptions,
  sentBy: (client: string, name: LoggedMessage) => SentMessages | undefined,
): Promise<Findings> {
  const checks = new Map<string, HandlerCheck>();
  /** When each process has called a handler last. */
  const lastCalls = new Map<number, number>();
  const [errors, storeErrors]: [LoggedError[], LoggedError[]] = [[], []];
  for await (const line of createInterface(createReadStream(path))) {
    const [pid, at, type = "", client = "", n] = line.split(" ");
    const source = { pid: Number(pid), at: Number(at) };
    if (type === "error" || type === "storeError") {
      const text = line.slice(line.indexOf(type) + type.length + 1);
      (type === "error" ? errors : storeErrors).push({ ...source, text });
      continue;
    }
    const call = { ...source, previousAt: lastCalls.get(source.pid) ?? 0 };
    lastCalls.set(source.pid, source.at);
    const key = `${type} ${client}`;
    const check =
      checks.get(key) ??
      new HandlerCheck(key, sentBy(client, type as LoggedMessage) ?? nothing, interruptions);
    checks.set(key, check);
    check.add(Number(n), call);
  }
  const all = [...checks.values()];
  const sum = (count: (check: HandlerCheck) => number): number =>
    all.reduce((total, check) => total + count(check), 0);
  return {
    verdicts: all.map(({ verdict }) => verdict),
    handled: sum(({ handled }) => handled),
    repeated: sum(({ repeated }) => repeated),
    wronglyRepeated: all.flatMap(({ wronglyRepeated }) => wronglyRepeated),
    errors,
    storeErrors,
  };
}

const nothing: SentMessages = { count: 0, settledAt: [] };
