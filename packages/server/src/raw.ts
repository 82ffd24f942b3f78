import { CloseCode, type Closed } from "@symbolon/protocol";
import type { Clock } from "./clock.ts";
import { type Accept, type Attempt, ClosedBefore, closeFor } from "./attempt.ts";
import { beating, type HeartbeatOptions } from "./heartbeat.ts";
import { idling } from "./idle.ts";
import { lingered } from "./lingering.ts";
import { PendingWire } from "./pending-wire.ts";
import { Socket } from "./server-socket.ts";
import type { SocketLayer } from "./socket-options.ts";
import { dealWithUnread } from "./unread.ts";

/** Serves one raw WebSocket: it may return a `Response` to refuse, or values to stream. */
export interface SocketHandler<S, Context> {
  (socket: S, context: Context): SocketResult | Promise<SocketResult>;
  /** Runs when an accepted socket has ended and the handler with it, before the hooks end. */
  readonly close?: (closed: Closed, socket: S, context: Context) => unknown;
}

/** What a socket handler may return: nothing, a refusal before accept, or an iterable of values to send. */
export type SocketResult =
  | Response
  | AsyncIterable<unknown>
  | Iterable<unknown>
  | PromiseLike<unknown>
  | void;

/** What a raw route needs to run. */
export interface RawRoute {
  readonly handler: SocketHandler<Socket, never>;
  readonly layer: SocketLayer;
  readonly clock: Clock;
  readonly heartbeat: HeartbeatOptions;
}

/** Runs a raw route's handler. Resolves with a refusing response, or with undefined as soon as the handshake is accepted. */
export function serveRaw(route: RawRoute, attempt: Attempt, accept: Accept): Promise<Response | undefined> {
  return new Promise((decide) => {
    const { clock, heartbeat, layer } = route;
    const wire: PendingWire = new PendingWire(
      async (init) => {
        const opened = await accept(init);
        decide(undefined);
        return opened;
      },
      (opened, listener) => {
        const { idleTimeout } = layer;
        const watched =
          idleTimeout === undefined
            ? listener
            : idling(listener, clock, idleTimeout, () =>
                wire.close(CloseCode.GoingAway, `no message for ${idleTimeout} ms`),
              );
        return beating(watched, opened, clock, heartbeat, opened.ping && (() => opened.ping?.()));
      },
    );
    void converse(route, attempt, wire).then(decide);
  });
}

/** What a handler came to. */
interface Outcome {
  readonly result?: unknown;
  readonly failure?: { readonly error: unknown };
}

async function converse(route: RawRoute, attempt: Attempt, wire: PendingWire): Promise<Response | undefined> {
  let socket: Socket;
  try {
    socket = makeSocket(route.layer, wire);
  } catch (error) {
    return refuse(attempt, wire, { failure: { error } });
  }
  const outcome = await run(route, attempt, socket, wire);
  if (!wire.accepted) return refuse(attempt, wire, outcome);
  await leave(route, attempt, socket, outcome);
  return undefined;
}

function makeSocket({ Socket: Own = Socket, receive, send }: SocketLayer, wire: PendingWire): Socket {
  const codecs = { ...(receive && { receive }), ...(send && { send }) };
  // The types of its messages are known where the route was declared.
  return new Own(wire as never, codecs as never) as Socket;
}

async function run(route: RawRoute, attempt: Attempt, socket: Socket, wire: PendingWire): Promise<Outcome> {
  try {
    const result = await route.handler(socket, attempt.context as never);
    if (!isIterable(result)) return { result };
    dealWithUnread(route.layer.unread ?? "close", socket, wire);
    await socket.pipe(result);
    if (socket.state === "connecting") await socket.accept(); // a stream of nothing was one too
    return {};
  } catch (error) {
    return { failure: { error } };
  }
}

/** The handler came to its end and the handshake was not accepted. */
async function refuse(attempt: Attempt, wire: PendingWire, outcome: Outcome): Promise<Response> {
  await attempt.end(outcome.failure?.error);
  const response = refusalOf(attempt, wire, outcome);
  if (!response.bodyUsed) return response;
  return mistake(attempt, "this Response was used before, and its body is gone: make one for each refusal");
}

function refusalOf(attempt: Attempt, { refusal }: PendingWire, { result, failure }: Outcome): Response {
  if (result instanceof Response) return result;
  if (refusal !== undefined) return new ClosedBefore(refusal);
  if (failure !== undefined) return attempt.refusal(failure.error);
  return mistake(
    attempt,
    "the handler ended without accepting or refusing: await socket.accept(), or return a Response",
  );
}

function mistake(attempt: Attempt, what: string): Response {
  attempt.report(new TypeError(what));
  return new Response("Internal Server Error", { status: 500 });
}

/** The handler came to its end after the handshake was accepted: closes, and ends what the connection began. */
async function leave(
  { handler, clock }: RawRoute,
  attempt: Attempt,
  socket: Socket,
  { result, failure }: Outcome,
): Promise<void> {
  const own = failure !== undefined && !tellsOfEnd(failure.error, socket) ? failure : undefined;
  if (result instanceof Response)
    attempt.report(
      new TypeError("a Response came after accept, when it can refuse nothing: close the socket instead"),
    );
  try {
    const { code, reason } =
      own === undefined
        ? { code: CloseCode.Normal, reason: "" }
        : closeFor(own.error, () => attempt.report(own.error));
    socket.close(code, reason);
  } catch {
    socket.close(CloseCode.InternalError); // a code that may not be sent
  }
  try {
    await handler.close?.(await socket.closed, socket, attempt.context as never);
  } catch (error) {
    attempt.report(error);
  }
  for (const error of await lingered(socket, clock)) attempt.report(error);
  await attempt.end(own?.error);
}

/** Whether an error says no more than that the socket has ended: what listens to its signal fails with it, or because of it. */
function tellsOfEnd(error: unknown, { signal }: Socket): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.cause === signal.reason);
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
