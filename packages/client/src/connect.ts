import {
  type AnyContract,
  type ClientMessages,
  checkCloseCode,
  CloseCode,
  type Closed,
  type Failure,
  type Input,
  type Message,
  type Output,
  Peer,
  ProtocolError,
  readFrame,
  Sent,
  type ServerMessages,
  Session,
  SUBPROTOCOL,
  type UrlArguments,
  VERSION,
  type Welcome,
  type Wire,
  writeFrame,
} from "@symbolon/protocol";
import { Connection } from "./connection.ts";
import type { WebSocketClass } from "./reconnecting.ts";
import type { ConnectionStatus, Watchable } from "./status.ts";

/** Where a contract is served, and as whom to connect. */
export type ConnectOptions<C extends AnyContract> = {
  /** The server: `https://example.com` or `wss://example.com`; its path, if any, comes before the contract's. */
  readonly url: string | URL;
  /** Asked before every dial for the credential that `hello` carries; a rejection is a failed try. Default none. */
  readonly getToken?: () => string | Promise<string>;
  /** The `WebSocket` class to use. Default: the platform's. */
  readonly WebSocket?: WebSocketClass;
} & UrlOptions<UrlArguments<C>>;

type UrlOptions<Arguments extends readonly unknown[]> = Named<"params", Arguments[0]> &
  Named<"query", Arguments[1]>;
type Named<Name extends string, Value> = undefined extends Value
  ? { readonly [N in Name]?: Value }
  : { readonly [N in Name]: Value };

/** One end of a contract, kept connected until it is closed. */
export interface Client<C extends AnyContract> {
  /** Calls `listener` for each such message, in order; returns its own undo. */
  readonly on: {
    <Name extends keyof ServerMessages<C> & string>(
      name: Name,
      listener: (data: Output<ServerMessages<C>[Name]>) => unknown,
    ): () => void;
    (name: "failed", listener: (failure: Failure) => unknown): () => void;
  };
  /** Says an event; while away it is kept, and said in order on return. Throws TypeError when the data cannot be JSON. */
  readonly send: <Name extends keyof ClientMessages<C> & string>(
    name: Name,
    data: Input<ClientMessages<C>[Name]>,
  ) => Sent;
  /** Resolves when the first handshake is done; rejects with `CloseError` when it never will be. */
  readonly opened: Promise<void>;
  /** Resolves when the client has ended: by `close`, or because the server said so. Never rejects. */
  readonly closed: Promise<Closed>;
  /** Where the connection stands. */
  readonly status: Watchable<ConnectionStatus>;
  /** Ends the client. What was not yet sent fails with `CloseError`. Throws RangeError for a code that may not be sent. */
  readonly close: (code?: number, reason?: string) => void;
}

/** Makes a client of a contract. It dials soon after its first use, so rendering on a server touches no network. */
export function connect<C extends AnyContract>(contract: C, options: ConnectOptions<C>): Client<C> {
  const client = new ContractClient(contract, options);
  return {
    on: (name: string, listener: (data: never) => unknown) => client.on(name, listener),
    send: (...event) => client.send(...event),
    get opened() {
      return client.opened;
    },
    closed: client.closed,
    status: client.status,
    close: (code, reason) => client.close(code, reason),
  };
}

type Listener = (data: unknown) => unknown;

/** The connection, the session and the peer of one client, joined to each other. */
class ContractClient<C extends AnyContract> {
  readonly closed: Promise<Closed>;
  readonly #session = new Session();
  readonly #peer: Peer<ClientMessages<C>>;
  readonly #connection: Connection;
  readonly #listeners = new Map<string, Set<{ readonly told: Listener }>>();
  readonly #opening = new Sent();
  #cid: string | undefined;
  #token: string | undefined;
  #attempts = 0;
  #pings = 0;

  constructor(contract: C, options: ConnectOptions<C>) {
    const path = (contract as AnyContract).url(options.params, options.query);
    const url = `${String(options.url).replace(/\/+$/, "")}${path}`;
    const { promise, resolve } = withResolvers<Closed>();
    this.closed = promise;
    this.#connection = new Connection(
      {
        url: async () => {
          this.#token = await options.getToken?.(); // a token that cannot be had is a failed try
          return url;
        },
        protocols: [SUBPROTOCOL],
        ...(options.WebSocket && { WebSocket: options.WebSocket }),
      },
      {
        opened: (wire) => this.#hello(wire),
        message: (message) => this.#hear(message),
        lost: () => this.#session.parked(),
        probe: (wire) => this.#ping(wire),
        leaving: sayBye,
        ended: (error) => {
          this.#opening.fail(error);
          this.#peer.end(error);
          resolve(error);
        },
      },
    );
    this.#peer = new Peer<ClientMessages<C>>({
      id: "client",
      hears: contract.definition.server ?? {},
      session: this.#session,
      failed: (failure) => void this.#tell("failed", failure).catch(console.error),
      crashed: (error) => console.error(error),
      close: ({ code, reason }) => this.#connection.close(code, reason),
    });
    void this.#peer.serve((name, data) => this.#tell(name, data));
  }

  get status(): Watchable<ConnectionStatus> {
    return this.#connection.status;
  }

  get opened(): Promise<void> {
    this.#dialSoon();
    return this.#opening.then();
  }

  on(name: string, listener: (data: never) => unknown): () => void {
    const entry = { told: listener as Listener };
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(entry));
    this.#dialSoon();
    return () => void listeners.delete(entry);
  }

  send(...[name, data]: Parameters<Client<C>["send"]>): Sent {
    this.#dialSoon();
    return this.#peer.send(name, data);
  }

  close(code: number = CloseCode.Normal, reason = ""): void {
    checkCloseCode(code);
    const { wire } = this.#connection;
    if (wire !== undefined && code === CloseCode.Normal) sayBye(wire);
    this.#connection.close(code, reason);
  }

  /** Not at once: listeners that are set up together miss nothing, and rendering on a server dials nothing it closes. */
  #dialSoon(): void {
    void Promise.resolve().then(() => this.#connection.dial());
  }

  #hello(wire: Wire): void {
    this.#cid ??= randomId();
    this.#attempts += 1;
    const hello = { t: "hello", v: VERSION, cid: this.#cid, att: this.#attempts } as const;
    wire.send(writeFrame(this.#token === undefined ? hello : { ...hello, auth: this.#token }));
  }

  #hear(message: Message): void {
    const { wire } = this.#connection;
    if (wire === undefined) return;
    try {
      const frame = readFrame(message);
      if (frame.t === "welcome") this.#welcome(frame.heartbeat, wire);
      else if (frame.t === "ping") wire.send(writeFrame({ t: "pong", n: frame.n }));
      else if (frame.t === "bye") this.#connection.close();
      else if (!this.#peer.receive(frame) && frame.t !== "pong")
        throw new ProtocolError(`${frame.t} has no place here`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#connection.close(error.closeCode, error.message);
    }
  }

  #welcome({ i, t }: Welcome["heartbeat"], wire: Wire): void {
    this.#connection.live({ interval: i, timeout: t });
    this.#session.live(wire);
    this.#opening.settle();
  }

  #ping(wire: Wire): boolean {
    this.#pings += 1;
    wire.send(writeFrame({ t: "ping", n: this.#pings }));
    return true;
  }

  async #tell(name: string, data: unknown): Promise<void> {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    const results = await Promise.allSettled(listeners.map(async ({ told }) => told(data)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}

function sayBye(wire: Wire): void {
  wire.send(writeFrame({ t: "bye" }));
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

function withResolvers<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
