/**
 * The server of the chaos test: it logs what it handles, and sends messages of its own. With `STORE` its sessions are in that
 * folder, or in Redis at that address; `PER_ADDRESS` limits its connections; `HEARTBEAT` is the time until it pings a silent
 * client, and `GRACE` the time that a session waits for its client, both in ms.
 */
import { setTimeout } from "node:timers/promises";
import { msgpack } from "@symbolon/protocol/msgpack";
import { redisStore } from "@symbolon/redis";
import { CloseError, createApp, OutcomeUnknown, type Peer, RequestError } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { RefusedError, serve } from "@symbolon/server/node";
import type { Store } from "@symbolon/server/store";
import type { ServerMessages } from "@symbolon/protocol";
import { chaos } from "./contract.ts";
import { HandlerLog } from "./handler-log.ts";
import { isGood, Sequence } from "./sequence-check.ts";

const {
  PORT,
  HANDLER_LOG = "",
  STORE = "",
  SLOWDOWN = "1",
  PER_ADDRESS = "10000",
  HEARTBEAT = "500",
  // Sessions outlive many faults in a row; other tests show how a detached session expires.
  GRACE = "3600000",
} = process.env;
const log = new HandlerLog(HANDLER_LOG);
/** The waits between messages are so many times longer. */
const slowdown = Number(SLOWDOWN);

const store = await openStore();
const app = createApp({
  codecs: [msgpack],
  // The server detects silence soon, as a run lasts a minute.
  heartbeat: { interval: Number(HEARTBEAT), timeout: Number(HEARTBEAT) },
  limits: { perAddress: Number(PER_ADDRESS) }, // all clients run on one machine
  sessions: { messages: 10_000, bytes: 2 ** 24, grace: Number(GRACE), balance: store !== undefined },
  ...(store && { store }),
  onError: (error) => {
    // A balancer that knows no drain still sends clients to a server that shuts down.
    if (!(error instanceof RefusedError && error.kind === "draining")) log.error(textOf(error));
  },
});

app.implement(chaos, (peer, { params, room }) => {
  const { client } = params;
  room(params.room).join(peer);
  const load = new ServerLoad(peer, client);
  return {
    post: async ({ n }) => {
      log.handled(client, "post", n);
      if (n % 5 === 0) await setTimeout(n % 25);
      load.update();
    },
    postToRoom: (n, call) => {
      log.handled(client, "postToRoom", n);
      call.room(params.room).send("postedToRoom", { from: client, n });
    },
    ask: async (n) => {
      log.handled(client, "ask", n);
      if (n % 2 === 0) await setTimeout(n % 50);
      return 2 * n;
    },
    *count(to) {
      for (let n = 1; n <= to; n += 1) yield n;
    },
    async *echo(_, { upload }) {
      for await (const n of upload) yield n;
    },
    totals: () => load.end(),
  };
});

/** Sends one client events, requests and streams of the server. */
class ServerLoad {
  readonly #peer: Peer<ServerMessages<typeof chaos>>;
  readonly #client: string;
  readonly #setup = crypto.randomUUID();
  readonly #loops: Promise<unknown>;
  #ended = false;
  #updates = 0;
  #questions = 0;

  constructor(peer: Peer<ServerMessages<typeof chaos>>, client: string) {
    this.#peer = peer;
    this.#client = client;
    this.#loops = Promise.all([
      this.#repeat(400, () => this.update()),
      this.#repeat(500, () => this.#ask()),
      this.#repeat(900, () => this.#list()),
    ]);
  }

  update(): PromiseLike<void> {
    this.#updates += 1;
    return this.#peer.send("update", this.#count(this.#updates));
  }

  async #ask(): Promise<void> {
    this.#questions += 1;
    const n = this.#questions;
    const answer = await this.#peer.request("question", this.#count(n));
    if (answer !== 2 * n) log.error(`${this.#client} answers ${answer} to question ${n}`);
  }

  async #list(): Promise<void> {
    const length = 1 + (this.#questions % 40);
    const received = new Sequence();
    for await (const n of this.#peer.stream("list", length)) received.add(n);
    const verdict = received.verdict("item", length);
    if (!isGood(verdict)) log.error(`a list of ${this.#client}: ${JSON.stringify(verdict)}`);
  }

  async #repeat(ms: number, act: () => PromiseLike<void>): Promise<void> {
    while (!this.#ended && !this.#peer.signal.aborted && !this.#peer.moved) {
      await setTimeout(ms * slowdown * (0.5 + Math.random()));
      try {
        await act();
      } catch (error) {
        // What the server asked is unknown when the session goes on at another node, or its client has left.
        if (this.#peer.signal.aborted || this.#peer.moved) return;
        log.error(`${this.#client}: ${nameOf(error)}`);
      }
    }
  }

  /** Finishes the running calls, sends the last update, and returns the totals. */
  async end() {
    this.#ended = true;
    await this.#loops;
    await this.update(); // when the client has handled it, it has handled the messages before it
    return {
      updates: this.#count(this.#updates),
      questions: this.#count(this.#questions),
    };
  }

  #count(n: number) {
    return { setup: this.#setup, pid: process.pid, n };
  }
}

async function openStore(): Promise<Store | undefined> {
  if (STORE.startsWith("redis:"))
    return redisStore({ url: STORE, prefix: "chaos", onError: (error) => log.storeError(textOf(error)) });
  return STORE === "" ? undefined : fileStore({ directory: STORE });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function nameOf(error: unknown): string {
  if (error instanceof RequestError || error instanceof OutcomeUnknown) return error.code;
  return error instanceof CloseError ? `closed with ${error.code}` : String(error);
}

const { url } = await serve(app, { port: Number(PORT) });
console.log(`symbolon chaos: ${url}`);
