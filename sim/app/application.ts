import { RequestError } from "@symbolon/protocol";
import type { Agenda, Half } from "../virtual/scheduler.ts";
import type { Chance } from "../virtual/seeded-random.ts";
import type { Trace } from "../trace/trace.ts";

/** How long the handlers of a machine take now: `ms` with probability `slow`, else no time. */
export interface Mood {
  slow: number;
  ms: number;
}

/** How handlers are when nothing is wrong. */
export const calm: Mood = { slow: 0.1, ms: 50 };

/** Who says something. */
export interface Origin {
  readonly conv?: number;
  readonly boot?: number;
}

/** Who handles something. */
export interface Handling {
  readonly n: number;
  readonly client: number;
  readonly conv: number;
  readonly life?: number;
  readonly key?: string;
}

/** What both halves of the application under test stand on. */
export class Stage {
  readonly agenda: Agenda;
  readonly trace: Trace;
  /** Chance of the application alone. */
  readonly chance: Chance;
  readonly mood: Record<Half, Mood> = { client: { ...calm }, server: { ...calm } };
  /** What was said and has no outcome yet; of what the server said, in which conversation and process. */
  readonly unsettled = new Map<number, Origin>();
  /** Handlers at work. */
  readonly working: Record<Half, number> = { client: 0, server: 0 };
  /** How many setups the server has run in all. */
  lives = 0;
  /** The conversations by their sessions. */
  readonly #conversations = new Map<string, number>();
  #last = 0;

  constructor(ground: { agenda: Agenda; trace: Trace; chance: Chance }) {
    this.agenda = ground.agenda;
    this.trace = ground.trace;
    this.chance = ground.chance;
  }

  /** A number that nothing said in this world has, and some length. */
  next(): { n: number; pad: string } {
    const pad = this.chance.happens(0.05) ? "x".repeat(this.chance.whole(100, 2_000)) : "";
    return { n: (this.#last += 1), pad };
  }

  /** The number of the conversation that goes on in a session. */
  conversation(sid: string): number {
    const conv = this.#conversations.get(sid) ?? this.#conversations.size + 1;
    this.#conversations.set(sid, conv);
    return conv;
  }

  /** A process of the server is gone, and nobody waits any more for what became of what it said. */
  died(boot: number): void {
    for (const [n, said] of this.unsettled) if (said.boot === boot) this.unsettled.delete(n);
  }

  /** Something failed that must not. */
  crashed(by: Half | undefined, error: unknown): void {
    const [, from = ""] = (error instanceof Error && error.stack?.split("\n")) || [];
    this.trace.add({ is: "crash", by, error: `${String(error)} ${from.trim()}`.trimEnd() });
  }

  /** Watches what becomes of something said, and writes it down. */
  watch(
    { n, conv, boot }: Origin & { readonly n: number },
    said: PromiseLike<unknown>,
    expected?: unknown,
  ): void {
    this.unsettled.set(n, { ...(conv && { conv }), ...(boot && { boot }) });
    const outcome = (how: string, sentBefore?: boolean): void => {
      this.unsettled.delete(n);
      this.trace.add({ is: "outcome", n, how, ...(sentBefore !== undefined && { sentBefore }) });
    };
    said.then(
      (value) => outcome(value === expected ? "done" : `wrong ${String(value)}`),
      (error: unknown) => {
        const { code, name, sentBefore } = Object(error) as Record<string, unknown>;
        outcome(String(code ?? name), typeof sentBefore === "boolean" ? sentBefore : undefined);
      },
    );
  }

  /** What every handler does: takes its time, and fails where it must. `sleep` is the machine's own. */
  async handle(by: Half, handling: Handling, sleep: (ms: number) => Promise<void>): Promise<void> {
    const { n, life } = handling;
    this.trace.add({ is: "handling", by, ...handling });
    this.working[by] += 1;
    const { slow, ms } = this.mood[by];
    if (this.chance.happens(slow)) await sleep(this.chance.between(0, 2 * ms));
    this.working[by] -= 1;
    const how = fails(n) ? "ODD" : "done";
    this.trace.add({ is: "handled", by, n, how, ...(life && { life }) });
    if (how === "ODD") throw new RequestError("ODD", "odd", n);
  }
}

/** Whether a handler has failed because it must. */
export function isOdd(error: unknown): boolean {
  return error instanceof RequestError && error.code === "ODD";
}

/** Whether the handler of something that is said must fail. */
function fails(n: number): boolean {
  return n % 13 === 5;
}

/** How many items the stream `n` has; some have more than may be sent without credit. */
export function lengthOf(n: number): number {
  return n % 5 === 0 ? 40 : n % 5;
}

/** After how many items the reader of stream `n` has enough. */
export function enough(n: number): number {
  return n % 7 === 3 ? 2 : Infinity;
}

/** Reads a stream and writes its items down; its promise is its outcome. */
export async function readAll(
  stage: Stage,
  by: Half,
  n: number,
  items: AsyncIterable<{ n: number; i: number }>,
): Promise<void> {
  let read = 0;
  for await (const item of items) {
    stage.trace.add({ is: "item", by, n: item.n, i: item.i, upload: false });
    read += 1;
    if (read >= enough(n)) return;
  }
}

/** Gives the items of stream `n`. */
export async function* giveAll(n: number): AsyncGenerator<{ n: number; i: number }> {
  for (let i = 0; i < lengthOf(n); i += 1) yield { n, i };
}
