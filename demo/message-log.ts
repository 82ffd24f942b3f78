import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { ChatMessage } from "./contract.ts";

/** A chat message and the name of its room: one line of the log. */
type LogEntry = { readonly room: string; readonly message: ChatMessage };

/** The chat messages of all rooms in a file, which survives a crash of the server. */
export class MessageLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends a chat message; it is in the file when the call returns. */
  append(room: string, message: ChatMessage): void {
    const entry: LogEntry = { room, message };
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }

  /** Reads all entries, the oldest first. Ignores an incomplete last line: a crash interrupted its `append`. */
  *read(): Generator<LogEntry, void, undefined> {
    if (!existsSync(this.#path)) return;
    const completeLines = readFileSync(this.#path, "utf8").split("\n").slice(0, -1);
    for (const line of completeLines) yield JSON.parse(line) as LogEntry;
  }
}
