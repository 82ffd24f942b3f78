import { CloseCode, type Closed } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import type { Connections } from "../access/connections.ts";
import type { Acceptance, AcceptInit } from "../request/acceptance.ts";
import { CloseResponse } from "../request/errors.ts";
import type { Exchange } from "../request/exchange.ts";
import { describeValue, toResponse } from "../request/response.ts";
import type { Clock } from "../timing/clock.ts";
import type { HeartbeatOptions } from "../timing/heartbeat.ts";
import { MessageRate, type RateOptions } from "../timing/message-rate.ts";
import { PendingWire } from "./pending-wire.ts";
import { forceClose, Socket } from "./socket.ts";
import type { SocketOptions } from "./socket-options.ts";
import type { SocketRoom } from "./socket-rooms.ts";
import { socketState } from "./socket-state.ts";
import { SocketWatch } from "./socket-watch.ts";
import { isStreamed, isWaiting, refusable, type StreamedValues } from "./streamed-values.ts";

/** Serves one raw WebSocket: it may return a `Response` to refuse, or values to stream. */
export type SocketHandler<S, Context> = (socket: S, context: Context) => SocketResult | Promise<SocketResult>;

/** What a socket handler may return: nothing, a refusal before accept, or values to send, one by one. */
type SocketResult = Response | StreamedValues | PromiseLike<Response | StreamedValues | Closed | void> | void;

/** What a raw route needs of the app. */
export interface SocketService {
  /** The app's handler. */
  readonly handler: SocketHandler<Socket, never>;
  /** How its sockets read and write. */
  readonly defaults: SocketOptions;
  /** The time of heartbeats and idle timeouts. */
  readonly clock: Clock;
  /** When a silent client is pinged and closed. */
  readonly heartbeat: Required<HeartbeatOptions>;
  /** How much each client may send. */
  readonly rate: RateOptions;
  /** The connected clients of the app. */
  readonly connections: Connections;
  /** Finds a room of the app's raw routes. */
  readonly room: (name: string) => SocketRoom;
}

/** How a handler ended. */
interface Outcome {
  readonly result?: unknown;
  readonly failure?: { readonly error: unknown };
}

/**
 * Prepares a raw route before its hooks run, so that they may accept. Returns what runs its handler; that resolves with a
 * refusing response, or with undefined as soon as the handshake is accepted.
 */
export function prepareSocket(
  service: SocketService,
  exchange: Exchange,
  acceptance: Acceptance,
): () => Promise<Response | undefined> {
  const serving = new Serving(service, exchange, acceptance);
  exchange.context["accept"] = (init?: AcceptInit) => serving.accept(init);
  return () => serving.serveSocket();
}

/** A raw route that serves one handshake. */
class Serving {
  readonly #service: SocketService;
  readonly #exchange: Exchange;
  readonly #acceptance: Acceptance;
  #wire: PendingWire | undefined;
  #socket: Socket | undefined;
  /** Stops waiting for the client to disconnect before the handshake is accepted. */
  #ignoreDisconnect: (() => void) | undefined;
  /** The error of a promise that no code waited for. */
  #unobserved: Outcome | undefined;
  /** Settles the result of `serveSocket`; undefined once it is settled. */
  #decision: { resolve(refusal: Response | undefined): void; reject(error: unknown): void } | undefined;

  constructor(service: SocketService, exchange: Exchange, acceptance: Acceptance) {
    this.#service = service;
    this.#exchange = exchange;
    this.#acceptance = acceptance;
  }

  /** Accepts before the handler runs. */
  async accept(init: AcceptInit | undefined): Promise<Socket> {
    const socket = this.#open();
    await socket.accept(init);
    return socket;
  }

  /** Runs the handler, once the hooks have run. */
  serveSocket(): Promise<Response | undefined> {
    const { connections, room } = this.#service;
    const tooMany = connections.checkLimit(this.#exchange);
    if (tooMany !== undefined) return Promise.resolve(tooMany);
    connections.addRaw(this.#exchange, this.#acceptance);
    this.#exchange.context["room"] = room;
    this.#exchange.context["accept"] = undefined; // only hooks use it, and it holds what the handshake used
    let socket: Socket;
    try {
      socket = this.#open();
    } catch (error) {
      return this.#refuse(this.#wire?.refusal, { failure: { error } });
    }
    return new Promise((resolve, reject) => {
      this.#decision = { resolve, reject };
      this.#runHandler(socket);
      this.#acceptance.onAccept(() => {
        this.#decide(undefined);
        this.#exchange.releaseContext();
      });
    });
  }

  /** The handshake is accepted: its wire is watched. Returns the listener of the wire. */
  watch(opened: Wire): SocketWatch {
    this.#ignoreDisconnect?.(); // an accepted wire ends by itself
    this.#ignoreDisconnect = undefined;
    const socket = this.#open();
    return new SocketWatch(socket, this.#wire as PendingWire, opened, this.#service);
  }

  /** Makes the socket and its wire, once. */
  #open(): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const { clock, rate, defaults } = this.#service;
    this.#wire = new PendingWire(this.#acceptance, new MessageRate(clock, rate), this);
    const wire = this.#wire;
    this.#ignoreDisconnect = this.#exchange.onDisconnect(() => wire.abandon());
    this.#socket = makeSocket(defaults, wire);
    return this.#socket;
  }

  // Not one asynchronous function: what it waits in would stay in memory for as long as the socket is open.
  #runHandler(socket: Socket): void {
    const state = socketState(socket);
    state.exchange = this.#exchange;
    state.serving = this;
    let result: unknown;
    try {
      result = this.#service.handler(socket, this.#exchange.context as never);
    } catch (error) {
      result = Promise.reject(error);
    }
    void Promise.resolve(result).then(
      (returned) => this.#returned(returned, socket),
      (error: unknown) => this.#end(outcomeOf(error, socket), socket),
    );
  }

  /** The handler has returned. */
  async #returned(result: unknown, socket: Socket): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = isStreamed(result) ? await this.#stream(result, socket) : checkResult(result, socket);
    } catch (error) {
      outcome = outcomeOf(error, socket);
    }
    await this.#end(outcome, socket);
  }

  /** Sends the values of a handler. */
  async #stream(values: StreamedValues, socket: Socket): Promise<Outcome> {
    this.#filterUnread(socket);
    const sending = socket.pipe(refusable(values));
    if ((await isWaiting(sending)) && socket.state === "connecting") await socket.accept();
    await sending;
    if (socket.state === "connecting") await socket.accept(); // an empty stream accepts too
    return {};
  }

  /** The handler, and what it sends, has ended. */
  async #end(outcome: Outcome, socket: Socket): Promise<void> {
    try {
      this.#decide(
        this.#acceptance.isAccepted ? await this.#finish(outcome, socket) : await this.#deny(outcome),
      );
    } catch (error) {
      this.#decision?.reject(error);
    }
  }

  /** The handshake is accepted, or refused with a response; only the first call counts. */
  #decide(refusal: Response | undefined): void {
    this.#decision?.resolve(refusal);
    this.#decision = undefined; // it holds what the handshake used
  }

  /** Refuses after the handler has ended. */
  async #deny(outcome: Outcome): Promise<Response> {
    const refusal = await (this.#unobserved === undefined
      ? this.#refuse(this.#wire?.refusal, outcome)
      : this.#refuse(undefined, this.#unobserved));
    this.#wire?.abandon(); // code that still waits for the socket must not wait for ever
    return refusal;
  }

  /** Ends the exchange, once the socket is closed. */
  async #finish(outcome: Outcome, socket: Socket): Promise<undefined> {
    await this.#close(outcome, socket);
    const state = socketState(socket);
    const exchange = this.#exchange;
    for (const error of await state.runEndCallbacks(socket.closed)) void exchange.report(error, "ending");
    for (const error of await state.waitForStreamEnds(this.#service.clock))
      void exchange.report(error, "ending");
    await exchange.end();
    return undefined;
  }

  /** Closes the socket after its handler has ended. */
  async #close({ result, failure }: Outcome, socket: Socket): Promise<void> {
    const late = "a handler returned a Response after accept, too late to refuse: close the socket instead";
    if (result instanceof Response) void this.#exchange.report(new TypeError(late), "open");
    const normal = { code: CloseCode.Normal, reason: "" };
    forceClose(socket, failure === undefined ? normal : await this.#exchange.errorClose(failure.error));
  }

  /** The response when a handler ended and the handshake was not accepted; the hooks end once it is sent. */
  async #refuse(refusal: PendingWire["refusal"], { result, failure }: Outcome): Promise<Response> {
    if (result instanceof Response) return result;
    const answer = failure && (await this.#exchange.errorResponse(failure.error));
    if (refusal !== undefined) return new CloseResponse(refusal);
    const undecided =
      "the handler ended without accepting or refusing: await socket.accept(), or return a Response";
    return answer ?? this.#exchange.errorResponse(new TypeError(undecided));
  }

  /** Closes the socket for an error that no code waited for; before accept the handler's own end refuses. */
  closeUnobserved(error: unknown): void {
    const socket = this.#open();
    if (isCloseError(error, socket)) return;
    this.#unobserved ??= { failure: { error } };
    void this.#closeAfter(error, socket);
  }

  async #closeAfter(error: unknown, socket: Socket): Promise<void> {
    const internal = { code: CloseCode.InternalError, reason: "" };
    forceClose(socket, this.#acceptance.isAccepted ? await this.#exchange.errorClose(error) : internal);
  }

  /** Closes at, or drops, messages that arrive before a generator handler has called `receive`. */
  #filterUnread(socket: Socket): void {
    const { unread = "close" } = this.#service.defaults;
    const wire = this.#wire;
    wire?.filter(() => {
      if (!wire.messageRequested && unread === "close")
        forceClose(socket, {
          code: CloseCode.UnsupportedData,
          reason: "this route only sends: it does not read messages",
        });
      return wire.messageRequested;
    });
  }
}

function makeSocket({ Socket: Own = Socket, receive, send }: SocketOptions, wire: PendingWire): Socket {
  const codecs = { ...(receive && { receive }), ...(send && { send }) };
  // The types of its messages are known where the route is declared.
  return new Own(wire as never, codecs as never) as Socket;
}

/** How a handler ended that has thrown an error. */
function outcomeOf(error: unknown, socket: Socket): Outcome {
  return isCloseError(error, socket) ? {} : { failure: { error } };
}

/** A handler that returns a value which is neither sent nor a refusal has a mistake. */
function checkResult(result: unknown, socket: Socket): Outcome {
  if (result === undefined || socket.state === "closed") return { result };
  const refusal = toResponse(result);
  if (refusal !== undefined) return { result: refusal };
  throw new TypeError(
    `a handler returned ${describeValue(result)}: send it, or return a Response, a generator or an array of values to send`,
  );
}

/** Whether an error only repeats that the socket has ended: code that listens to its signal fails with its reason. */
function isCloseError(error: unknown, { signal }: Socket): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.cause === signal.reason);
}
