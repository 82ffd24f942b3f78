import { setTimeout } from "node:timers/promises";
import { type Client, RequestError } from "@symbolon/client";
import type { chaos } from "./contract.ts";
import { type Pause, PauseMeter } from "./pause-meter.ts";
import { Sequence, type Verdict } from "./sequence-check.ts";

/** How many messages one setup of a server has sent. */
interface SetupCount {
  readonly setup: string;
  readonly n: number;
}

/** Checks the messages that one client receives, and measures how long the client receives none after a fault. */
export class InboundCheck {
  /** How many messages the client's handlers received. */
  received = 0;
  /** How many streams ended because the server was killed. */
  interrupted = 0;
  /** For each recovery the time to the first message, in ms. */
  readonly recoveries: number[] = [];
  /** For each hole the time until the client detected it, in ms. */
  readonly detections: number[] = [];
  readonly #client: Client<typeof chaos>;
  readonly #updates = new Sequences("update of setup");
  readonly #questions = new Sequences("question of setup");
  readonly #roomMessages = new Sequences("room message of");
  /** The verdicts on ended streams. */
  readonly #verdicts: Verdict[] = [];
  readonly #pauses = new PauseMeter();
  #pid = 0;
  #recoveringSince: number | undefined;
  #holeSince: number | undefined;

  /**
   * @param fromLoss whether a recovery begins when the client loses its connection; if not, it begins when
   * `startRecovery` is called.
   */
  constructor(client: Client<typeof chaos>, fromLoss: boolean) {
    this.#client = client;
    client.on("update", ({ setup, pid, n }) => {
      this.#pid = pid;
      this.#add(this.#updates.of(setup), n);
    });
    client.on("postedToRoom", ({ from, n }) => this.#add(this.#roomMessages.of(from), n));
    client.handle("question", async ({ setup, n }) => {
      this.#add(this.#questions.of(setup), n);
      if (n % 3 === 0) await setTimeout(n % 40);
      return 2 * n;
    });
    client.handle("list", function* (length) {
      for (let n = 1; n <= length; n += 1) yield n;
    });
    client.status.subscribe(({ state }) => {
      if (state === "open") return;
      if (fromLoss) this.startRecovery();
      if (this.#holeSince !== undefined) this.detections.push(Date.now() - this.#holeSince);
      this.#holeSince = undefined;
    });
  }

  /** Records that the proxy drops bytes from now on without closing the connection. */
  startHole(): void {
    if (this.#client.status.value.state === "open") this.#holeSince ??= Date.now();
  }

  /** Starts a recovery, unless one is running. The next message ends it. */
  startRecovery(): void {
    this.#recoveringSince ??= Date.now();
  }

  /** The longest times without a message after the faults. */
  get pauses(): readonly Pause[] {
    return this.#pauses.pauses;
  }

  /** A fault begins that affects the server process `pid`, or all when it is undefined: measures the pause, until the next fault. */
  startPause(fault: string, pid: number | undefined): void {
    if (pid === undefined || pid === this.#pid) this.#pauses.start(fault);
    else this.#pauses.stop();
  }

  /** Reads a stream of the numbers up to `length`, to its end or until the server is killed. */
  async readStream(length: number, items: AsyncIterable<number>): Promise<void> {
    const sequence = new Sequence();
    let count: number | undefined = length;
    try {
      for await (const n of items) this.#add(sequence, n);
    } catch (error) {
      if (!(error instanceof RequestError && error.code === "INTERRUPTED")) throw error;
      this.interrupted += 1;
      count = undefined;
    }
    this.#verdicts.push(sequence.verdict("item of a stream", count));
  }

  /** Sets how many messages the last setup has sent. */
  setTotals(updates: SetupCount, questions: SetupCount): void {
    this.#updates.of(updates.setup).count = updates.n;
    this.#questions.of(questions.setup).count = questions.n;
  }

  /** Whether the client has received the last room message of each member; `counts` has the number of each. */
  hasReceived(counts: ReadonlyMap<string, number>): boolean {
    return [...counts].every(([from, count]) => this.#roomMessages.of(from).highest >= count);
  }

  /** Returns the verdicts on all messages; `counts` has the number of room messages of each member. */
  verdicts(counts: ReadonlyMap<string, number>): Verdict[] {
    for (const [from, count] of counts) this.#roomMessages.of(from).count = count;
    return [
      ...this.#verdicts,
      ...[this.#updates, this.#questions, this.#roomMessages].flatMap((sequences) => sequences.verdicts()),
    ];
  }

  #add(sequence: Sequence, n: number): void {
    sequence.add(n);
    this.received += 1;
    this.#pauses.message();
    if (this.#recoveringSince !== undefined) this.recoveries.push(Date.now() - this.#recoveringSince);
    this.#recoveringSince = undefined;
  }
}

/** One sequence for each sender. */
class Sequences {
  readonly #of: string;
  readonly #sequences = new Map<string, Sequence & { count?: number }>();

  constructor(of: string) {
    this.#of = of;
  }

  of(sender: string): Sequence & { count?: number } {
    const sequence = this.#sequences.get(sender) ?? new Sequence();
    this.#sequences.set(sender, sequence);
    return sequence;
  }

  verdicts(): Verdict[] {
    return Array.from(this.#sequences, ([sender, sequence]) =>
      sequence.verdict(`${this.#of} ${sender}`, sequence.count),
    );
  }
}
