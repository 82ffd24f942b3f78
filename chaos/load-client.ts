import { setTimeout } from "node:timers/promises";
import { type Client, connect } from "@symbolon/client";
import { msgpack } from "@symbolon/protocol/msgpack";
import { WebSocket } from "ws";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { chaos } from "./contract.ts";
import { InboundCheck } from "./inbound-check.ts";
import type { SentMessages } from "./handler-check.ts";
import type { LoggedMessage } from "./handler-log.ts";

/** The options of one load client. */
export interface LoadClientOptions {
  readonly name: string;
  readonly room: string;
  readonly url: string;
  readonly random: SeededRandom;
  /** Whether the client uses MessagePack. */
  readonly binary: boolean;
  /** The waits between messages are so many times longer. */
  readonly slowdown: number;
  /** Whether a recovery begins when the client loses its connection; if not, the run starts it. */
  readonly fromLoss: boolean;
}

/** A client that sends messages of all types, and checks what it receives. */
export class LoadClient {
  readonly name: string;
  readonly inbound: InboundCheck;
  readonly client: Client<typeof chaos>;
  /** The errors of its messages and of its session. */
  readonly failures: string[] = [];
  /** How often its session was reset. */
  resets = 0;
  readonly #options: LoadClientOptions;
  readonly #sent: Readonly<Record<LoggedMessage, { count: number; settledAt: number[] }>> = {
    post: { count: 0, settledAt: [] },
    ask: { count: 0, settledAt: [] },
    postToRoom: { count: 0, settledAt: [] },
  };
  readonly #loops: Promise<void>[] = [];
  /** The messages that have not settled. */
  readonly #pending = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: LoadClientOptions) {
    const { name, room, url, binary, fromLoss } = options;
    this.name = name;
    this.#options = options;
    this.client = connect(chaos, {
      url,
      params: { room, client: name },
      WebSocket: WebSocket,
      outbox: { messages: 10_000, bytes: 2 ** 25 },
      ...(binary && { codec: msgpack }),
    });
    this.inbound = new InboundCheck(this.client, fromLoss);
    this.client.onReset(({ reason }) => {
      this.resets += 1;
      this.failures.push(`reset: ${reason}`);
    });
    this.client.onGap((gap) => this.failures.push(`gap: ${JSON.stringify(gap)}`));
    void this.client.closed.then(({ code, reason }) => {
      if (!this.#stopped) this.failures.push(`closed with ${code} ${reason}`);
    });
  }

  get room(): string {
    return this.#options.room;
  }

  /** The messages of this name that the client has sent. */
  sent(name: LoggedMessage): SentMessages {
    return this.#sent[name];
  }

  /** Starts to send messages. */
  start(): void {
    this.#repeat(200, () => this.#post());
    this.#repeat(1_000, () => this.#postToRoom());
    this.#repeat(300, () => this.#ask());
    this.#repeat(300, () => this.#ask());
    this.#repeat(1_000, () => this.#count());
    this.#repeat(1_500, () => this.#echo());
  }

  /** Sends no more messages, and resolves when all sent ones have settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    await Promise.all(this.#pending);
  }

  /** Requests the server's totals for the check of the received messages, and closes the client. */
  async close(): Promise<void> {
    this.#stopped = true;
    const { updates, questions } = await this.client.request("totals", null);
    this.inbound.setTotals(updates, questions);
    this.client.close();
  }

  #repeat(ms: number, act: () => Promise<unknown>): void {
    const { random, slowdown } = this.#options;
    const loop = async (): Promise<void> => {
      while (!this.#stopped) {
        await setTimeout(ms * slowdown * random.between(0.5, 1.5));
        await act().catch((error: unknown) => this.failures.push(String(error)));
      }
    };
    this.#loops.push(loop());
  }

  /** Sends one event, or very many at once. */
  async #post(): Promise<void> {
    const { random } = this.#options;
    const count = random.chance(0.02) ? random.integer(50, 150) : 1;
    const sent: Promise<void>[] = [];
    for (let index = 0; index < count; index += 1) {
      const padding = "x".repeat(random.chance(0.05) ? random.integer(0, 20_000) : random.integer(0, 200));
      sent.push(this.#track("post", (n) => this.client.send("post", { n, padding })));
    }
    // The next event rarely waits for these: a client that is offline queues events and sends them in order.
    if (random.chance(0.2)) await Promise.all(sent);
  }

  async #postToRoom(): Promise<void> {
    await this.#track("postToRoom", (n) => this.client.send("postToRoom", n));
  }

  async #ask(): Promise<void> {
    await this.#track("ask", async (n) => {
      const answer = await this.client.request("ask", n);
      if (answer !== 2 * n) this.failures.push(`the answer to ${n} is ${answer}`);
    });
  }

  #track(name: LoggedMessage, send: (n: number) => PromiseLike<void>): Promise<void> {
    const settled = this.#send(name, send).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
    return settled;
  }

  async #send(name: LoggedMessage, send: (n: number) => PromiseLike<void>): Promise<void> {
    const sent = this.#sent[name];
    sent.count += 1;
    const n = sent.count;
    try {
      await send(n);
      sent.settledAt[n - 1] = Date.now();
    } catch (error) {
      this.failures.push(`${name} ${n}: ${String(error)}`);
    }
  }

  async #count(): Promise<void> {
    const length = this.#options.random.integer(1, 60);
    await this.inbound.readStream(length, this.client.stream("count", length));
  }

  async #echo(): Promise<void> {
    const length = this.#options.random.integer(1, 40);
    await this.inbound.readStream(length, this.client.stream("echo", null, { upload: upTo(length) }));
  }
}

/** Yields the numbers from 1 to `last`. */
function* upTo(last: number): Generator<number, void, undefined> {
  for (let n = 1; n <= last; n += 1) yield n;
}
