import { CloseCode, type Closed } from "@symbolon/protocol";
import type { Connections } from "../access/connections.ts";
import type { Acceptance, AcceptInit } from "../request/acceptance.ts";
import { CloseResponse } from "../request/errors.ts";
import type { Exchange } from "../request/exchange.ts";
import { isGenerator } from "../request/hook.ts";
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

/** Serves one raw WebSocket: it may return a `Response` to refuse, or values to stream. */
export type SocketHandler<S, Context> = (socket: S, context: Context) => SocketResult | Promise<SocketResult>;

/** What a socket handler may return: nothing, a refusal before accept, or values to send, one by one. */
type SocketResult = Response | StreamedValues | PromiseLike<Response | StreamedValues | Closed | void> | void;

/** Values to send: of a generator, of an async iterable, or of an array. A string and bytes are one message each. */
type StreamedValues = AsyncIterable<unknown> | IterableIterator<unknown> | readonly unknown[];

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

/** One socket while its handler runs. */
interface Serving {
  readonly service: SocketService;
  readonly exchange: Exchange;
  readonly acceptance: Acceptance;
  readonly wire: PendingWire;
  readonly socket: Socket;
}

/** How a handler ended. */
interface Outcome {
  readonly result?: unknown;
  readonly failure?: { readonly error: unknown };
}

/** Serves a raw route once its hooks have run. */
type Serve = () => Promise<Response | undefined>;

/**
 * Prepares a raw route before its hooks run, so that they may accept. Returns what runs its handler; that resolves with a
 * refusing response, or with undefined as soon as the handshake is accepted.
 */
export function prepareSocket(service: SocketService, exchange: Exchange, acceptance: Acceptance): Serve {
  const { defaults } = service;
  let wire: PendingWire | undefined;
  let serving: Serving | undefined;
  const open = (): Serving => {
    if (serving !== undefined) return serving;
    const rate = new MessageRate(service.clock, service.rate);
    const pending = new PendingWire(acceptance, rate, (opened) => {
      ignoreDisconnect(); // an accepted wire ends by itself
      return new SocketWatch(open().socket, pending, opened, service);
    });
    wire = pending;
    const ignoreDisconnect = exchange.onDisconnect(() => pending.abandon());
    serving = { service, exchange, acceptance, wire, socket: makeSocket(defaults, wire) };
    return serving;
  };
  exchange.context["accept"] = async (init?: AcceptInit): Promise<Socket> => {
    const { socket } = open();
    await socket.accept(init);
    return socket;
  };
  return () => serveSocket({ service, exchange, acceptance, open, refusal: () => wire?.refusal });
}

/** A raw route whose hooks have run. */
interface PreparedSocket extends Pick<Serving, "service" | "exchange" | "acceptance"> {
  /** Makes its socket, unless a hook has. */
  readonly open: () => Serving;
  /** The first close before the handshake was accepted; undefined without one. */
  readonly refusal: () => PendingWire["refusal"];
}

function serveSocket(prepared: PreparedSocket): Promise<Response | undefined> {
  const { service, exchange, acceptance, open, refusal } = prepared;
  const { connections, room } = service;
  const tooMany = connections.checkLimit(exchange);
  if (tooMany !== undefined) return Promise.resolve(tooMany);
  connections.addRaw(exchange, acceptance);
  exchange.context["room"] = room;
  let serving: Serving;
  try {
    serving = open();
  } catch (error) {
    return refuse(exchange, refusal(), { failure: { error } });
  }
  return Promise.race([acceptance.accepted, serve(serving)]);
}

async function serve(serving: Serving): Promise<Response | undefined> {
  const { service, exchange, acceptance, wire, socket } = serving;
  const state = socketState(socket);
  state.exchange = exchange;
  let unobserved: Outcome | undefined;
  state.onUnobservedRejection = (error) => {
    if (isCloseError(error, socket)) return;
    unobserved ??= { failure: { error } };
    void closeAfter(error, serving);
  };
  const outcome = await runHandler(serving);
  if (!acceptance.isAccepted) {
    const refusal = await (unobserved === undefined
      ? refuse(exchange, wire.refusal, outcome)
      : refuse(exchange, undefined, unobserved));
    wire.abandon(); // code that still waits for the socket must not wait for ever
    return refusal;
  }
  await close(serving, outcome);
  for (const error of await state.runEndCallbacks(socket.closed)) void exchange.report(error, "ending");
  for (const error of await state.waitForStreamEnds(service.clock)) void exchange.report(error, "ending");
  await exchange.end();
  return undefined;
}

async function runHandler({ service, exchange, wire, socket }: Serving): Promise<Outcome> {
  try {
    const result = await service.handler(socket, exchange.context as never);
    if (!isStreamed(result)) return checkResult(result, socket);
    filterUnread(service, wire, socket);
    const sending = socket.pipe(refusable(result));
    if ((await isWaiting(sending)) && socket.state === "connecting") await socket.accept();
    await sending;
    if (socket.state === "connecting") await socket.accept(); // an empty stream accepts too
    return {};
  } catch (error) {
    return isCloseError(error, socket) ? {} : { failure: { error } };
  }
}

function makeSocket({ Socket: Own = Socket, receive, send }: SocketOptions, wire: PendingWire): Socket {
  const codecs = { ...(receive && { receive }), ...(send && { send }) };
  // The types of its messages are known where the route is declared.
  return new Own(wire as never, codecs as never) as Socket;
}

/** Closes at, or drops, messages that arrive before a generator handler has called `receive`. */
function filterUnread({ defaults }: SocketService, wire: PendingWire, socket: Socket): void {
  const { unread = "close" } = defaults;
  wire.filter(() => {
    if (!wire.messageRequested && unread === "close")
      forceClose(socket, {
        code: CloseCode.UnsupportedData,
        reason: "this route only sends: it does not read messages",
      });
    return wire.messageRequested;
  });
}

/** Whether a stream waits for something. Until it does, it may still refuse, or accept in its own way. */
function isWaiting(sending: Promise<void>): Promise<boolean> {
  const waiting = new Promise<boolean>((resolve) => setImmediate(resolve, true));
  const ended = (): boolean => false;
  return Promise.race([sending.then(ended, ended), waiting]);
}

/** The same values. A `Response` before the first value refuses, or closes when the handshake is accepted already. */
function refusable(values: StreamedValues): AsyncIterable<unknown> {
  const iterator: AsyncIterator<unknown> | Iterator<unknown> =
    Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let begun = false;
  const next = async (): Promise<IteratorResult<unknown, undefined>> => {
    const { done, value } = await iterator.next();
    const read: unknown = await value;
    const refusal = toResponse(read);
    if (refusal !== undefined)
      throw begun
        ? new TypeError("a handler gave a Response after its first value: it is too late to refuse")
        : refusal;
    begun = true;
    return done === true ? { done, value: undefined } : { value: read };
  };
  const end = async (): Promise<IteratorResult<unknown, undefined>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
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

/** The response when a handler ended and the handshake was not accepted; the hooks end once it is sent. */
async function refuse(
  exchange: Exchange,
  refusal: PendingWire["refusal"],
  { result, failure }: Outcome,
): Promise<Response> {
  if (result instanceof Response) return result;
  const answer = failure && (await exchange.errorResponse(failure.error));
  if (refusal !== undefined) return new CloseResponse(refusal);
  const undecided =
    "the handler ended without accepting or refusing: await socket.accept(), or return a Response";
  return answer ?? exchange.errorResponse(new TypeError(undecided));
}

/** Closes the socket after its handler ended. */
async function close({ exchange, socket }: Serving, { result, failure }: Outcome): Promise<void> {
  const late = "a handler returned a Response after accept, too late to refuse: close the socket instead";
  if (result instanceof Response) void exchange.report(new TypeError(late), "open");
  const normal = { code: CloseCode.Normal, reason: "" };
  forceClose(socket, failure === undefined ? normal : await exchange.errorClose(failure.error));
}

/** Closes the socket for an error that no code waited for; before accept the handler's own end refuses. */
async function closeAfter(error: unknown, { exchange, acceptance, socket }: Serving): Promise<void> {
  const internal = { code: CloseCode.InternalError, reason: "" };
  forceClose(socket, acceptance.isAccepted ? await exchange.errorClose(error) : internal);
}

/** Whether an error only repeats that the socket has ended: code that listens to its signal fails with its reason. */
function isCloseError(error: unknown, { signal }: Socket): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.cause === signal.reason);
}

function isStreamed(value: unknown): value is StreamedValues {
  if (Array.isArray(value) || isGenerator(value)) return true;
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
