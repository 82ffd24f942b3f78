import { CloseCode, CloseError, type Codec } from "@symbolon/protocol";
import type { Clock } from "./clock.ts";
import type { Accept, Attempt } from "./attempt.ts";
import { ClosedBefore } from "./failure.ts";
import { beating, type HeartbeatOptions } from "./heartbeat.ts";
import { PendingWire, Socket } from "./server-socket.ts";

/** Serves one raw WebSocket: it may return a `Response` to refuse, or values to stream. */
export type SocketHandler<S, Context> = (socket: S, context: Context) => SocketResult | Promise<SocketResult>;

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
  readonly receive?: Codec<never, unknown> | undefined;
  readonly send?: Codec<never, unknown> | undefined;
  readonly clock: Clock;
  readonly heartbeat: HeartbeatOptions;
}

/** Runs a raw route's handler. Resolves with a refusing response, or with undefined as soon as the handshake is accepted. */
export function serveRaw(route: RawRoute, attempt: Attempt, accept: Accept): Promise<Response | undefined> {
  return new Promise((decide) => {
    const wire = new PendingWire(
      async (init) => {
        const opened = await accept(init);
        decide(undefined);
        return opened;
      },
      (opened, listener) =>
        beating(listener, opened, route.clock, route.heartbeat, opened.ping && (() => opened.ping?.())),
    );
    const socket = new Socket(wire, {
      ...(route.receive && { receive: route.receive as never }),
      ...(route.send && { send: route.send }),
    });
    void converse(route, attempt, socket, wire).then(decide);
  });
}

async function converse(
  route: RawRoute,
  attempt: Attempt,
  socket: Socket,
  wire: PendingWire,
): Promise<Response | undefined> {
  try {
    const result = await route.handler(socket, attempt.context as never);
    if (result instanceof Response && !wire.accepted) return result;
    if (isIterable(result)) await socket.pipe(result);
    if (wire.accepted) {
      socket.close();
      await attempt.end();
      return undefined;
    }
    if (wire.refusal !== undefined) return new ClosedBefore(wire.refusal);
    throw new Error(
      "the handler ended without accepting or refusing: await socket.accept(), or return a Response",
    );
  } catch (error) {
    return fail(attempt, socket, wire, error);
  }
}

async function fail(
  attempt: Attempt,
  socket: Socket,
  wire: PendingWire,
  error: unknown,
): Promise<Response | undefined> {
  const theirs = error instanceof CloseError && socket.signal.aborted && socket.signal.reason === error;
  if (!wire.accepted) {
    const answer = theirs ? undefined : await attempt.refusal(error);
    return wire.refusal === undefined ? answer : new ClosedBefore(wire.refusal);
  }
  if (!theirs) {
    const { code, reason } = await attempt.close(error);
    try {
      socket.close(code, reason);
    } catch {
      socket.close(CloseCode.InternalError); // a code that may not be sent
    }
  }
  await attempt.end();
  return undefined;
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return (
    typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}
