import { setTimeout } from "node:timers/promises";
import { type Client, connect } from "@symbolon/client";
import { msgpack } from "@symbolon/protocol/msgpack";
import { WebSocket } from "ws";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { chaos } from "./contract.ts";
import { Hearing } from "./inbound-check.ts";
import type { Handled, Told } from "./handler-log.ts";

/** Who a talker is, and where. */
export interface TalkerOptions {
  readonly name: string;
  readonly room: string;
  readonly url: string;
  readonly chance: SeededRandom;
  /** Whether it speaks MessagePack. */
  readonly binary: boolean;
  /** Everything is said so many times more slowly. */
  readonly pace: number;
  /** In which life the server is, counted from 1. */
  readonly life: () => number;
  /** A recovery begins when the client has lost its connection; else when the run says so. */
  readonly fromLoss: boolean;
}

/** A client that says things, and judges what it hears. */
export class Talker {
  readonly name: string;
  readonly hearing: Hearing;
  readonly client: Client<typeof chaos>;
  /** What became of what it has said, otherwise than well. */
  readonly failures: string[] = [];
  readonly #options: TalkerOptions;
  readonly #said: Readonly<Record<Handled, { said: number; settled: number[] }>> = {
    say: { said: 0, settled: [] },
    ask: { said: 0, settled: [] },
    shout: { said: 0, settled: [] },
  };
  readonly #loops: Promise<void>[] = [];
  /** What is not settled. */
  readonly #under = new Set<Promise<void>>();
  #over = false;

  constructor(options: TalkerOptions) {
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
    this.hearing = new Hearing(this.client, fromLoss);
    this.client.onReset(({ reason: why }) => this.failures.push(`reset: ${why}`));
    this.client.onGap((gap) => this.failures.push(`gap: ${JSON.stringify(gap)}`));
    void this.client.closed.then(({ code, reason }) => {
      if (!this.#over) this.failures.push(`closed with ${code} ${reason}`);
    });
  }

  get room(): string {
    return this.#options.room;
  }

  /** What it has said by one kind of message. */
  told(kind: Handled): Told {
    return this.#said[kind];
  }

  /** Begins to talk. */
  talk(): void {
    this.#repeat(200, () => this.#speak());
    this.#repeat(1_000, () => this.#shout());
    this.#repeat(300, () => this.#ask());
    this.#repeat(300, () => this.#ask());
    this.#repeat(1_000, () => this.#count());
    this.#repeat(1_500, () => this.#echo());
  }

  /** Says nothing more, and resolves when all it said was settled. */
  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
    await Promise.all(this.#under);
  }

  /** Has the server say all that it has to say, and judges that it came. Then it leaves. */
  async leave(): Promise<void> {
    this.#over = true;
    const { told, asked } = await this.client.request("totals", null);
    this.hearing.ends(told, asked);
    this.client.close();
  }

  #repeat(ms: number, act: () => Promise<unknown>): void {
    const { chance, pace } = this.#options;
    const loop = async (): Promise<void> => {
      while (!this.#over) {
        await setTimeout(ms * pace * chance.between(0.5, 1.5));
        await act().catch((error: unknown) => this.failures.push(String(error)));
      }
    };
    this.#loops.push(loop());
  }

  /** One event, or very many at once. */
  async #speak(): Promise<void> {
    const { chance } = this.#options;
    const many = chance.chance(0.02) ? chance.integer(50, 150) : 1;
    const sent: Promise<void>[] = [];
    for (let one = 0; one < many; one += 1) {
      const padding = "x".repeat(chance.chance(0.05) ? chance.integer(0, 20_000) : chance.integer(0, 200));
      sent.push(this.#say("say", (n) => this.client.send("say", { n, padding })));
    }
    // Mostly the next one does not wait for it: what is said while away goes out in order.
    if (chance.chance(0.2)) await Promise.all(sent);
  }

  async #shout(): Promise<void> {
    await this.#say("shout", (n) => this.client.send("shout", n));
  }

  async #ask(): Promise<void> {
    await this.#say("ask", async (n) => {
      const answer = await this.client.request("ask", n);
      if (answer !== 2 * n) this.failures.push(`the answer to ${n} is ${answer}`);
    });
  }

  #say(kind: Handled, give: (n: number) => PromiseLike<void>): Promise<void> {
    const settled = this.#give(kind, give).finally(() => this.#under.delete(settled));
    this.#under.add(settled);
    return settled;
  }

  async #give(kind: Handled, give: (n: number) => PromiseLike<void>): Promise<void> {
    const told = this.#said[kind];
    told.said += 1;
    const n = told.said;
    try {
      await give(n);
      told.settled[n - 1] = this.#options.life();
    } catch (error) {
      this.failures.push(`${kind} ${n}: ${String(error)}`);
    }
  }

  async #count(): Promise<void> {
    const most = this.#options.chance.integer(1, 60);
    await this.hearing.stream(most, this.client.stream("count", most));
  }

  async #echo(): Promise<void> {
    const most = this.#options.chance.integer(1, 40);
    await this.hearing.stream(most, this.client.stream("echo", null, { upload: upTo(most) }));
  }
}

/** The numbers from 1 on. */
function* upTo(most: number): Generator<number, void, undefined> {
  for (let n = 1; n <= most; n += 1) yield n;
}
