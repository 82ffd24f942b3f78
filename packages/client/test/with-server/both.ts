import { contract, request, stream } from "@symbolon/protocol";
import type { RpcPeer } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { WebSocket } from "ws";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { undo, until } from "../connection/servers.ts";

const even = z.number().refine(async (n) => n % 2 === 0, "not even");

/** One message of every kind. */
const messages = {
  note: z.string(),
  half: request({ input: even, output: even, errors: { NO: z.object({ at: z.number() }) } }),
  items: stream({ input: even, output: z.unknown() }),
  echo: stream({ input: z.string(), upload: z.unknown(), output: z.unknown() }),
};

/** Both halves may say all of it. */
const both = contract("/both", { client: messages, server: messages });

type Messages = typeof messages;

/** Who asks, be it the client or the server. */
type Half = Pick<RpcPeer<Messages>, "request" | "stream" | "send">;

/** What a handler is told of a call. */
export interface Told {
  readonly signal: AbortSignal;
  readonly upload?: AsyncIterable<unknown>;
}

/** What the half that is asked does; a test sets what it needs. */
interface Answering {
  note: (text: string) => unknown;
  half: (input: number, call: Told) => unknown;
  items: (input: number, call: Told) => unknown;
  echo: (input: string, call: Told & { readonly upload: AsyncIterable<unknown> }) => unknown;
}

/** The client and the server of `both`, in memory or over real sockets, of which one half asks the other. */
export async function pairing(network: "memory" | "sockets", asking: "client" | "server") {
  const answering: Answering = { note() {}, half() {}, items() {}, echo() {} };
  const errors: unknown[] = [];
  const peers: Half[] = [];
  const clock = new Clock();
  const app = createApp({ clock, onError: (error) => void errors.push(error) });
  let parked: () => void = () => {};
  const handlers = {
    note: (text: string) => answering.note(text),
    // What a handler of a test gives may well be wrong.
    half: (input: number, call: Told) => answering.half(input, call) as number,
    items: (input: number, call: Told) => answering.items(input, call) as Iterable<unknown>,
    echo: (input: string, call: Told & { readonly upload: AsyncIterable<unknown> }) =>
      answering.echo(input, call) as Iterable<unknown>,
  };
  app.implement(both, (peer) => {
    peers.push(peer);
    peer.subscribe(({ type: is }) => is === "detached" && parked());
    return handlers;
  });
  const { url, Class, drop } = network === "memory" ? inMemory(app) : await overSockets(app);
  const client = connect(both, { url, WebSocket: Class });
  undo.push(() => client.close());
  client.on("note", handlers.note);
  client.handle("half", handlers.half);
  client.handle("items", handlers.items);
  client.handle("echo", handlers.echo);
  await client.opened;
  await until(() => peers.length > 0);
  const asker: Half = asking === "client" ? client : (peers[0] as Half);
  /** The connection is lost, and the server does not wait for the client to come back. */
  const lose = async (): Promise<void> => {
    const away = new Promise<void>((resolve) => (parked = resolve));
    drop();
    await away;
    clock.advance(120_000);
  };
  return { asker, answering, client, drop, lose, clock, errors };
}

function inMemory(app: ReturnType<typeof createApp>) {
  const net = testNetwork(app);
  return { url: "ws://test", Class: net.WebSocket, drop: net.drop };
}

async function overSockets(app: ReturnType<typeof createApp>) {
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  undo.push(() => server.close());
  const made: WebSocket[] = [];
  class Class extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      made.push(this);
    }
  }
  const drop = (): void => {
    for (const socket of made) socket.terminate();
  };
  return { url: server.url, Class: Class as unknown as typeof globalThis.WebSocket, drop };
}

/** A handler that waits for its signal, and tells when it began and when it was woken. */
export function waiting() {
  const log: string[] = [];
  const wait = async (_: unknown, { signal }: Told): Promise<number> => {
    log.push("waits");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    log.push("given up");
    return 0;
  };
  async function* stream(input: unknown, call: Told): AsyncGenerator<unknown, void, undefined> {
    try {
      yield 1;
      await wait(input, call);
    } finally {
      log.push("ended");
    }
  }
  return { log, wait, stream, has: (line: string) => until(() => log.includes(line)) };
}
