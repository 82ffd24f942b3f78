import type { Closed } from "@symbolon/protocol";
import { onSocketEnd } from "./farewell.ts";
import type { SocketHandler } from "./serve-socket.ts";
import type { Socket } from "./socket.ts";

/** What a listener hears: the messages of its route. */
export type ListenerInput<S> = S extends Socket<infer Receive, never> ? Receive : never;

/** What a listener may answer: a value to send, or undefined for none, now or later. */
export type ListenerResult<S> = Sendable<S> | undefined | void | PromiseLike<Sendable<S> | undefined | void>;

type Sendable<S> = S extends Socket<unknown, infer Send> ? Send : never;

/** Hears one message; what it returns is sent. The value comes first, for most listeners need no more. */
export type MessageListener<S, Context> = (
  value: ListenerInput<S>,
  socket: S,
  context: Context,
) => ListenerResult<S>;

/** Listens to a socket: any object with `message` does, an instance of any class too; `this` is kept. */
export interface Listener<S, Context> {
  /** Runs when the handshake was accepted, before any message is heard. */
  readonly open?: (socket: S, context: Context) => unknown;
  /** Hears one message after another, in order; what it returns is sent, and undefined sends nothing. */
  readonly message: MessageListener<S, Context>;
  /** Runs once when the socket has ended, however it did, a crash of this listener included. */
  readonly close?: (closed: Closed, socket: S, context: Context) => unknown;
}

/** A function that listens and is written outside of a route: its own types say what it hears and answers, and which routes it fits. */
export type StandaloneMessageListener<Value, Reply, Context> = (
  value: Value,
  socket: StandaloneSocket<Value, Reply>,
  context: Context,
) => Reply;

/** An object that listens and is written outside of a route: its own types say which routes it fits. */
export interface StandaloneListener<Value, Reply, Context> extends Pick<
  Listener<StandaloneSocket<Value, Reply>, Context>,
  "open" | "close"
> {
  /** As `message` of a `Listener`. */
  readonly message: StandaloneMessageListener<Value, Reply, Context>;
}

/** The socket of a listener that is written outside of a route. */
export type StandaloneSocket<Value, Reply> = Socket<Value, Said<Reply>>;

type Said<Reply> = Exclude<Awaited<Reply>, undefined | void>;

/**
 * Makes a handler of a listener: message in, value out. A message that is not of the kind, text or binary, which the
 * route reads is ignored; one that its codec or schema refuses closes with 1003, unless `onError` says otherwise.
 * What is returned after the socket was closed is dropped. One object listens to all connections of its route.
 */
export function listen<S extends Socket<unknown, never>, Context>(
  listener: MessageListener<S, Context> | Listener<S, Context>,
): SocketHandler<S, Context>;
export function listen<Value, Reply, Context = unknown>(
  listener: StandaloneMessageListener<Value, Reply, Context> | StandaloneListener<Value, Reply, Context>,
): SocketHandler<StandaloneSocket<Value, Reply>, Context>;
export function listen<S extends Socket<unknown, never>, Context>(
  listener: MessageListener<S, Context> | Listener<S, Context>,
): SocketHandler<S, Context> {
  const heard: Listener<S, Context> = typeof listener === "function" ? { message: listener } : listener;
  return listenEach(() => heard);
}

/**
 * Makes a handler of a listener for each connection, as `listen` does of one for all of them. `make` runs before the
 * handshake is accepted: what it throws refuses it.
 */
export function listenEach<S extends Socket<unknown, never>, Context>(
  make: (socket: S, context: Context) => Listener<S, Context>,
): SocketHandler<S, Context>;
export function listenEach<Value, Reply, Context = unknown>(
  make: (
    socket: StandaloneSocket<Value, Reply>,
    context: Context,
  ) => StandaloneListener<Value, Reply, Context>,
): SocketHandler<StandaloneSocket<Value, Reply>, Context>;
export function listenEach<S extends Socket<unknown, never>, Context>(
  make: (socket: S, context: Context) => Listener<S, Context>,
): SocketHandler<S, Context> {
  return async (socket, context) => {
    const heard = make(socket, context);
    socket.ignoreOtherKinds();
    await socket.accept();
    if (heard.close !== undefined) onSocketEnd(socket, (closed) => heard.close?.(closed, socket, context));
    await heard.open?.(socket, context);
    for await (const value of socket) {
      const answer = await heard.message(value as ListenerInput<S>, socket, context);
      if (answer !== undefined && socket.state === "open") await socket.send(answer as never);
    }
  };
}
