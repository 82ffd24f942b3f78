import { CloseCode, type Closed } from "@symbolon/protocol";
import type { Wire, WireListener } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import type { Accept, Exchange } from "../request/exchange.ts";
import { CloseResponse } from "../request/errors.ts";
import { runEndCallbacks } from "./farewell.ts";
import { startHeartbeat, type HeartbeatOptions } from "../timing/heartbeat.ts";
import { isGenerator } from "../request/hook.ts";
import { startIdleTimeout } from "../timing/idle.ts";
import { waitForStreamEnds } from "./lingering.ts";
import { setExchange } from "./socket-rooms.ts";
import { PendingWire } from "./pending-wire.ts";
import { Socket } from "./socket.ts";
import { forceClose } from "./shut.ts";
import type { SocketDefaults } from "./socket-options.ts";
import { onUnobservedRejection } from "./observed-promise.ts";
import { filterUnread } from "./unread.ts";

/** Serves one raw WebSocket: it may return a `Response` to refuse, or values to stream. */
export type SocketHandler<S, Context> = (socket: S, context: Context) => SocketResult | Promise<SocketResult>;

/** What a socket handler may return: nothing, a refusal before accept, or values to send, one by one. */
export type SocketResult =
  | Response
  | StreamedValues
  | PromiseLike<Response | StreamedValues | Closed | void>
  | void;

/** Values to send: of a generator, of anything asynchronous, or of an array. Not of a string or bytes, which are one message. */
export type StreamedValues = AsyncIterable<unknown> | IterableIterator<unknown> | readonly unknown[];

/** What a raw route needs to run. */
export interface SocketService {
  readonly handler: SocketHandler<Socket, never>;
  readonly defaults: SocketDefaults;
  readonly clock: Clock;
  readonly heartbeat: Required<HeartbeatOptions>;
}

/** What a handler came to. */
interface Outcome {
  readonly result?: unknown;
  readonly failure?: { readonly error: unknown };
}

/** Runs a raw route's handler. Resolves with a refusing response, or with undefined as soon as the handshake is accepted. */
export function serveSocket(
  route: SocketService,
  attempt: Exchange,
  accept: Accept,
): Promise<Response | undefined> {
  return new Promise((decide) => {
    let socket: Socket;
    const wire: PendingWire = new PendingWire(
      async (init) => {
        const opened = await accept(init);
        decide(undefined);
        return opened;
      },
      (opened, listener) => {
        const idle = (reason: string): void => forceClose(attempt, socket, CloseCode.GoingAway, reason);
        return watch(route, opened, listener, { paused: () => wire.paused, idle });
      },
    );
    const { signal } = attempt.context.request;
    if (signal.aborted) wire.clientLeft();
    else signal.addEventListener("abort", () => wire.clientLeft(), { once: true });
    try {
      socket = makeSocket(route.defaults, wire);
      setExchange(socket, attempt);
      void runHandler(route, attempt, socket, wire).then(decide);
    } catch (error) {
      void refuse(attempt, wire, { failure: { error } }).then(decide);
    }
  });
}

async function runHandler(
  route: SocketService,
  attempt: Exchange,
  socket: Socket,
  wire: PendingWire,
): Promise<Response | undefined> {
  let unheard: Outcome | undefined;
  onUnobservedRejection(socket, (error) => {
    if (isCloseError(error, socket)) return;
    unheard ??= { failure: { error } };
    void shutFor(error, attempt, socket, wire);
  });
  const outcome = await run(route, attempt, socket, wire);
  if (!wire.accepted) {
    const refusal = await (unheard === undefined
      ? refuse(attempt, wire, outcome)
      : refuse(attempt, {}, unheard));
    wire.clientLeft(); // what still waits for the socket waits in vain
    return refusal;
  }
  await close(attempt, socket, outcome);
  for (const error of await runEndCallbacks(socket)) void attempt.report(error, "ending");
  for (const error of await waitForStreamEnds(socket, route.clock)) void attempt.report(error, "ending");
  await attempt.end();
  return undefined;
}

/** Ends a socket for what failed while nobody waited for it; before accept the handler's own end refuses. */
async function shutFor(error: unknown, attempt: Exchange, socket: Socket, wire: PendingWire): Promise<void> {
  const { code, reason } = wire.accepted
    ? await attempt.errorClose(error)
    : { code: CloseCode.InternalError, reason: "" };
  forceClose(attempt, socket, code, reason);
}

function watch(
  { clock, heartbeat, defaults: { idleTimeout: timeout } }: SocketService,
  wire: Wire,
  listener: WireListener,
  { paused, idle }: { readonly paused: () => boolean; readonly idle: (reason: string) => void },
): WireListener {
  const ping = wire.ping && ((): void => wire.ping?.());
  const stops = [startHeartbeat(wire, clock, heartbeat, ping)];
  if (timeout !== undefined) {
    const onIdle = (): void => idle(`no message for ${timeout} ms`);
    stops.push(startIdleTimeout(wire, clock, { timeout, isPaused: paused, onIdle }));
  }
  const closed: WireListener["closed"] = (end) => {
    for (const stop of stops) stop();
    listener.closed(end);
  };
  return { ...listener, closed };
}

function makeSocket({ Socket: Own = Socket, receive, send }: SocketDefaults, wire: PendingWire): Socket {
  const codecs = { ...(receive && { receive }), ...(send && { send }) };
  // The types of its messages are known where the route was declared.
  return new Own(wire as never, codecs as never) as Socket;
}

async function run(
  route: SocketService,
  attempt: Exchange,
  socket: Socket,
  wire: PendingWire,
): Promise<Outcome> {
  try {
    const result = await route.handler(socket, attempt.context as never);
    if (!isStreamed(result)) return checkResult(result, socket);
    filterUnread(route.defaults.unread ?? "close", wire, (code, reason) =>
      forceClose(attempt, socket, code, reason),
    );
    const sending = socket.pipe(result);
    if ((await isWaiting(sending)) && socket.state === "connecting") await socket.accept();
    await sending;
    if (socket.state === "connecting") await socket.accept(); // a stream of nothing was one too
    return {};
  } catch (error) {
    return isCloseError(error, socket) ? {} : { failure: { error } };
  }
}

/** Whether a stream has come to something that takes time: what it does at once may still refuse, or accept in its own way. */
function isWaiting(sending: Promise<void>): Promise<boolean> {
  const soon = new Promise<boolean>((resolve) => setImmediate(resolve, true));
  const over = (): boolean => false;
  return Promise.race([sending.then(over, over), soon]);
}

/** A value that is neither sent nor a refusal is a mistake: whoever returns it means something by it. */
function checkResult(result: unknown, socket: Socket): Outcome {
  if (result === undefined || result instanceof Response || socket.state === "closed") return { result };
  const kind = result === null ? "null" : typeof result === "object" ? "an object" : `a ${typeof result}`;
  throw new TypeError(
    `a handler returned ${kind}: send it, or return a Response, a generator or an array of values to send`,
  );
}

/** The handler came to its end and the handshake was not accepted; the hooks end when the response was sent. */
async function refuse(
  attempt: Exchange,
  { refusal }: Partial<Pick<PendingWire, "refusal">>,
  { result, failure }: Outcome,
): Promise<Response> {
  if (result instanceof Response) return result;
  const answer = failure && (await attempt.errorResponse(failure.error));
  if (refusal !== undefined) return new CloseResponse(refusal);
  const undecided =
    "the handler ended without accepting or refusing: await socket.accept(), or return a Response";
  return answer ?? attempt.errorResponse(new TypeError(undecided));
}

/** The handler came to its end after the handshake was accepted. */
async function close(attempt: Exchange, socket: Socket, { result, failure }: Outcome): Promise<void> {
  const late = "a Response came after accept, when it can refuse nothing: close the socket instead";
  if (result instanceof Response) void attempt.report(new TypeError(late), "open");
  const normal = { code: CloseCode.Normal, reason: "" };
  const { code, reason } = failure === undefined ? normal : await attempt.errorClose(failure.error);
  forceClose(attempt, socket, code, reason);
}

/** Whether an error says no more than that the socket has ended: what listens to its signal fails with it, or because of it. */
function isCloseError(error: unknown, { signal }: Socket): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.cause === signal.reason);
}

function isStreamed(value: unknown): value is StreamedValues {
  if (Array.isArray(value) || isGenerator(value)) return true;
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
