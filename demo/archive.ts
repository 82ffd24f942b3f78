import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Line } from "./contract.ts";

/** What was said in the rooms, in a file: it outlives the server, however that ends. */
export class Archive {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes a line down; it is in the file when the call returns. */
  keep(room: string, line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify({ room, line })}\n`);
  }

  /** All that was written, the oldest first. A line that was not written to its end is none. */
  *read(): Generator<{ readonly room: string; readonly line: Line }, void, undefined> {
    if (!existsSync(this.#path)) return;
    const whole = readFileSync(this.#path, "utf8").split("\n").slice(0, -1);
    for (const text of whole) yield JSON.parse(text) as { room: string; line: Line };
  }
}
