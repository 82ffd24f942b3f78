import { RequestError } from "@symbolon/server";
import { type Line, type Page, pageLength } from "./contract.ts";
import { Typists } from "./typists.ts";

const linesKept = 500;

/** Somebody in a room. */
export interface Person {
  readonly name: string;
  /** Whether the page has lost its connection. */
  readonly away: boolean;
}

/** What is remembered of a room: its last lines, who is in it, and who of them is writing. */
export class Talk {
  /** Who is here, by the form in which names are compared. */
  readonly people = new Map<string, Person>();
  readonly typists: Typists;
  #lines: Line[] = [];

  /** Someone who does not say so again counts as writing for `stillFor` ms. */
  constructor(stillFor: number) {
    this.typists = new Typists(stillFor);
  }

  /** Remembers a line, and forgets the oldest when there are too many. */
  add(line: Line): void {
    this.#lines = [...this.#lines, line].slice(-linesKept);
  }

  /** The line of an id; undefined when it is not kept any more, or never was. */
  find(id: string): Line | undefined {
    return this.#lines.find((line) => line.id === id);
  }

  /** The newest lines. */
  newest(): Page {
    return this.#pageTo(this.#lines.length, pageLength);
  }

  /** The lines above one. Throws `FORGOTTEN` when that line is not kept. */
  above(id: string, limit: number): Page {
    const end = this.#lines.findIndex((line) => line.id === id);
    if (end === -1)
      throw new RequestError("FORGOTTEN", "that is too long ago", { oldest: this.#lines[0]?.at });
    return this.#pageTo(end, limit);
  }

  #pageTo(end: number, limit: number): Page {
    const start = Math.max(0, end - limit);
    return { lines: this.#lines.slice(start, end), more: start > 0 };
  }
}
