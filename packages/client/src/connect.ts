import {
  type CallOutput,
  type AnyContract,
  type CallArguments,
  type CallContext,
  type ClientMessages,
  type Closed,
  type EventInput,
  type EventName,
  type HandlerInput,
  type HandlerOutput,
  type HandlerUpload,
  ProtocolError,
  type RequestName,
  Sent,
  type ServerMessages,
  type StreamName,
} from "@symbolon/protocol";
import {
  type Credit,
  type EventOptions,
  type EventFailure,
  type Frame,
  jsonFrames,
  createPeer,
  type SaidFrame,
  Session,
  type SessionKey,
  SUBPROTOCOL,
  VERSION,
  type Welcome,
} from "@symbolon/protocol/internal";
import { startTimer } from "./connection/timer.ts";
import { sessionLost } from "./connection/close-codes.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { ReconnectingConnection } from "./connection/connection.ts";
import { createRooms, type Gap } from "./rooms.ts";
import type { ConnectionStatus, Subscribable } from "./connection/status.ts";

/** The session went on no more: what was sent and not settled may or may not have happened, and fails as unknown. */
export interface Reset {
  /** `unknown`: the server has no such session any more. `lost`: it has lost a part of it. `overflow`: it could not keep all. */
  readonly reason: string;
}

/** One end of a contract, kept connected until it is closed. */
export interface Client<C extends AnyContract> {
  /** Calls `listener` for each such message, in order; returns its own undo. */
  readonly on: {
    <Name extends EventName<ServerMessages<C>>>(
      name: Name,
      listener: (data: HandlerInput<ServerMessages<C>[Name]>) => unknown,
    ): () => void;
    /** An event failed, and nobody awaited it. */
    (name: "failed", listener: (failure: EventFailure) => unknown): () => void;
    /** The server has lost the session, and a new one began; told after the messages of the old one, before any of the new one. */
    (name: "reset", listener: (reset: Reset) => unknown): () => void;
    /** Something said in a room is lost; told before any later message of that room. */
    (name: "gap", listener: (gap: Gap) => unknown): () => void;
  };
  /**
   * Says an event; while away it is kept, and said in order on return. Awaited, it settles when the server has handled
   * it. Throws TypeError when the data cannot be written.
   */
  readonly send: <Name extends EventName<ClientMessages<C>>>(
    name: Name,
    data: EventInput<ClientMessages<C>, Name>,
    options?: EventOptions,
  ) => Sent;
  /**
   * Asks a request; while away it is kept, and asked on return. Rejects with `RequestError` or `ValidationError` when
   * the server refuses, with `OutcomeUnknown` when the session was lost before the answer, with the signal's reason.
   */
  readonly request: <Name extends RequestName<ClientMessages<C>>>(
    name: Name,
    ...data: CallArguments<ClientMessages<C>, Name>
  ) => Promise<CallOutput<ClientMessages<C>, Name>>;
  /** Asks a stream, when it is iterated; leaving the loop ends the server's handler. Fails as `request` does. */
  readonly stream: <Name extends StreamName<ClientMessages<C>>>(
    name: Name,
    ...data: CallArguments<ClientMessages<C>, Name>
  ) => AsyncGenerator<CallOutput<ClientMessages<C>, Name>, void, undefined>;
  /** Answers a request or a stream of the server; returns its own undo. Throws TypeError when it is answered already. */
  readonly handle: <Name extends RequestName<ServerMessages<C>> | StreamName<ServerMessages<C>>>(
    name: Name,
    handler: (
      input: HandlerInput<ServerMessages<C>[Name]>,
      call: CallContext & HandlerUpload<ServerMessages<C>[Name]>,
    ) => HandlerOutput<ServerMessages<C>[Name]>,
  ) => () => void;
  /** Resolves when the first handshake is done; rejects with `CloseError` when it never will be. May be left alone. */
  readonly opened: Sent;
  /** Resolves when the client has ended: by `close`, or because the server said so. Never rejects. */
  readonly closed: Promise<Closed>;
  /** Where the connection stands. */
  readonly status: Subscribable<ConnectionStatus>;
  /** Characters that are kept until the server has handled them. */
  readonly bufferedAmount: number;
  /**
   * Ends the client. What was not yet sent fails with `CloseError`, what was and is not settled with `OutcomeUnknown`.
   * Throws RangeError for a code that may not be sent. */
  readonly close: (code?: number, reason?: string) => void;
}

/** Makes a client of a contract. It dials soon after its first use, so rendering on a server touches no network. */
export function connect<C extends AnyContract>(contract: C, options: ConnectOptions<C>): Client<C> {
  const path = (contract as AnyContract).url(options.params, options.query);
  const url = `${String(options.url).replace(/\/+$/, "")}${path}`;
  const { codec = jsonFrames } = options;
  const session = new Session({ window, hardLimit: room, ...options.outbox });
  session.codec = codec;
  const opening = new Sent();
  const listeners = new Set<{ readonly name: string; readonly told: Listener }>();
  let cid: string | undefined;
  let token: string | undefined;
  let attempts = 0;
  /** Proves that the session is ours; undefined before there is one. */
  let key: SessionKey | undefined;

  let ended: (closed: Closed) => void = () => {};
  const closed = new Promise<Closed>((resolve) => (ended = resolve));

  const connection = new ReconnectingConnection(
    {
      url: async () => {
        token = await options.getToken?.(); // a token that cannot be had is a failed try
        return url;
      },
      protocols: [...new Set([codec.protocol, SUBPROTOCOL])],
      WebSocket: options.WebSocket,
    },
    {
      opened() {
        cid ??= randomId();
        attempts += 1;
        const resume = key && { ...key, rx: session.received.upTo, tx0: session.firstUnacknowledged };
        say({
          t: "hello",
          v: VERSION,
          cid,
          att: attempts,
          auth: token,
          resume,
          rooms: rooms.positions,
          ...window,
        });
      },
      message(message) {
        try {
          hear(codec.read(message, peer.frames), message.length);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          // Something between was lost with this wire: the next one brings it.
          if (error.closeCode === sessionLost) connection.drop(error.message);
          else connection.close(error.closeCode, error.message);
        }
      },
      lost: () => session.detach(),
      probe: () => say({ t: "ping", n: Date.now() }),
      leaving: () => say({ t: "bye" }),
      ended(error) {
        opening.reject(error);
        session.end(error);
        peer.end();
        ended(error);
      },
    },
  );
  const peer = createPeer<ClientMessages<C>>({
    receives: contract.definition.server ?? {},
    sends: contract.definition.client ?? {},
    session,
    after: startTimer,
    onEventFailed: (failure) => void told("failed", failure),
    onHandlerError: console.error,
    onUnreportedError: console.error,
    close: ({ code, reason }) => connection.close(code, reason),
  });
  const rooms = createRooms((gap) => peer.queue(() => told("gap", gap)));
  peer.serve(tell);

  function say(frame: Frame): void {
    connection.wire?.send(jsonFrames.write(frame));
  }

  function hear(frame: Frame, size: number): void {
    if (frame.t === "welcome") welcomed(frame);
    else if (frame.t === "ping") {
      say({ t: "pong", n: frame.n });
      session.flush();
    } else if (frame.t === "ack") session.acknowledge(frame.a, frame.but);
    else if (frame.t === "bye") connection.close();
    else if (frame.t === "goaway") connection.move(frame.at);
    else if (frame.t === "reauth") void renew().catch(() => {}); // without it the server will close, and it is asked for again
    else if ("room" in frame || frame.t === "gap") {
      if (rooms.receive(frame)) peer.receive({ ...(frame as SaidFrame), t: "event" }, size); // which it is then
    } else if (session.receive(frame) && !peer.receive(frame, size) && frame.t !== "pong")
      throw new ProtocolError(`${frame.t} has no place here`);
  }

  async function renew(): Promise<void> {
    token = await options.getToken?.();
    if (token) say({ t: "auth", token });
  }

  function welcomed(welcome: Welcome): void {
    const { sid, rt, ep, why = "", heartbeat } = welcome;
    const resumed = welcome.state === "resumed";
    if (key && !resumed) {
      session.reset();
      peer.sessionLost(() => told("reset", { reason: why }));
    }
    key = { sid, rt, ep };
    session.codec = connection.wire?.protocol === codec.protocol ? codec : jsonFrames;
    connection.established(heartbeat.i + heartbeat.t, resumed);
    // Whoever is told that it is open may close.
    if (connection.wire) session.attach(connection.wire, welcome);
    opening.resolve();
  }

  async function tell(name: string, data: unknown): Promise<void> {
    const all = [...listeners].filter((one) => one.name === name).map(async (one) => one.told(data));
    await Promise.allSettled(all);
    await Promise.all(all); // for what they threw
  }

  /** Nobody else is told what a listener throws at this. */
  function told(name: string, data: unknown): Promise<void> {
    return tell(name, data).catch(console.error);
  }

  /** The peer of a client that is used. */
  function used(): typeof peer {
    connection.dial();
    return peer;
  }

  return {
    on(name: string, listener: (data: never) => unknown) {
      const entry = { name, told: listener as Listener };
      listeners.add(entry);
      connection.dial();
      return () => void listeners.delete(entry);
    },
    send: (...event) => used().send(...event),
    request: (...question) => used().request(...question),
    stream: (...question) => used().stream(...question),
    handle: (name, handler) => used().handle(name, handler),
    get opened() {
      connection.dial();
      return opening;
    },
    closed,
    status: connection.status,
    get bufferedAmount() {
      return session.bufferedAmount;
    },
    close: (code, reason) => connection.close(code, reason),
  };
}

type Listener = (data: unknown) => unknown;

/** What the server may have said that was not handled here. */
const window: Credit = { w: 256, wb: 2 ** 20 };
const room: Credit = { w: 512, wb: 2 ** 21 };

/** 128 random bits. */
function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
