import type { Closed, Sent } from "@symbolon/protocol";
import { isThenable } from "@symbolon/protocol/internal";
import { checkFunction, toResponse } from "../request/response.ts";
import type { SocketHandler } from "./serve-socket.ts";
import { readEach, type Socket } from "./socket.ts";
import { socketState } from "./socket-state.ts";

/** The values that a listener receives: the messages of its route. */
type ListenerInput<S> = S extends Socket<infer Receive, never> ? Receive : never;

/** What a listener may return: a value to send, or undefined to send nothing; or a promise of it. */
type ListenerResult<S> = Sendable<S> | undefined | void | PromiseLike<Sendable<S> | undefined | void>;

type Sendable<S> = S extends Socket<unknown, infer Send> ? Send : never;

/** Receives one message and returns the reply. The value comes first, since most listeners need only that. */
export type MessageListener<S, Context> = (
  value: ListenerInput<S>,
  socket: S,
  context: Context,
) => ListenerResult<S>;

/** Listens to a socket. It may be an instance of a class: `this` is kept. */
export interface Listener<S, Context> {
  /** Runs when the handshake was accepted, before the first message: too late for headers of the 101. */
  readonly open?: (socket: S, context: Context) => unknown;
  /** Receives the messages one after another, in order. Its result is sent; undefined sends nothing. */
  readonly message: MessageListener<S, Context>;
  /** Runs once when the socket has ended, also after an error of this listener. */
  readonly close?: (closed: Closed, socket: S, context: Context) => unknown;
}

/** A listener function that is written outside of a route: its own types decide which routes it fits. */
export type StandaloneMessageListener<Value, Reply, Context> = (
  value: Value,
  socket: StandaloneSocket<Value, Reply>,
  context: Context,
) => Reply;

/** A listener object that is written outside of a route: its own types decide which routes it fits. */
export interface StandaloneListener<Value, Reply, Context> extends Pick<
  Listener<StandaloneSocket<Value, Reply>, Context>,
  "open" | "close"
> {
  /** As `message` of a `Listener`. */
  readonly message: StandaloneMessageListener<Value, Reply, Context>;
}

/** The socket of a listener that is written outside of a route. */
export type StandaloneSocket<Value, Reply> = Socket<Value, Exclude<Awaited<Reply>, undefined | void>>;

// The overloads write the types of their results in full: a user's declarations can name only types of the entry.

/**
 * Makes a handler from a listener, which serves all connections of its route. A message of another kind, text or binary,
 * than the route reads is dropped; `onError` is called with the first one of a connection (phase `"receive"`). A message
 * that the codec or schema rejects closes with 1003, unless `onError` answers otherwise. A reply is dropped when the socket
 * has closed meanwhile; what was received before is still handled.
 *
 * @example
 *   app.ws("/echo", listen((message) => message));
 */
export function listen<S extends Socket<unknown, never>, Context>(
  listener: MessageListener<S, Context> | Listener<S, Context>,
): SocketHandler<S, Context>;
export function listen<Value, Reply, Context = unknown>(
  listener: StandaloneMessageListener<Value, Reply, Context> | StandaloneListener<Value, Reply, Context>,
): SocketHandler<Socket<Value, Exclude<Awaited<Reply>, undefined | void>>, Context>;
export function listen<S extends Socket<unknown, never>, Context>(
  listener: MessageListener<S, Context> | Listener<S, Context>,
): SocketHandler<S, Context> {
  const shared: Listener<S, Context> = typeof listener === "function" ? { message: listener } : listener;
  checkListener(shared, "listen");
  return listenEach(() => shared);
}

/**
 * Makes a handler as `listen` does, with a new listener for each connection. `make` runs before the handshake is
 * accepted: an error that it throws refuses the handshake, and it may call `socket.accept({ headers })`.
 * @example
 * app.ws("/count", listenEach(() => new Counter()));
 */
export function listenEach<S extends Socket<unknown, never>, Context>(
  make: (socket: S, context: Context) => Listener<S, Context>,
): SocketHandler<S, Context>;
export function listenEach<Value, Reply, Context = unknown>(
  make: (
    socket: StandaloneSocket<Value, Reply>,
    context: Context,
  ) => StandaloneListener<Value, Reply, Context>,
): SocketHandler<Socket<Value, Exclude<Awaited<Reply>, undefined | void>>, Context>;
export function listenEach<S extends Socket<unknown, never>, Context>(
  make: (socket: S, context: Context) => Listener<S, Context>,
): SocketHandler<S, Context> {
  checkFunction(make, "the argument of listenEach");
  return async (socket, context) => {
    const listener = make(socket, context);
    checkListener(listener, "listenEach");
    socket.ignoreOtherTypes();
    await socket.accept();
    if (listener.close !== undefined)
      socketState(socket).onEnd((closed) => listener.close?.(closed, socket, context));
    const refusal = toResponse(await listener.open?.(socket, context));
    if (refusal !== undefined) throw refusal; // closes with 4000 + its status
    // Not awaited: this function would stay in memory for as long as the socket is open.
    return readEach(socket, (value) => {
      const reply = listener.message(value as ListenerInput<S>, socket, context);
      return isThenable(reply) ? sendLater(reply, socket) : sendReply(reply, socket);
    });
  };
}

/** @throws TypeError for a listener whose `message`, `open` or `close` is not a function. */
function checkListener(listener: unknown, caller: string): void {
  const { message, open, close } = Object(listener) as Readonly<
    Record<"message" | "open" | "close", unknown>
  >;
  checkFunction(message, `\`message\` of the listener of ${caller}`);
  if (open !== undefined) checkFunction(open, `\`open\` of the listener of ${caller}`);
  if (close !== undefined) checkFunction(close, `\`close\` of the listener of ${caller}`);
}

/** Sends a reply, or nothing for undefined. @returns a promise when it has to wait until the buffer has drained. */
function sendReply(reply: unknown, socket: Socket<unknown, never>): Promise<void> | undefined {
  if (reply === undefined) return undefined;
  if (toResponse(reply) !== undefined)
    throw new TypeError(
      "a listener returned a Response: it is too late to refuse, so close the socket instead",
    );
  if (socket.state !== "open") return undefined;
  const sent = socket.send(reply as never);
  return sent.state === "fulfilled" ? undefined : untilSent(sent, socket);
}

async function sendLater(reply: PromiseLike<unknown>, socket: Socket<unknown, never>): Promise<void> {
  await sendReply(await reply, socket);
}

/** Waits for a reply. The end of the socket drops it: what was received before is still handled. */
async function untilSent(sent: Sent, socket: Socket<unknown, never>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    if (!socket.signal.aborted || error !== socket.signal.reason) throw error;
  }
}
