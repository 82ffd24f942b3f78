import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import sirv from "sirv";
import { toRequest, writeResponse } from "./http.ts";
import { closeOnSignal } from "./signals.ts";
import { type ServedApp, Upgrades } from "./upgrade.ts";

/** Where and how to listen. */
export interface ServeOptions {
  /**
   * The port; 0 chooses a free one.
   * @default 3000
   */
  readonly port?: number;
  /**
   * The address to bind to.
   * @default all addresses
   */
  readonly host?: string;
  /**
   * A folder of static files, served where no `app.http` route is.
   * @default none
   */
  readonly assets?: string;
  /**
   * How long clients may take to reconnect elsewhere after a SIGTERM, in ms, before the server closes. Together with the
   * 3 s that handlers have, the default is below the time after which most supervisors kill.
   * @default 5_000
   */
  readonly drain?: number;
  /**
   * Whether a SIGTERM closes the server. Once every server of the process is closed, the signal ends the process as it
   * would have without a server; if other code listens to the signal too, that code must end the process. A second SIGTERM
   * ends the process at once. With false, the server listens to no signal.
   * @default true
   */
  readonly signals?: boolean;
}

/** How a server is closed. */
export interface CloseOptions {
  /**
   * How long clients may take to reconnect elsewhere, in ms; the server closes sooner when they all have. Meanwhile it
   * refuses new WebSockets with 503. It asks sessions to go one after another, and closes other connections with 1012.
   * @default 0
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
   * Refuses new connections, closes the open ones with 1001, and gives undecided handshakes 3 s. Resolves when all have
   * ended, or 3 s after the last client has disconnected. With `drain`, clients reconnect elsewhere first. The first call
   * counts.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The WebSocket routes of an app, on a server of yours. */
export interface Attachment {
  /**
   * Refuses new WebSockets, closes the open ones with 1001, and gives undecided handshakes 3 s. Resolves when all have
   * ended, or 3 s after the last client has disconnected. The first call counts.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/**
 * Serves an app on a port.
 * @throws as a rejection: the system's error when it cannot listen, `EADDRINUSE` for a busy port.
 * @example
 *   const server = await serve(app, { port: 3000 });
 */
export async function serve(
  app: ServedApp,
  { port = 3000, host, assets, drain: signalDrain = 5_000, signals = true }: ServeOptions = {},
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
  const upgrades = new Upgrades(server, app);
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
    (closing ??= upgrades.drain(drain).then(async () => {
      ignoreSignal?.();
      await closeServer(server, upgrades);
    }));
  const ignoreSignal = signals ? closeOnSignal(() => close({ drain: signalDrain })) : undefined;
  return { url: `http://localhost:${bound}`, port: bound, close, [Symbol.asyncDispose]: close };
}

/**
 * Adds an app's WebSocket routes to an `http.Server`; upgrades to other paths are left to its other listeners.
 * @example
 * const server = http.createServer(express).listen(3000);
 * attach(server, app);
 */
export function attach(server: HttpServer, app: ServedApp): Attachment {
  const upgrades = new Upgrades(server, app);
  let closing: Promise<void> | undefined;
  return {
    close: ({ drain = 0 } = {}) => (closing ??= upgrades.drain(drain).then(() => upgrades.close())),
  };
}

async function closeServer(server: HttpServer, upgrades: Upgrades): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  await upgrades.close();
  server.closeIdleConnections();
  await stopped;
}

async function answer(app: ServedApp, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const client = new AbortController();
  outgoing.once("close", () => client.abort());
  const request = toRequest(incoming, client.signal);
  const response =
    request === undefined ? new Response("Bad Request", { status: 400 }) : await app.fetch(request);
  // `app.fetch` has checked the response, so only a broken connection fails here.
  await writeResponse(response, outgoing).catch(() => outgoing.destroy());
}
