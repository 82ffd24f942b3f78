import {
  type AnyContract,
  type ClientMessages,
  type Closed,
  ProtocolError,
  type Sent,
} from "@symbolon/protocol";
import {
  byteLength,
  type Credit,
  createPeer,
  decodeAck,
  decodeWelcome,
  encodeHello,
  type EventFailure,
  type Frame,
  type FrameReceiver,
  type FrameTable,
  isThenable,
  jsonFrames,
  Receiver,
  Sender,
  type EncodedResumeKey,
  type RpcPeer,
  SUBPROTOCOL,
} from "@symbolon/protocol/internal";
import { checkArguments, noteListener, warnOfEvent, warnOfFailure } from "#warnings";
import type { Client } from "./client.ts";
import { type ConnectOptions, isFunction } from "./connect-options.ts";
import { badRequest, sessionLost } from "./connection/close-codes.ts";
import { createConnection } from "./connection/connection.ts";
import { createDeferred } from "./connection/deferred.ts";
import { createInbox } from "./connection/inbox.ts";
import { checkInsecure, join } from "./platform/address.ts";
import { randomText } from "./platform/random-text.ts";
import type { SocketWire } from "./connection/socket-wire.ts";
import type { Headers } from "./platform/websocket-class.ts";
import { delay, startTimer } from "./connection/timer.ts";
import { createRooms } from "./rooms/rooms.ts";

type Listener = (data: never) => unknown;

/** A peer to which the arguments are passed on: the types of `Client` have checked them. */
interface UncheckedPeer extends Pick<RpcPeer, "handle"> {
  send(...event: unknown[]): Sent;
  request(...call: unknown[]): Promise<never>;
  stream(...call: unknown[]): AsyncGenerator<never, void, undefined>;
}

/** The events of the client itself. They are symbols: no name of a contract is equal to one. */
const failed = Symbol();
const reset = Symbol();
const gap = Symbol();

/** The events of the server that may be unfinished here. */
const window: Credit = { messages: 256, bytes: 2 ** 20 };
/** The same before the session ends: a server that was restarted does not know what it has sent. */
const hardLimit: Credit = { messages: 512, bytes: 2 ** 21 };

/**
 * Makes a client of a contract. It connects soon after its first use, so rendering on a server uses no network.
 * @throws TypeError for a `url` without TLS (see `allowInsecure`) and, outside of production, for a contract of another version and a value that an option cannot have.
 * @example
 * const client = connect(chat, { url: "https://example.com", params: { room: "lobby" } });
 */
export function connect<C extends AnyContract>(contract: C, options: ConnectOptions<C>): Client<C> {
  checkArguments(contract, options);
  const { url, params, query, headers, getToken, allowInsecure } = options;
  const codec = options.codec ?? contract.definition.codec ?? jsonFrames;
  const values: unknown[] = [url, params, query, headers];
  /** The address of the newest dial. */
  let address = "";
  /** The address that these values make. */
  function addressOf([base, params, query]: readonly unknown[]): string {
    address = join(base as string, (contract as AnyContract).url(params, query));
    if (!allowInsecure) checkInsecure(address, getToken ? ["token"] : Object.keys(params ?? {}));
    return address;
  }
  if (!isFunction(url)) join(url);
  if (!values.some(isFunction)) addressOf(values);
  const limits = { window, hardLimit, ...options.outbox };
  const receiver = new Receiver(limits);
  const sender = new Sender(limits, receiver);
  const opened = createDeferred();
  const closed = createDeferred<Closed>();
  const listeners = new Set<{ readonly event: string | symbol; readonly call: Listener }>();
  /** Names the client, and this instance of it. */
  let ids: readonly [string, string] | undefined;
  let token: string | undefined;
  let attempt = 0;
  /** The client's session; undefined before the first welcome. */
  let resumeKey: EncodedResumeKey | undefined;
  /** The wire of the last welcome. */
  let welcomed: SocketWire | undefined;
  /** The wire on which the server has asked for a fresh token that has not come yet. */
  let renewing: SocketWire | undefined;
  const inbox = createInbox(options.inbox);
  /** Set when the client ends as soon as the server has handled what it keeps. */
  let stopFlushing: (() => void) | undefined;
  opened.promise.catch(() => {}); // a failure that no code awaits is no unhandled rejection
  sender.codec = codec;

  const connection = createConnection(
    {
      ...options,
      async url(refused) {
        token = await getToken?.({ refused }); // a failure to get a token is a failed attempt
        const given = await Promise.all(values.map((value) => (isFunction(value) ? value() : value)));
        try {
          return [addressOf(given), given[3] as Headers | undefined];
        } catch (error) {
          connection.close(badRequest, (error as Error).message); // every attempt would fail
          throw error;
        }
      },
      protocols: [...new Set([codec.protocol, SUBPROTOCOL])],
    },
    {
      opened() {
        ids ??= [randomText(4), randomText(8)];
        attempt += 1;
        const receivedUpTo = receiver.detach(); // an acknowledgement beyond it, on the old wire, may come before this `hello`
        const session = [resumeKey, receivedUpTo, sender.firstHeld] as const;
        send(encodeHello([...ids, attempt], token, ...session, rooms.detach(), window));
      },
      message(message) {
        try {
          const frame = codec.read(message, peer.readOptions);
          const acknowledged = decodeAck(frame);
          if (acknowledged) sender.acknowledge(acknowledged);
          const bytes = byteLength(message);
          const { waiting } = peer;
          if (!frame.s || receiver.accept(frame.s, bytes))
            ((frames[(frame as Frame).t] ?? receive) as FrameReceiver)(frame, bytes);
          if (peer.waiting > waiting) inbox(peer.waiting, bytes);
          if (stopFlushing && !sender.undelivered) connection.close();
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          // A message was lost with this wire: the server sends it again on the next one.
          if (error.closeCode === sessionLost) connection.drop(error.message);
          else connection.close(error.closeCode, error.message);
        }
      },
      lost: () => sender.detach(),
      probe: () => send({ t: "ping", n: Date.now() }),
      leaving: () => send({ t: "bye" }),
      ended(error) {
        stopFlushing?.();
        opened.reject(error);
        sender.end(error);
        peer.end();
        closed.resolve(error);
      },
    },
  );
  const peer = createPeer<ClientMessages<C>>({
    receives: contract.definition.server ?? {},
    sends: contract.definition.client ?? {},
    outbox: sender,
    receiver,
    after: startTimer,
    nextTurn: delay,
    onEventFailed,
    onHandlerError: console.error,
    onUnreportedError: console.error,
    close: ({ code, reason }) => connection.close(code, reason),
  });
  const receive: FrameReceiver = peer.receive.bind(peer);
  const rooms = createRooms({
    onEvent: receive,
    onFailed: onEventFailed,
    send,
    dial: connection.dial,
    onGap: (lost) => peer.queue(() => emit(gap, lost)),
    ...options.inbox,
  });
  const frames: FrameTable = {
    welcome(frame) {
      if (welcomed === connection.wire) receive(frame, 0); // throws: a wire has one welcome
      welcomed = connection.wire;
      const welcome = decodeWelcome(frame);
      const resumed = welcome.state === "resumed";
      if (resumeKey && !resumed) {
        sender.reset();
        peer.sessionLost(() => emit(reset, { reason: welcome.reason ?? "" }));
      }
      resumeKey = welcome.key;
      sender.codec = connection.wire?.socket?.protocol === codec.protocol ? codec : jsonFrames;
      connection.established(welcome.maxSilence, resumed, frame.ttl);
      welcome.rooms?.forEach(rooms.place);
      if (connection.wire) sender.attach(connection.wire, welcome); // a subscriber of the status may have closed the client
      opened.resolve();
    },
    ack() {}, // acknowledges like every frame
    ping({ n }) {
      // What a full wire still carries is a sign of life; a server that does not read gets nothing more.
      if (connection.wire?.drained()) return;
      send({ t: "pong", n });
      receiver.flush();
    },
    pong() {},
    bye: () => connection.close(),
    goaway: ({ at }) => connection.move(at),
    reauth: () => void renewToken().catch(() => {}), // the server closes then, and the client gets a token for its next dial
    ...rooms.frames,
  };
  peer.serve(dispatch);

  function send(frame: Frame): void {
    connection.wire?.send(jsonFrames.write(frame));
  }

  /** Sends a fresh token. However often the server asks on a wire, it gets one at a time. */
  async function renewToken(): Promise<void> {
    const { wire } = connection;
    if (renewing === wire) return;
    renewing = wire;
    token = await getToken?.({ refused: false });
    await wire?.drained();
    renewing = undefined;
    if (token) send({ t: "auth", token });
  }

  /**
   * Calls the listeners of an event. Rejects with what one of them throws, when all have settled.
   * @returns undefined when no listener is asynchronous: the next message does not wait, and no reply overtakes this one.
   */
  function dispatch(event: string | symbol, data: unknown): Promise<unknown> | undefined {
    warnOfEvent(listeners, event, contract);
    const results = [...listeners]
      .filter((one) => one.event === event)
      .map((one) => {
        try {
          return one.call(data as never);
        } catch (error) {
          return Promise.reject(error);
        }
      });
    if (!results.some(isThenable)) return undefined;
    return Promise.allSettled(results).then(() => Promise.all(results));
  }

  function onEventFailed(failure: EventFailure): void {
    warnOfFailure(listeners, failed, failure, contract);
    void emit(failed, failure);
  }

  /** Calls the listeners of an event of the client itself. */
  function emit(event: symbol, data: unknown): unknown {
    return dispatch(event, data)?.catch(console.error);
  }

  function listen(event: string | symbol, call: Listener): () => void {
    const entry = { event, call };
    listeners.add(entry);
    noteListener(listeners, event);
    connection.dial();
    return () => void listeners.delete(entry);
  }

  /** The peer; the client connects when it is used. */
  function connected(): UncheckedPeer {
    connection.dial();
    return peer as unknown as UncheckedPeer;
  }

  return {
    on: listen,
    onFailed: (listener) => listen(failed, listener),
    onReset: (listener) => listen(reset, listener),
    onGap: (listener) => listen(gap, listener),
    send: (...event: unknown[]) => connected().send(...event),
    request: (...call: unknown[]) => connected().request(...call),
    stream: (...call: unknown[]) => connected().stream(...call),
    handle: (name, handler) => connected().handle(name, handler),
    presence: rooms.presence,
    get opened() {
      connection.dial();
      return opened.promise;
    },
    closed: closed.promise,
    get url() {
      return address;
    },
    status: connection.status,
    get bufferedAmount() {
      return sender.bufferedAmount;
    },
    reconnect: connection.reconnect,
    close(code, reason) {
      if (typeof code !== "object") return connection.close(code, reason);
      stopFlushing?.();
      if (!sender.undelivered) return connection.close();
      connection.dial();
      stopFlushing = startTimer(code.timeout ?? 5_000, connection.close);
    },
  };
}
