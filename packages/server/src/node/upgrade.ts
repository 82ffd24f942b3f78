import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { CloseCode, CloseError } from "@symbolon/protocol";
import { type Server as WsServer, type WebSocket, WebSocketServer } from "ws";
import type { App } from "../app/types.ts";
import type { Accept, AcceptInit } from "../request/acceptance.ts";
import { setClientAddress } from "../request/identity.ts";
import { SystemClock } from "../timing/clock.ts";
import { checkUpgrade } from "./check-upgrade.ts";
import { clientNetwork, ConnectionLimits } from "./connection-limits.ts";
import { toRequest, writeRefusal } from "./http.ts";
import { BatchedWebSocket, NodeWire } from "./node-wire.ts";
import { OutboundBuffers } from "./outbound-buffers.ts";

/** What a transport uses of an app. */
export type ServedApp = Pick<
  App,
  "fetch" | "handshake" | "serves" | "end" | "drain" | "maxPayload" | "limits"
>;

/** One upgrade from its arrival to the 101 or the refusal. */
interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** The handshake is accepted or refused. */
  readonly decide: () => void;
}

/** Why a request's signal aborts. One for all: an error keeps its stack, and so all that the handshake used. */
const disconnected = new DOMException("the client has disconnected", "AbortError");

/** How long a server that closes waits for handlers and hooks whose clients have disconnected, in ms. */
const shutdownTimeout = 3_000;

/** The WebSockets of an HTTP server: it answers upgrades until `close`, in two steps: `drain` and `close`. */
export class Upgrades {
  readonly #server: HttpServer;
  readonly #app: ServedApp;
  readonly #wss: WsServer<typeof BatchedWebSocket>;
  readonly #limits: ConnectionLimits;
  readonly #buffers: OutboundBuffers;
  /** How each handshake is accepted, for the events of `ws`. */
  readonly #inits = new WeakMap<IncomingMessage, AcceptInit>();
  /** Sockets whose handshake is undecided, with promises that resolve when it is decided. */
  readonly #undecided = new Map<Duplex, Promise<void>>();
  /** Each promise resolves when the app has finished with a connection. */
  readonly #connections = new Set<Promise<void>>();
  #draining = false;

  constructor(server: HttpServer, app: ServedApp) {
    this.#server = server;
    this.#app = app;
    this.#limits = new ConnectionLimits(app.limits);
    this.#buffers = new OutboundBuffers(app.limits.outboundBytes);
    const options = {
      noServer: true,
      WebSocket: BatchedWebSocket,
      maxPayload: app.maxPayload,
      perMessageDeflate: false,
      closeTimeout: 5_000, // newer than the types of `ws`
      handleProtocols: (_offered: Set<string>, incoming: IncomingMessage) =>
        this.#inits.get(incoming)?.subprotocol ?? false,
    };
    this.#wss = new WebSocketServer(options);
    this.#wss.on("headers", (lines, incoming) => {
      const { headers } = this.#inits.get(incoming) ?? {};
      for (const [name, value] of new Headers(headers)) lines.push(`${name}: ${value}`);
    });
    server.on("upgrade", this.#upgrade);
  }

  /** Refuses new WebSockets. Resolves when all clients have reconnected elsewhere, or after `within` ms. */
  async drain(within: number): Promise<void> {
    this.#draining = true;
    if (within <= 0) return;
    this.#app.drain(within);
    await new SystemClock().settled(this.#allClosed(), within);
  }

  /** Closes all WebSockets. Resolves when they have ended, and with them the handlers and hooks, or `shutdownTimeout` later. */
  async close(): Promise<void> {
    const clock = new SystemClock();
    const ended = this.#app.end();
    const closed = this.#allClosed();
    for (const ws of this.#wss.clients) closeForShutdown(ws);
    await closed;
    await clock.settled(Promise.all(this.#undecided.values()), shutdownTimeout);
    for (const socket of this.#undecided.keys()) void writeRefusal(shuttingDown(), socket);
    await this.#allClosed(); // those that were accepted meanwhile
    // A client that sent `hello` meanwhile may have a session.
    const rest = Promise.all(this.#connections).then(() => this.#app.end());
    await clock.settled(Promise.all([ended, rest]), shutdownTimeout);
    this.#server.off("upgrade", this.#upgrade);
  }

  readonly #upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Until the handshake is accepted there is no other listener: a reset would end the process.
    socket.on("error", () => socket.destroy());
    const client = new AbortController();
    for (const event of ["end", "close"]) socket.once(event, () => client.abort(disconnected));
    const request = toRequest(incoming, client.signal);
    if (request !== undefined && this.#isForeign(request)) return;
    const refusal = this.#draining
      ? shuttingDown()
      : (checkUpgrade(incoming) ?? this.#limits.acquire(incoming));
    if (refusal !== undefined || request === undefined) {
      void writeRefusal(refusal ?? new Response("Bad Request", { status: 400 }), socket);
      return;
    }
    setClientAddress(request, clientNetwork(incoming, this.#app.limits.trustProxy));
    const upgrade = { incoming, socket, head, decide: this.#addUndecided(socket) };
    const accept: Accept = (init) => this.#accept(upgrade, init);
    void this.#app.handshake(request, accept, this.#track).then((response) => {
      upgrade.decide();
      if (response !== undefined) void writeRefusal(response, socket);
    });
  };

  /** Whether an upgrade belongs to another listener of the server. */
  #isForeign(request: Request): boolean {
    return this.#server.listenerCount("upgrade") > 1 && !this.#app.serves(new URL(request.url).pathname);
  }

  /** Writes the 101. */
  #accept({ incoming, socket, head, decide }: Upgrade, init: AcceptInit): Promise<NodeWire> {
    return new Promise((resolve, reject) => {
      // `ws` drops a half-closed connection without calling back.
      if (!socket.readable || !socket.writable)
        return reject(new CloseError(CloseCode.Abnormal, "the client has disconnected", false));
      this.#inits.set(incoming, init);
      this.#wss.handleUpgrade(incoming, socket, head, (ws) => {
        decide();
        resolve(new NodeWire(ws, socket, this.#buffers));
        if (this.#draining) closeForShutdown(ws);
      });
    });
  }

  #addUndecided(socket: Duplex): () => void {
    let resolve = (): void => {};
    this.#undecided.set(socket, new Promise((settle) => (resolve = settle)));
    const decide = (): void => {
      this.#undecided.delete(socket);
      resolve();
    };
    socket.once("close", decide);
    return decide;
  }

  readonly #track = (ended: Promise<void>): void => {
    this.#connections.add(ended);
    void ended.then(() => this.#connections.delete(ended));
  };

  /** Resolves when the WebSockets of now have closed. Not by `once` of `node:events`, which rejects at a client's last invalid frame. */
  #allClosed(): Promise<unknown> {
    return Promise.all(
      Array.from(
        this.#wss.clients,
        (ws) => new Promise<void>((resolve) => ws.once("close", () => resolve())),
      ),
    );
  }
}

function shuttingDown(): Response {
  return new Response("Shutting down", { status: 503 });
}

function closeForShutdown(ws: WebSocket): void {
  ws.close(CloseCode.GoingAway, "shutting down");
}
