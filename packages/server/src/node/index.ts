import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { CloseCode, CloseError } from "@symbolon/protocol";
import sirv from "sirv";
import { type WebSocket, WebSocketServer } from "ws";
import type { App } from "../app/app.ts";
import { SystemClock } from "../timing/clock.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { toRequest, writeRefusal, writeResponse } from "./http.ts";
import { checkUpgrade } from "./check-upgrade.ts";
import { BatchedWebSocket, NodeWire } from "./node-wire.ts";
import type { AcceptInit } from "../request/exchange.ts";
import { closeOnSignal } from "./signals.ts";

/** Where and how to listen. */
export interface ServeOptions {
  /** The port; 0 chooses a free one. Default 3000. */
  readonly port?: number;
  /** The address to bind to. Default: all of them. */
  readonly host?: string;
  /** A folder of static files, served where no `app.http` route is. Default none. */
  readonly assets?: string;
  /**
   * What a SIGTERM gives the clients to go elsewhere, in ms, before the server closes. Default 5,000: together with the
   * 3 s that handlers have, it is over before most supervisors lose their patience.
   */
  readonly drain?: number;
  /**
   * Whether a SIGTERM closes the server. Default true. When every server of the process is closed, the signal ends the
   * process as it would have done, unless others listen to it too: then that is theirs to do. A second one is not
   * listened to, so that it ends the process at once. With false no signal is listened to.
   */
  readonly signals?: boolean;
}

/** How a server is closed. */
export interface CloseOptions {
  /**
   * How long clients may take to go elsewhere, in ms, or until they have all left. Meanwhile new WebSockets are refused
   * with 503; sessions are told when to go, others are closed with 1012, one after another. Default 0.
   */
  readonly drain?: number;
}

/** An app that listens. */
export interface Server extends AsyncDisposable {
  /** Where it can be reached from this machine: `http://localhost:3000`. */
  readonly url: string;
  /** The port it listens on. */
  readonly port: number;
  /**
   * Refuses new connections, closes the open ones with 1001, gives undecided handshakes 3 s, and resolves when all have
   * ended, or 3 s after the last client has left. With `drain` clients go elsewhere first. The
   * first call counts.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The WebSocket routes of an app, on a server one has. */
export interface Attachment {
  /** Refuses new WebSockets, closes the open ones with 1001, gives undecided handshakes 3 s, and resolves when all have ended, or 3 s after the last client has left. */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The WebSockets of a server, and the two steps in which they end. */
interface Sockets {
  /** Refuses new ones. Resolves when the others have gone elsewhere, or when `within` ms are over. */
  readonly drain: (within: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

type ServedApp = Pick<App, "fetch" | "handshake" | "serves" | "end" | "drain" | "maxPayload" | "limits">;

/** How long a closing server waits for handlers and hooks that have lost their clients, in ms. */
const patience = 3_000;

/** Serves an app on a port. Rejects with the system's error when it cannot listen: `EADDRINUSE` for a busy port. */
export async function serve(
  app: ServedApp,
  { port = 3000, host, assets, drain: signalled = 5_000, signals = true }: ServeOptions = {},
): Promise<Server> {
  const files = assets === undefined ? undefined : sirv(assets, { etag: true });
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    (incoming, outgoing) => {
      const pathname = (incoming.url ?? "/").split("?", 1)[0] ?? "/";
      if (files === undefined || app.serves(pathname)) void answer(app, incoming, outgoing);
      else files(incoming, outgoing, () => void answer(app, incoming, outgoing));
    },
  );
  const sockets = socketsOf(server, app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = (server.address() as AddressInfo).port;
  let closing: Promise<void> | undefined;
  const close: Server["close"] = ({ drain = 0 } = {}) =>
    (closing ??= sockets.drain(drain).then(async () => {
      ignore?.();
      await shut(server, sockets);
    }));
  const ignore = signals ? closeOnSignal(() => close({ drain: signalled })) : undefined;
  return { url: `http://localhost:${bound}`, port: bound, close, [Symbol.asyncDispose]: close };
}

async function shut(server: HttpServer, sockets: Attachment): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  await sockets.close();
  server.closeIdleConnections();
  await stopped;
}

/** Adds an app's WebSocket routes to an `http.Server`; upgrades to other paths are left to its other listeners. */
export function attach(server: HttpServer, app: ServedApp): Attachment {
  const sockets = socketsOf(server, app);
  let closing: Promise<void> | undefined;
  return { close: ({ drain = 0 } = {}) => (closing ??= sockets.drain(drain).then(sockets.close)) };
}

function socketsOf(server: HttpServer, app: ServedApp): Sockets {
  const inits = new WeakMap<IncomingMessage, AcceptInit>();
  const options = {
    noServer: true,
    WebSocket: BatchedWebSocket,
    maxPayload: app.maxPayload,
    perMessageDeflate: false,
    closeTimeout: 5_000, // newer than the types of `ws`
    handleProtocols: (_offered: Set<string>, incoming: IncomingMessage) =>
      inits.get(incoming)?.subprotocol ?? false,
  };
  const wss = new WebSocketServer(options);
  wss.on("headers", (lines, incoming) => {
    for (const [name, value] of new Headers(inits.get(incoming)?.headers)) lines.push(`${name}: ${value}`);
  });
  const deciding = new Map<Promise<void>, Duplex>();
  const living = new Set<Promise<void>>();
  const track = (ended: Promise<void>): void => {
    living.add(ended);
    void ended.then(() => living.delete(ended));
  };
  const crowd = new ConnectionLimits(app.limits);
  let draining = false;

  const upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // While a hook decides nobody else listens: a reset would end the process.
    socket.on("error", () => socket.destroy());
    const left = new AbortController();
    for (const event of ["end", "close"]) socket.once(event, () => left.abort());
    const request = toRequest(incoming, left.signal);
    const foreign =
      request !== undefined &&
      !app.serves(new URL(request.url).pathname) &&
      server.listenerCount("upgrade") > 1;
    if (foreign) return;
    const refusal = draining ? shuttingDown() : (checkUpgrade(incoming) ?? crowd.acquire(incoming));
    if (refusal !== undefined || request === undefined) {
      void writeRefusal(refusal ?? new Response("Bad Request", { status: 400 }), socket);
      return;
    }
    let decide = (): void => {};
    const decided = new Promise<void>((resolve) => (decide = resolve));
    deciding.set(decided, socket);
    void decided.then(() => deciding.delete(decided));
    socket.once("close", decide);
    const accept = (init: AcceptInit = {}): Promise<NodeWire> =>
      new Promise((resolve, reject) => {
        // `ws` would drop a half-closed connection without a word.
        if (!socket.readable || !socket.writable)
          return reject(new CloseError(CloseCode.Abnormal, "the client has left", false));
        inits.set(incoming, init);
        wss.handleUpgrade(incoming, socket, head, (ws) => {
          resolve(new NodeWire(ws, socket));
          decide();
          if (draining) leave(ws);
        });
      });
    void app.handshake(request, accept, track).then((response) => {
      decide();
      if (response !== undefined) void writeRefusal(response, socket);
    });
  };
  server.on("upgrade", upgrade);

  return {
    drain: async (within) => {
      draining = true;
      if (within <= 0) return;
      app.drain(within);
      await new SystemClock().settled(gone(wss), within);
    },
    close: async () => {
      const ended = app.end();
      const left = gone(wss);
      for (const ws of wss.clients) leave(ws);
      await left;
      const clock = new SystemClock();
      await clock.settled(Promise.all(deciding.keys()), patience);
      for (const socket of deciding.values()) void writeRefusal(shuttingDown(), socket);
      // Those whose hooks had still to decide.
      await gone(wss);
      const rest = Promise.all(living).then(() => app.end()); // one who said hello meanwhile may have a session
      await clock.settled(Promise.all([ended, rest]), patience);
      server.off("upgrade", upgrade);
    },
  };
}

function shuttingDown(): Response {
  return new Response("Shutting down", { status: 503 });
}

/** Resolves when all those that are there now have closed. Not by `once`, which takes a client's last bad frame for the end. */
function gone({ clients }: WebSocketServer): Promise<unknown> {
  return Promise.all(
    Array.from(clients, (ws) => new Promise<void>((resolve) => ws.once("close", () => resolve()))),
  );
}

function leave(ws: WebSocket): void {
  ws.close(CloseCode.GoingAway, "shutting down");
}

async function answer(app: ServedApp, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const left = new AbortController();
  outgoing.once("close", () => left.abort());
  const request = toRequest(incoming, left.signal);
  const response =
    request === undefined ? new Response("Bad Request", { status: 400 }) : await app.fetch(request);
  // The app gives nothing that cannot be written, and told of it what could not.
  await writeResponse(response, outgoing).catch(() => outgoing.destroy());
}
