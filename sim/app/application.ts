import type { Trace } from "../trace/trace.ts";
import type { Machine, Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";
import { intendedError, makeIntendedError, mustFail, readLimit, streamLength } from "./message-rules.ts";

/** How long handlers take: up to twice `ms` with this probability, else no time. */
export interface HandlerDelay {
  /** The probability of a delay. */
  probability: number;
  /** The mean of a delay in ms. */
  ms: number;
}

/** The delay of handlers while no fault slows them. */
export const usualDelay: HandlerDelay = { probability: 0.1, ms: 50 };

/** Where a message was sent by the server; both are undefined for a client's message. */
export interface Origin {
  /** The conversation. */
  readonly conversation?: number;
  /** The server process. */
  readonly process?: number;
}

/** A call of a handler. */
export interface HandlerCall {
  /** The message. */
  readonly n: number;
  /** The client that sent or received it. */
  readonly client: number;
  /** The conversation. */
  readonly conversation: number;
  /** The setup to which a handler of the server belongs. */
  readonly setup?: number;
  /** The message key that the server gives its handler. */
  readonly key?: string;
}

/** An item of a stream. */
export interface StreamItem {
  /** The stream's number. */
  readonly n: number;
  /** The item's index. */
  readonly i: number;
}

/** What both machines of the application under test share: message numbers, handler delays, and the record of outcomes. */
export class Application {
  /** Runs what the application does later. */
  readonly scheduler: Scheduler;
  /** Records what the application does. */
  readonly trace: Trace;
  /** Draws padding and delays. */
  readonly random: SeededRandom;
  /** How long the handlers of each machine take now. */
  readonly handlerDelay: Record<Machine, HandlerDelay> = {
    client: { ...usualDelay },
    server: { ...usualDelay },
  };
  /** The sent messages without an outcome, by number. */
  readonly pendingSends = new Map<number, Origin>();
  /** How many handlers run on each machine. */
  readonly runningHandlers: Record<Machine, number> = { client: 0, server: 0 };
  /** How many setups the server has run, in all its processes. */
  setups = 0;
  /** The number of each session. */
  readonly #conversations = new Map<string, number>();
  #lastMessage = 0;

  constructor(parts: { scheduler: Scheduler; trace: Trace; random: SeededRandom }) {
    this.scheduler = parts.scheduler;
    this.trace = parts.trace;
    this.random = parts.random;
  }

  /** Makes the payload of a new message: its number and, now and then, padding. */
  nextMessage(): { n: number; pad: string } {
    const pad = this.random.chance(0.05) ? "x".repeat(this.random.integer(100, 2_000)) : "";
    return { n: (this.#lastMessage += 1), pad };
  }

  /** The number of a session's conversation. */
  conversationOf(sessionId: string): number {
    const conversation = this.#conversations.get(sessionId) ?? this.#conversations.size + 1;
    this.#conversations.set(sessionId, conversation);
    return conversation;
  }

  /** Forgets the pending sends of a server process that ended: their promises never settle. */
  forgetSendsOf(process: number): void {
    for (const [n, origin] of this.pendingSends) if (origin.process === process) this.pendingSends.delete(n);
  }

  /** Records an error that no schedule should cause. */
  recordError(by: Machine | undefined, error: unknown): void {
    const [, from = ""] = (error instanceof Error && error.stack?.split("\n")) || [];
    this.trace.add({ type: "unexpectedError", by, error: `${String(error)} ${from.trim()}`.trimEnd() });
  }

  /** Records the outcome of a sent message once its promise settles. It should resolve with `expected`. */
  recordOutcome(
    { n, conversation, process }: Origin & { readonly n: number },
    sent: PromiseLike<unknown>,
    expected?: unknown,
  ): void {
    this.pendingSends.set(n, { ...(conversation && { conversation }), ...(process && { process }) });
    const record = (result: string, sentBefore?: boolean): void => {
      this.pendingSends.delete(n);
      this.trace.add({ type: "outcome", n, result, ...(sentBefore !== undefined && { sentBefore }) });
    };
    sent.then(
      (value) => record(value === expected ? "done" : `wrong ${String(value)}`),
      (error: unknown) => {
        const { code, name, sentBefore } = Object(error) as Record<string, unknown>;
        record(String(code ?? name), typeof sentBefore === "boolean" ? sentBefore : undefined);
      },
    );
  }

  /**
   * The body of every handler: records the call, waits, and records the end. `sleep` waits on the handler's machine.
   * @throws RequestError, the intended error, for some messages.
   */
  async runHandler(by: Machine, call: HandlerCall, sleep: (ms: number) => Promise<void>): Promise<void> {
    const { n, setup } = call;
    this.trace.add({ type: "handlerStarted", by, ...call });
    this.runningHandlers[by] += 1;
    const { probability, ms } = this.handlerDelay[by];
    if (this.random.chance(probability)) await sleep(this.random.between(0, 2 * ms));
    this.runningHandlers[by] -= 1;
    const result = mustFail(n) ? intendedError : "done";
    this.trace.add({ type: "handlerSettled", by, n, result, ...(setup && { setup }) });
    if (result === intendedError) throw makeIntendedError(n);
  }

  /** Reads stream `n`, up to its read limit, and records each item. */
  async readStream(by: Machine, n: number, items: AsyncIterable<StreamItem>): Promise<void> {
    let count = 0;
    for await (const item of items) {
      this.trace.add({ type: "itemRead", by, n: item.n, i: item.i, upload: false });
      count += 1;
      if (count >= readLimit(n)) return;
    }
  }
}

/** The items of stream `n`. */
export async function* streamItems(n: number): AsyncGenerator<StreamItem> {
  for (let i = 0; i < streamLength(n); i += 1) yield { n, i };
}
