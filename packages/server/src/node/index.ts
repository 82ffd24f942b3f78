import { statSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { resolve } from "node:path";
import type { TlsOptions } from "node:tls";
import sirv, { type RequestHandler } from "sirv";
import { type AppInternals, countUnusedGroups, internalsOf } from "../app/app.ts";
import {
  anythingKind,
  checkValues,
  compressionKind,
  flagKind,
  type OptionKinds,
  textKind,
  timeOrNoneKind,
} from "../app/option-values.ts";
import { readProxyHeaders } from "./proxy/proxied-connections.ts";
import { SystemClock } from "../timing/clock.ts";
import { BoundHost } from "./bound-host.ts";
import { HttpConnections } from "./connection-limits.ts";
import { answer, write } from "./http.ts";
import { addressOf, networkOf, networksKind } from "./networks.ts";
import { asksForRefusal, QuestionRate, refuseQuestion, refusedRequest, writeAnswer } from "./refusals.ts";
import {
  closeOnSignal,
  type Shutdown,
  type ShutdownTimeouts,
  shutdownTimeouts,
  signalShutdown,
} from "./signals.ts";
import { type ServedApp, Upgrades } from "./upgrade.ts";

/** How long a client may take to send the headers of a request, in ms. */
const headersTimeout = 10_000;
/** How often Node looks for clients that are slower, in ms. */
const connectionsCheckingInterval = 5_000;

export { RefusedError, type SeenRequest } from "../request/refusal.ts";
export type { NodeRequest } from "../request/transport.ts";

/** Where and how to listen. */
export interface ServeOptions {
  /**
   * The port; 0 chooses a free one.
   * @default 3000
   */
  readonly port?: number | undefined;
  /**
   * The address to bind to. Bound to a loopback address, the server accepts loopback names alone as `Host`, unless
   * `security.hosts` names others.
   * @default all addresses
   */
  readonly host?: string | undefined;
  /**
   * A Unix socket to listen on instead of a port, for a proxy on the same machine. Its clients have no address: set
   * `limits.trustProxy`. A file that a killed process has left at this path must be removed first.
   * @default none
   */
  readonly path?: string | undefined;
  /**
   * Serves `https` and `wss` with this certificate and key, and with the other options of `node:tls`.
   * @default none: a proxy in front of the server ends TLS
   */
  readonly tls?: TlsOptions | undefined;
  /**
   * A folder of static files, served where no `app.http` route is.
   * @default none
   */
  readonly assets?: string | undefined;
  /**
   * How long clients may take to reconnect elsewhere after a SIGTERM, in ms, before the server closes. A server whose
   * clients and handlers all end in time closes sooner; one with clients that do not answer takes 8 s longer. Under
   * `node --watch` the server ignores this option, and ends within 0.3 s whatever is open.
   * @default 5_000, or 0 unless `NODE_ENV` is "production"
   */
  readonly drain?: number | undefined;
  /**
   * Whether a SIGTERM closes the server. Once every server of the process is closed, the signal ends the process as it
   * would have without a server; if other code listens to the signal too, that code must end the process. A second SIGTERM
   * ends the process at once. With false, the server listens to no signal.
   * @default true
   */
  readonly signals?: boolean | undefined;
  /**
   * Whether clients may compress messages (RFC 7692), and from how many bytes on the server does: `{ threshold: 1_024 }` is
   * `true`. `maxPayload` counts the bytes after decompression. Read the guide on security first: who can add text of his own
   * to a secret may find out the secret by the length.
   * @default false
   */
  readonly perMessageDeflate?: boolean | { readonly threshold?: number } | undefined;
  /**
   * The networks of TCP balancers that send the address of each client by the PROXY protocol, version 1 or 2:
   * `["10.0.0.0/8"]`. Each connection has to begin with its header and come from there, or by `path`; others are closed.
   * @default none: clients connect directly, or by HTTP proxies (`limits.trustProxy`)
   */
  readonly proxyProtocol?: readonly string[] | undefined;
}

/** How a server is closed. */
export interface CloseOptions {
  /**
   * How long clients may take to reconnect elsewhere, in ms; the server closes sooner when they all have. Meanwhile it
   * refuses new WebSockets with 503. It asks sessions to go one after another, and closes other connections with 1012.
   * @default 0
   */
  readonly drain?: number | undefined;
}

/** An app that listens. */
export interface Server extends AsyncDisposable {
  /** Where it can be reached from this machine: `http://localhost:3000`, or `unix:/run/app.sock`. */
  readonly url: string;
  /** The port it listens on; 0 for a Unix socket. */
  readonly port: number;
  /**
   * Refuses new connections. Closes the WebSockets with 1001; a client that does not answer within 5 s is disconnected.
   * Gives undecided handshakes, HTTP requests and their responses 3 s, and handlers 3 s after the last client has
   * disconnected. So it resolves within 8 s, whatever is open. With `drain`, clients reconnect elsewhere first, and the 8 s
   * begin then. The first call counts.
   * @throws TypeError for a `drain` that is not a time.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The WebSocket routes of an app, on a server of yours. */
export interface Attachment {
  /**
   * Refuses new WebSockets. Closes the open ones with 1001; a client that does not answer within 5 s is disconnected. Gives
   * undecided handshakes 3 s, and handlers 3 s after the last client has disconnected. So it resolves within 8 s, or `drain`
   * and 8 s. The first call counts. The HTTP requests of the server are yours to end.
   * @throws TypeError for a `drain` that is not a time.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The options of `serve`; Node checks `port` and `tls`. */
const serveOptions: OptionKinds<ServeOptions> = {
  port: anythingKind,
  host: textKind,
  path: textKind,
  tls: anythingKind,
  assets: textKind,
  drain: timeOrNoneKind,
  signals: flagKind,
  perMessageDeflate: compressionKind,
  proxyProtocol: networksKind,
};

const closeOptions: OptionKinds<CloseOptions> = { drain: timeOrNoneKind };

/**
 * Serves an app on a port.
 * @throws as a rejection: the system's error when it cannot listen, `EADDRINUSE` for a busy port; TypeError for an option that
 * does not exist, and for a value that it cannot have, as when `assets` is not a folder.
 * @example
 *   const server = await serve(app, { port: 3000 });
 */
export async function serve(app: ServedApp, options: ServeOptions = {}): Promise<Server> {
  checkValues(serveOptions, options, { caller: "serve" });
  const { port = 3000, host, path, tls, assets, drain, signals = true } = options;
  const { perMessageDeflate, proxyProtocol } = options;
  const files = assets === undefined ? undefined : serveFiles(assets);
  const timeouts = { headersTimeout, requestTimeout: 10_000, connectionsCheckingInterval };
  const server =
    tls === undefined
      ? createServer(timeouts)
      : createTlsServer({ handshakeTimeout: headersTimeout, ...tls, ...timeouts });
  const { dispatcher, options: appOptions } = checkedInternals(app);
  const boundHost = new BoundHost(server, appOptions.security);
  const connections = new HttpConnections(server, app.limits, dispatcher.refusals);
  const questions = new QuestionRate(appOptions.clock);
  server.on("request", (incoming, outgoing) => {
    // Once a server closes, it keeps no connection for the next request.
    outgoing.once("close", () => server.listening || server.closeIdleConnections());
    const address = addressOf(incoming, app.limits.trustProxy);
    if (asksForRefusal(incoming))
      return questions.allow(networkOf(address))
        ? writeAnswer(upgrades.explain(incoming), outgoing)
        : refuseQuestion(outgoing);
    const refusal = boundHost.check(incoming);
    const pathname = (incoming.url ?? "/").split("?", 1)[0] ?? "/";
    const answerByApp = (): void => {
      const allowsLoopbackOrigins = boundHost.allowsLoopbackOrigins(incoming);
      void answer(app, incoming, outgoing, { address: address || undefined, allowsLoopbackOrigins });
    };
    if (refusal !== undefined)
      void write(dispatcher.refusals.note(refusal, refusedRequest(address, incoming)), outgoing);
    else if (files === undefined || app.serves(pathname)) answerByApp();
    else files(incoming, outgoing, answerByApp);
  });
  const onWebSocket = (socket: Socket): void => connections.release(socket);
  const upgrades = new Upgrades(server, app, {
    host: boundHost,
    explainsRefusals: true,
    onWebSocket,
    perMessageDeflate,
  });
  if (proxyProtocol !== undefined)
    readProxyHeaders(server, proxyProtocol, appOptions.clock, (refusal, address) =>
      dispatcher.refusals.note(refusal, refusedRequest(address)),
    );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path === undefined ? { port, host } : { path }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const bound = typeof address === "object" ? (address?.port ?? 0) : 0;
  const { url } = boundHost;
  let closing: Promise<void> | undefined;
  const shutDown = (shutdown: Shutdown): Promise<void> =>
    (closing ??= upgrades.drain(shutdown.drain).then(async () => {
      ignoreSignal?.();
      await closeServer(server, upgrades, connections, shutdown.timeouts);
    }));
  const close: Server["close"] = (how = {}) => {
    checkValues(closeOptions, how, { caller: "close" });
    return shutDown({ drain: how.drain ?? 0, timeouts: shutdownTimeouts });
  };
  const ignoreSignal = signals ? closeOnSignal(() => shutDown(signalShutdown(drain))) : undefined;
  return { url, port: bound, close, [Symbol.asyncDispose]: close };
}

/**
 * Adds an app's WebSocket routes to an `http.Server`. Upgrades to other paths are left to its other listeners, such as those
 * of Vite or of another app; if none of them has answered within `handshake.timeout`, one app refuses with 404. An upgrade to
 * another protocol than WebSocket becomes a plain HTTP request of the server.
 *
 * The server keeps its own limits of HTTP connections. If its `headersTimeout` is Node's default of 60 s, `attach` sets 10 s.
 * If the server does not listen yet, Node then looks for slow clients every 5 s instead of every 30 s, unless you have set
 * `connectionsCheckingInterval`.
 * @example
 * const server = http.createServer(express).listen(3000);
 * attach(server, app);
 */
export function attach(
  server: HttpServer,
  app: ServedApp,
  options: Pick<ServeOptions, "perMessageDeflate"> = {},
): Attachment {
  checkValues({ perMessageDeflate: compressionKind }, options, { caller: "attach" });
  const { perMessageDeflate } = options;
  if (server.headersTimeout === 60_000) server.headersTimeout = headersTimeout;
  const timed: HttpServer & { connectionsCheckingInterval?: number } = server; // Node reads it when the server begins to listen
  if (timed.connectionsCheckingInterval === 30_000)
    timed.connectionsCheckingInterval = connectionsCheckingInterval;
  const upgrades = new Upgrades(server, app, {
    host: new BoundHost(server, checkedInternals(app).options.security),
    explainsRefusals: false,
    onWebSocket: () => {},
    perMessageDeflate,
  });
  let closing: Promise<void> | undefined;
  return {
    close: (how = {}) => {
      checkValues(closeOptions, how, { caller: "close" });
      return (closing ??= upgrades.drain(how.drain ?? 0).then(() => upgrades.close()));
    },
  };
}

/** @throws TypeError when there is no such folder. */
function serveFiles(folder: string): RequestHandler {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new TypeError(
      `\`assets\` must be a folder, and ${JSON.stringify(resolve(folder))} is not one: build the page first, or correct the path`,
    );
  return sirv(folder, { etag: true });
}

/** The parts of an app. Reports a hook that never runs. */
function checkedInternals(app: ServedApp): AppInternals {
  const internals = internalsOf(app, "a server");
  if (process.env["NODE_ENV"] !== "production" && countUnusedGroups(internals) > 0)
    console.warn(
      "symbolon: app.group(hook) has made a group without routes, so its hook never runs: declare routes on the app that `group` returns, or call app.use(hook)",
    );
  return internals;
}

async function closeServer(
  server: HttpServer,
  upgrades: Upgrades,
  connections: HttpConnections,
  timeouts: ShutdownTimeouts,
): Promise<void> {
  const stopped = new Promise<void>((closed) => server.close(() => closed()));
  connections.destroySilent();
  const answered = new SystemClock()
    .settled(stopped, timeouts.handlers)
    .then(() => server.closeAllConnections());
  await Promise.all([upgrades.close(timeouts).then(() => server.closeIdleConnections()), answered]);
  connections.destroyAll(); // responses that their clients do not read
  upgrades.destroyRefused();
  await stopped;
}
