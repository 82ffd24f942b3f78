import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CloseCode, CloseError } from "@symbolon/protocol";
import { type Server as WsServer, WebSocketServer } from "ws";
import { internalsOf } from "../app/app.ts";
import type { Dispatcher, TrackAcceptance } from "../app/dispatch.ts";
import type { Routes } from "../app/routes.ts";
import type { App } from "../app/types.ts";
import type { Accept, AcceptInit } from "../request/acceptance.ts";
import { Refusal } from "../request/refusal.ts";
import { type Clock, SystemClock } from "../timing/clock.ts";
import { Countdown } from "../timing/countdown.ts";
import type { BoundHost } from "./bound-host.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { createDeflatingEncoder, type DeflateOption, type EncodeFrame, thresholdOf } from "./frame-writer.ts";
import { checkUpgrade, invalidHandshake, NodeHandshake } from "./handshake.ts";
import { writeRefusal } from "./http.ts";
import { MessageTimer } from "./message-timer.ts";
import { addressOf, networkOf } from "./networks.ts";
import { BatchedWebSocket, NodeWire } from "./node-wire.ts";
import { OutboundBuffers } from "./outbound-buffers.ts";
import { refusedRequest } from "./refusals.ts";
import { type ShutdownTimeouts, shutdownTimeouts } from "./signals.ts";
import { leaveErrorsToWs, listenToUpgrades, type Upgrade, type UpgradeTarget } from "./upgrade-listener.ts";
import { checkWsVersion } from "./ws-version.ts";

/** What the WebSockets of a server share with its HTTP. */
export interface UpgradesOptions {
  readonly host: BoundHost;
  /** Whether a client can ask by HTTP why it was refused. */
  readonly explainsRefusals: boolean;
  readonly onWebSocket: (socket: Socket) => void;
  readonly perMessageDeflate: DeflateOption | undefined;
}

/** How many clients may compress at a time: each costs the memory of a decompressor. */
const maxDeflating = 1_000;

/** What a transport uses of an app. */
export type ServedApp = Pick<
  App,
  "fetch" | "handshake" | "serves" | "end" | "drain" | "maxPayload" | "limits"
>;

/** How long a client may take to read a refusal, in ms. */
const refusalTimeout = 10_000;

/** The WebSockets of an HTTP server: it answers upgrades until `close`, in two steps: `drain` and `close`. */
export class Upgrades implements UpgradeTarget {
  readonly timeout: number;
  readonly pending: number;
  readonly perAddress: number;
  readonly clock: Clock;
  readonly #app: ServedApp;
  readonly #routes: Routes;
  readonly #dispatcher: Dispatcher;
  readonly #handshake: Dispatcher["handshake"];
  readonly #wss: WsServer<typeof BatchedWebSocket>;
  readonly #limits: ConnectionLimits;
  readonly #host: BoundHost;
  readonly #explainsRefusals: boolean;
  readonly #onWebSocket: (socket: Socket) => void;
  readonly #stopListening: () => void;
  readonly #buffers: OutboundBuffers;
  /** Makes compressed frames; undefined when clients may not compress. */
  readonly #deflate: EncodeFrame | undefined;
  #deflating = 0;
  /** How the handshake is accepted that `ws` writes now. */
  #accepting: AcceptInit = {};
  /** The open WebSockets. */
  readonly #clients = new Set<BatchedWebSocket>();
  /** Sockets whose handshake is undecided. */
  readonly #undecided = new Set<Socket>();
  readonly #deciding = new Countdown();
  /** Sockets whose clients have not read their refusal. */
  readonly #refused = new Set<Duplex>();
  /** The connections that the app has not finished with. */
  readonly #unfinished = new Countdown();
  #draining = false;

  /** Calls `onWebSocket` when a connection is no HTTP connection any more. */
  constructor(
    server: HttpServer,
    app: ServedApp,
    { host, explainsRefusals, onWebSocket, perMessageDeflate = false }: UpgradesOptions,
  ) {
    checkWsVersion();
    const {
      routes,
      dispatcher,
      handshake: shakeHands,
      options: { clock, handshake = {} },
    } = internalsOf(app, "a server");
    this.#app = app;
    this.#routes = routes;
    routes.start();
    this.#dispatcher = dispatcher;
    this.#handshake = shakeHands;
    this.clock = clock;
    this.timeout = handshake.timeout ?? 10_000;
    this.pending = handshake.pending ?? 1_000;
    this.perAddress = app.limits.perAddress;
    this.#limits = new ConnectionLimits(app.limits);
    this.#buffers = new OutboundBuffers(app.limits.outboundBytes);
    this.#host = host;
    this.#explainsRefusals = explainsRefusals;
    this.#onWebSocket = onWebSocket;
    const threshold = thresholdOf(perMessageDeflate);
    if (threshold !== undefined) this.#deflate = createDeflatingEncoder(threshold);
    const options = {
      noServer: true,
      clientTracking: false,
      WebSocket: BatchedWebSocket,
      maxPayload: app.maxPayload,
      // For 64 KiB 1,024 fragments, and 16,384 packets of one frame; never more than the defaults of `ws`.
      maxFragments: Math.min(Math.max(app.maxPayload / 64, 1_024), 16_384),
      maxBufferedChunks: Math.min(Math.max(app.maxPayload / 4, 16_384), 262_144),
      // Without `server_max_window_bits`: the frames of a broadcast are the same for all.
      perMessageDeflate: threshold !== undefined && {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: false as unknown as number, // which the types of `ws` do not know
        zlibInflateOptions: { chunkSize: 4_096 },
      },
      closeTimeout: shutdownTimeouts.clients, // newer than the types of `ws`
      handleProtocols: () => this.#accepting.subprotocol ?? false,
    };
    this.#wss = new WebSocketServer(options);
    this.#wss.on("headers", (lines) => {
      const { headers } = this.#accepting;
      if (headers === undefined) return;
      for (const [name, value] of new Headers(headers)) lines.push(`${name}: ${value}`);
    });
    this.#stopListening = listenToUpgrades(server, this);
  }

  /** Refuses new WebSockets. Resolves when all clients have reconnected elsewhere, or after `within` ms. */
  async drain(within: number): Promise<void> {
    this.#draining = true;
    if (within <= 0) return;
    this.#app.drain(within);
    await new SystemClock().settled(this.#allClosed(), within);
  }

  /**
   * Closes all WebSockets. Resolves when they have ended, and with them the handlers and hooks: both timeouts later at the
   * latest.
   */
  async close({ clients, handlers }: ShutdownTimeouts = shutdownTimeouts): Promise<void> {
    const clock = new SystemClock();
    const ended = this.#app.end();
    for (const ws of this.#clients) closeForShutdown(ws);
    const closed = Promise.all([this.#allClosed(), this.#decideAll(clock, handlers)]);
    await clock.settled(
      closed.then(() => this.#allClosed()), // those that were accepted meanwhile
      clients,
    );
    for (const ws of this.#clients) ws.terminate();
    // A client that sent `hello` meanwhile may have a session.
    const rest = this.#unfinished.whenZero().then(() => this.#app.end());
    await clock.settled(Promise.all([ended, rest]), handlers);
    this.#stopListening();
  }

  /** Ends the connections whose clients do not read their refusals. */
  destroyRefused(): void {
    for (const socket of this.#refused) socket.destroy();
  }

  serves(pathname: string): boolean {
    return this.#routes.socketAt(pathname) !== undefined;
  }

  answer(upgrade: Upgrade): void {
    const { incoming, socket, handshake } = upgrade;
    const address = addressOf(incoming, this.#app.limits.trustProxy);
    const network = networkOf(address);
    const refusal =
      handshake === undefined
        ? badRequest()
        : (this.#check(handshake, checkUpgrade(incoming)) ?? this.#limits.check(incoming, network));
    if (refusal !== undefined)
      return this.#refuse(this.#dispatcher.refusals.note(refusal, refusedRequest(address, incoming)), socket);
    if (handshake === undefined) return;
    this.#onWebSocket(socket);
    handshake.describe({
      address: address || undefined,
      network,
      allowsLoopbackOrigins: this.#host.allowsLoopbackOrigins(incoming),
      explainsRefusals: this.#explainsRefusals,
    });
    handshake.countIn(this.#limits);
    this.#undecided.add(socket);
    this.#deciding.add();
    handshake.onClose(() => this.#decide(socket));
    const accept: Accept = (init) => this.#accept(upgrade, init);
    void this.#handshake(handshake, accept, this.#track).then((response) => {
      this.#decide(socket);
      handshake.decided();
      if (response !== undefined) this.#refuse(response, socket);
    });
  }

  /** How the handshake of a client would be refused that sends this request; undefined when its hooks would decide. */
  explain(incoming: IncomingMessage): Refusal | undefined {
    const handshake = NodeHandshake.read(incoming);
    if (handshake === undefined) return badRequest();
    handshake.describe({ allowsLoopbackOrigins: this.#host.allowsLoopbackOrigins(incoming) });
    const network = networkOf(addressOf(incoming, this.#app.limits.trustProxy));
    const refusal = this.#check(handshake) ?? this.#limits.check(incoming, network);
    return refusal ?? this.#dispatcher.explain(handshake);
  }

  #check({ url }: NodeHandshake, invalid?: Refusal): Refusal | undefined {
    return this.#draining ? shuttingDown() : (invalid ?? this.#host.checkUrl(url));
  }

  /** Resolves when each handshake is decided; those that are not in time are refused. */
  async #decideAll(clock: Clock, timeout: number): Promise<void> {
    await clock.settled(this.#deciding.whenZero(), timeout);
    for (const socket of this.#undecided) this.#refuse(shuttingDown(), socket);
  }

  #refuse(response: Response, socket: Duplex): void {
    const cancel = this.clock.after(refusalTimeout, () => socket.destroy());
    this.#refused.add(socket);
    socket.once("close", () => {
      cancel();
      this.#refused.delete(socket);
    });
    void writeRefusal(response, socket);
  }

  /** Writes the 101. Where `ws` refuses, it calls nothing: it has written a 400, and the connection ends. */
  #accept({ incoming, socket, head }: Upgrade, init: AcceptInit): Promise<NodeWire> {
    return new Promise((resolve, reject) => {
      const fail = (): void =>
        reject(new CloseError(CloseCode.Abnormal, "the client has disconnected", false));
      if (!socket.readable || !socket.writable) return fail();
      let isAccepted = false;
      this.#accepting = init;
      incoming.headers.upgrade = "websocket"; // `ws` knows no list of protocols
      if (this.#deflating >= maxDeflating) delete incoming.headers["sec-websocket-extensions"];
      this.#wss.handleUpgrade(incoming, socket, head, (ws) => {
        isAccepted = true;
        this.#decide(socket);
        leaveErrorsToWs(socket);
        ws.clients = this.#clients.add(ws);
        resolve(new NodeWire(ws, socket, this.#buffers, this.#deflate));
        if (ws.extensions !== "") this.#countDeflating(ws);
        ws.timer = new MessageTimer(this.clock, this.#app.limits.messageTimeout, ws);
        if (this.#draining) closeForShutdown(ws);
      });
      if (isAccepted) return;
      const refusal = invalidHandshake(400, "Sec-WebSocket-Extensions is invalid");
      this.#dispatcher.refusals.note(refusal, refusedRequest(incoming.socket.remoteAddress ?? "", incoming));
      socket.once("close", fail);
    });
  }

  #countDeflating(ws: BatchedWebSocket): void {
    this.#deflating += 1;
    ws.once("close", () => (this.#deflating -= 1));
  }

  /** The handshake is accepted or refused, or its socket has closed. */
  #decide(socket: Socket): void {
    if (this.#undecided.delete(socket)) this.#deciding.remove();
  }

  readonly #track: TrackAcceptance = (acceptance) => {
    this.#unfinished.add();
    acceptance.onRelease(this.#unfinished.remove);
  };

  /** Resolves when the WebSockets of now have closed. Not by `once` of `node:events`, which rejects at a client's last invalid frame. */
  #allClosed(): Promise<unknown> {
    return Promise.all(
      Array.from(this.#clients, (ws) => new Promise<void>((resolve) => ws.once("close", () => resolve()))),
    );
  }
}

function shuttingDown(): Refusal {
  return new Refusal({ kind: "draining", status: 503, reason: "The server is shutting down" });
}

function badRequest(): Refusal {
  return invalidHandshake(400, "The target or a header of the request is invalid");
}

function closeForShutdown(ws: BatchedWebSocket): void {
  ws.closeNow(CloseCode.GoingAway, "shutting down");
}
