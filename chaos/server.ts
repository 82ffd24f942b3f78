/** The server of the chaos: it records what it handles, and says things by itself. With `STORE` its sessions are in files. */
import { setTimeout } from "node:timers/promises";
import { msgpack } from "@symbolon/protocol/msgpack";
import { CloseError, createApp, OutcomeUnknown, type Peer, RequestError } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { serve } from "@symbolon/server/node";
import type { ServerMessages } from "@symbolon/protocol";
import { chaos } from "./contract.ts";
import { RecordWriter } from "./handler-log.ts";
import { isGood, Sequence } from "./sequence-check.ts";

const { PORT, RECORD = "", STORE = "", PACE = "1" } = process.env;
const record = new RecordWriter(RECORD);
const life = Date.now();
/** Everything is said so many times more slowly. */
const pace = Number(PACE);

const store = STORE === "" ? undefined : await fileStore({ directory: STORE });
const app = createApp({
  codecs: [msgpack],
  heartbeat: { interval: 500, timeout: 500 }, // silence is noticed soon: much is to happen in a minute
  limits: { perAddress: 10_000 }, // all clients are of one machine
  // Whoever is unlucky for long is still expected: that a session ends when its client is away is shown elsewhere.
  sessions: { messages: 10_000, bytes: 2 ** 24, grace: 3_600_000 },
  ...(store && { store }),
  onError: (error) => {
    record.fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
  },
});

app.implement(chaos, (peer, { params, room }) => {
  const { client } = params;
  room(params.room).join(peer);
  const speaker = new Speaker(peer, client);
  return {
    say: async ({ n }) => {
      record.handled(client, "say", n);
      if (n % 5 === 0) await setTimeout(n % 25);
      speaker.tell();
    },
    shout: (n, call) => {
      record.handled(client, "shout", n);
      call.room(params.room).send("shouted", { from: client, n });
    },
    ask: async (n) => {
      record.handled(client, "ask", n);
      if (n % 2 === 0) await setTimeout(n % 50);
      return 2 * n;
    },
    *count(to) {
      for (let n = 1; n <= to; n += 1) yield n;
    },
    async *echo(_, { upload }) {
      for await (const n of upload) yield n;
    },
    totals: () => speaker.end(),
  };
});

/** What the server says to a client by itself. */
class Speaker {
  readonly #peer: Peer<ServerMessages<typeof chaos>>;
  readonly #client: string;
  readonly #work: Promise<unknown>;
  #over = false;
  #told = 0;
  #asked = 0;

  constructor(peer: Peer<ServerMessages<typeof chaos>>, client: string) {
    this.#peer = peer;
    this.#client = client;
    this.#work = Promise.all([
      this.#repeat(400, () => this.tell()),
      this.#repeat(500, () => this.#ask()),
      this.#repeat(900, () => this.#list()),
    ]);
  }

  tell(): PromiseLike<void> {
    this.#told += 1;
    return this.#peer.send("told", { life, n: this.#told });
  }

  async #ask(): Promise<void> {
    this.#asked += 1;
    const n = this.#asked;
    const answer = await this.#peer.request("question", { life, n });
    if (answer !== 2 * n) record.fault(`${this.#client} answers ${answer} to question ${n}`);
  }

  async #list(): Promise<void> {
    const most = 1 + (this.#asked % 40);
    const heard = new Sequence();
    for await (const n of this.#peer.stream("list", most)) heard.hear(n);
    const verdict = heard.verdict("item", most);
    if (!isGood(verdict)) record.fault(`a list of ${this.#client}: ${JSON.stringify(verdict)}`);
  }

  async #repeat(ms: number, act: () => PromiseLike<void>): Promise<void> {
    while (!this.#over && !this.#peer.signal.aborted) {
      await setTimeout(ms * pace * (0.5 + Math.random()));
      try {
        await act();
      } catch (error) {
        if (this.#peer.signal.aborted) return;
        record.fault(`${this.#client}: ${nameOf(error)}`);
      }
    }
  }

  /** Says what is left, and how much it was. */
  async end(): Promise<{ told: { life: number; n: number }; asked: { life: number; n: number } }> {
    this.#over = true;
    await this.#work;
    await this.tell(); // what was said before it has been heard when this has
    return { told: { life, n: this.#told }, asked: { life, n: this.#asked } };
  }
}

function nameOf(error: unknown): string {
  if (error instanceof RequestError || error instanceof OutcomeUnknown) return error.code;
  return error instanceof CloseError ? `closed with ${error.code}` : String(error);
}

const { url } = await serve(app, { port: Number(PORT) });
record.life();
console.log(`symbolon chaos: ${url}`);
