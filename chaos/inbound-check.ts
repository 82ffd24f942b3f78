import { setTimeout } from "node:timers/promises";
import { type Client, RequestError } from "@symbolon/client";
import type { chaos } from "./contract.ts";
import { Sequence, type Verdict } from "./sequence-check.ts";

/** A number of one life of the server. */
interface OfLife {
  readonly life: number;
  readonly n: number;
}

/** What one client hears, and how long after a loss it hears again. */
export class Hearing {
  /** Messages that its handlers were given. */
  heard = 0;
  /** Streams that ended because the server was killed. */
  interrupted = 0;
  /** How long it took to hear something again, in ms, for each time it had to. */
  readonly recoveries: number[] = [];
  /** How long it took to notice that nothing passes, in ms. */
  readonly notices: number[] = [];
  readonly #client: Client<typeof chaos>;
  readonly #told = new Sequences<number>("told in life");
  readonly #questions = new Sequences<number>("question of life");
  readonly #shouts = new Sequences<string>("shout of");
  /** Those of streams that are over. */
  readonly #verdicts: Verdict[] = [];
  #waitsSince: number | undefined;
  #holeSince: number | undefined;

  /** `fromLoss`: a recovery begins when the client has lost its connection; else when `waits` is called. */
  constructor(client: Client<typeof chaos>, fromLoss: boolean) {
    this.#client = client;
    client.on("told", ({ life, n }) => this.#hear(this.#told.of(life), n));
    client.on("shouted", ({ from, n }) => this.#hear(this.#shouts.of(from), n));
    client.handle("question", async ({ life, n }) => {
      this.#hear(this.#questions.of(life), n);
      if (n % 3 === 0) await setTimeout(n % 40);
      return 2 * n;
    });
    client.handle("list", function* (most) {
      for (let n = 1; n <= most; n += 1) yield n;
    });
    client.status.subscribe(({ state: is }) => {
      if (is === "open") return;
      if (fromLoss) this.waits();
      if (this.#holeSince !== undefined) this.notices.push(Date.now() - this.#holeSince);
      this.#holeSince = undefined;
    });
  }

  /** From now on nothing passes, and nobody is told. */
  holed(): void {
    if (this.#client.status.value.state === "open") this.#holeSince ??= Date.now();
  }

  /** What it hears next is the end of a recovery that begins now, unless one has begun. */
  waits(): void {
    this.#waitsSince ??= Date.now();
  }

  /** Hears a stream of numbers up to `most`, to its end or until the server is killed. */
  async stream(most: number, items: AsyncIterable<number>): Promise<void> {
    const sequence = new Sequence();
    let said: number | undefined = most;
    try {
      for await (const n of items) this.#hear(sequence, n);
    } catch (error) {
      if (!(error instanceof RequestError && error.code === "INTERRUPTED")) throw error;
      this.interrupted += 1;
      said = undefined;
    }
    this.#verdicts.push(sequence.verdict("item of a stream", said));
  }

  /** What the server has said in its last life. */
  ends(told: OfLife, asked: OfLife): void {
    this.#told.of(told.life).said = told.n;
    this.#questions.of(asked.life).said = asked.n;
  }

  /** Whether it has heard the last shout of everybody. */
  hasHeard(shouts: ReadonlyMap<string, number>): boolean {
    return [...shouts].every(([from, said]) => this.#shouts.of(from).highest >= said);
  }

  /** What became of what was said to this client; `shouts` tells how much somebody of the room has shouted. */
  verdicts(shouts: ReadonlyMap<string, number>): Verdict[] {
    for (const [from, said] of shouts) this.#shouts.of(from).said = said;
    return [
      ...this.#verdicts,
      ...[this.#told, this.#questions, this.#shouts].flatMap((sequences) => sequences.verdicts()),
    ];
  }

  #hear(sequence: Sequence, n: number): void {
    sequence.hear(n);
    this.heard += 1;
    if (this.#waitsSince !== undefined) this.recoveries.push(Date.now() - this.#waitsSince);
    this.#waitsSince = undefined;
  }
}

/** The sequences of several who say something. */
class Sequences<Who> {
  readonly #what: string;
  readonly #sequences = new Map<Who, Sequence & { said?: number }>();

  constructor(what: string) {
    this.#what = what;
  }

  of(who: Who): Sequence & { said?: number } {
    const known = this.#sequences.get(who) ?? new Sequence();
    this.#sequences.set(who, known);
    return known;
  }

  verdicts(): Verdict[] {
    return Array.from(this.#sequences, ([who, one]) => one.verdict(`${this.#what} ${String(who)}`, one.said));
  }
}
