import {
  type AnyContract,
  type ClientMessages,
  CloseCode,
  type Closed,
  CloseError,
  type CallContext,
  type EventInput,
  type EventName,
  type FrameCodec,
  type HandlerInput,
  type HandlerOutput,
  type HandlerUpload,
  jsonFrames,
  Mailbox,
  type Message,
  ProtocolError,
  RequestError,
  type Sent,
  type Turn,
  type ServerMessages,
  Session,
  type Wire,
} from "@symbolon/protocol";
import type { Clock } from "./clock.ts";
import type { Attempt } from "./attempt.ts";
import { closeOf, sendable } from "./failure.ts";
import { beating, type HeartbeatOptions } from "./heartbeat.ts";
import { finish, isGenerator } from "./hook.ts";
import { patiently } from "./patience.ts";
import { Peer } from "./peer.ts";
import type { BroadcastOptions, Room } from "./room.ts";

/** A room of a contract: what is said is one of the server's messages. */
export type ContractRoom<C extends AnyContract> = Room<
  Peer<ServerMessages<C>>,
  <Name extends EventName<ServerMessages<C>>>(
    name: Name,
    data: EventInput<ServerMessages<C>, Name>,
    options?: BroadcastOptions<Peer<ServerMessages<C>>>,
  ) => Sent
>;

/** What a handler is given besides the message. */
export interface Call<C extends AnyContract> {
  /** Aborts when the client gave the call up, and when the connection ends. */
  readonly signal: AbortSignal;
  /** In how many ms the client gives up, as it was when it asked; undefined when it waits for ever. */
  readonly deadline: number | undefined;
  /** Finds a room of the contract. */
  readonly room: (name: string) => ContractRoom<C>;
}

/**
 * A handler for each message that the client may say. Events are handled one after another; requests give their reply
 * and streams an iterable, as a generator does; those overlap.
 */
export type Handlers<C extends AnyContract> = {
  readonly [Name in keyof ClientMessages<C>]: (
    input: HandlerInput<ClientMessages<C>[Name]>,
    call: Call<C> & HandlerUpload<ClientMessages<C>[Name]>,
  ) => HandlerOutput<ClientMessages<C>[Name]>;
};

/**
 * Sets one connection up: gives its handlers, or yields them once. Code before the `yield` runs before the connection
 * is accepted and may refuse by throwing a `Response`; code after it runs when the connection has ended.
 */
export type Setup<C extends AnyContract, Context> = (
  peer: Peer<ServerMessages<C>>,
  context: Context & { readonly room: (name: string) => ContractRoom<C> },
) =>
  | Handlers<C>
  | Promise<Handlers<C>>
  | Generator<Handlers<C>, unknown, void>
  | AsyncGenerator<Handlers<C>, unknown, void>;

type Handler<C extends AnyContract> = (input: unknown, call: Call<C>) => unknown;

/** What a conversation is about. */
export interface Spoken<C extends AnyContract> {
  readonly contract: C;
  readonly room: (name: string) => ContractRoom<C>;
}

/** What a conversation needs of the app. */
export interface ServiceOptions {
  readonly clock: Clock;
  readonly heartbeat: HeartbeatOptions;
  readonly codecs?: readonly FrameCodec[];
}

/** How one connection is spoken to. */
export interface Opening {
  /** Gives the wire once the conversation is accepted. */
  readonly accept: () => Promise<Wire>;
  /** Identifies the client instance in session mode; undefined in plain mode. */
  readonly cid?: string;
  /** Writes `welcome`; absent in plain mode. */
  readonly welcome?: (sid: string) => Message;
  /** How what is said stands on the wire. Default JSON. */
  readonly codec?: FrameCodec;
}

/** Frames that are none, after which a plain client is closed. */
const strikes = 3;
/** How long the end of a connection waits for its last handlers, in ms. */
const patience = 300;
/** How long a newer connection waits for the end of an older one of the same client, in ms. */
const setupPatience = 5_000;

/** One connection of a contract, from setup to the end of its hooks. */
export class Conversation<C extends AnyContract> {
  readonly peer: Peer<ServerMessages<C>>;
  readonly session: Session = new Session();
  readonly #service: Spoken<C>;
  readonly #attempt: Attempt;
  readonly #opening: Opening;
  readonly #options: ServiceOptions;
  readonly #gone = new AbortController();
  #resolveClosed: ((closed: Closed) => void) | undefined;
  // A map, not an object: an event may be called "constructor" or "__proto__".
  readonly #events = new Map<string, (input: unknown) => unknown>();
  #ending: (() => Promise<void>) | undefined;
  #wire: Wire | undefined;
  #superseded: CloseError | undefined;
  #strikes = 0;

  constructor(service: Spoken<C>, attempt: Attempt, opening: Opening, options: ServiceOptions) {
    this.#service = service;
    this.#attempt = attempt;
    this.#opening = opening;
    this.session.codec = opening.codec ?? jsonFrames;
    this.#options = options;
    const closed = new Promise<Closed>((resolve) => (this.#resolveClosed = resolve));
    this.peer = new Peer<ServerMessages<C>>(
      randomId(),
      {
        hears: service.contract.definition.client ?? {},
        says: service.contract.definition.server ?? {},
        session: this.session,
        after: (ms, then) => options.clock.after(ms, then),
        askForFailures: opening.cid !== undefined,
        crashed: (error) => void this.#told(error),
        failed: ({ name, error }) =>
          void this.#told(new Error(`the client refused ${JSON.stringify(name)}`, { cause: error })),
        close: (error) => this.#wire?.close(error.code, error.reason),
        inbox: new Mailbox<Turn>({ full: () => this.#wire?.pause(), roomy: () => this.#wire?.resume() }),
      },
      closed,
      this.#gone.signal,
    );
  }

  /** Resolves when the code after the handlers and the hooks' endings have run. */
  get ended(): Promise<void> {
    return this.#attempt.ended;
  }

  /** Runs the code before the handlers. Rejects with what it throws. */
  async setup(setup: Setup<C, never>): Promise<void> {
    this.#checkPlace();
    const result = setup(this.peer, this.#attempt.context as never);
    if (isGenerator(result)) {
      const first = await result.next();
      if (first.done === true) throw new TypeError("the setup ended without yielding its handlers");
      this.#ending = () => finish(result);
      this.#take(first.value);
    } else this.#take(await result);
  }

  /** While something was awaited, a newer connection may have come. */
  #checkPlace(): void {
    if (this.#superseded !== undefined) throw this.#superseded;
  }

  /** Talks until the wire ends. Throws `CloseError` when a newer connection has come meanwhile. */
  run(wire: Wire): void {
    this.#checkPlace();
    this.#wire = wire;
    const { welcome } = this.#opening;
    const ping =
      welcome === undefined
        ? wire.ping && (() => wire.ping?.())
        : () => wire.send(jsonFrames.write({ t: "ping", n: 1 }));
    const closed = new Promise<Closed>((resolve) => {
      if (welcome !== undefined) wire.send(welcome(this.peer.id));
      this.session.live(wire);
      const listener = {
        message: (message: Message) => this.#hear(message, wire),
        closed: resolve,
      };
      wire.listen(beating(listener, wire, this.#options.clock, this.#options.heartbeat, ping));
    });
    const served = this.peer.serve((name, input) => this.#dispatch(name, input));
    void closed.then(async (end) => {
      await this.#finish(end, served);
      await this.#attempt.end();
    });
  }

  /** A newer connection of the same client is here: ends this one, and resolves when nothing of it is left. */
  async supersede(): Promise<void> {
    this.#superseded = new CloseError(CloseCode.Superseded, "a newer connection took over");
    this.#gone.abort(this.#superseded);
    this.#wire?.close(this.#superseded.code, this.#superseded.reason);
    this.#wire?.terminate(); // the old wire may be dead: nobody waits for its answer
    await patiently(this.#options.clock, this.ended, setupPatience);
  }

  /** Says what others say as well, written in this conversation's codec. Never throws: the app is told of what it cannot carry. */
  relay(written: (codec: FrameCodec) => Message): void {
    try {
      this.session.send(written(this.session.codec));
    } catch (error) {
      void this.#told(error);
    }
  }

  /** The conversation was never accepted: ends what setup began; the hooks end when the refusal was sent. */
  async fail(): Promise<void> {
    await this.#finish({ code: CloseCode.Abnormal, reason: "", wasClean: false }, Promise.resolve());
  }

  /** An event failed, and its sender knows that it did: the connection stays, unless the app answers with a close. */
  async #told(error: unknown): Promise<void> {
    const answer = await this.#attempt.report(error, "open");
    if (answer === undefined) return;
    const { code, reason } = sendable(answer instanceof Response ? await closeOf(answer) : answer);
    this.#wire?.close(code, reason);
  }

  #take(handlers: Handlers<C>): void {
    const { signal } = this.#gone;
    const { room, contract } = this.#service;
    // Each handler takes what its own message's schema gives; here they are all alike.
    for (const [name, handler] of Object.entries(handlers as Readonly<Record<string, Handler<C>>>)) {
      if ("~standard" in Object(contract.definition.client?.[name]))
        this.#events.set(name, (input) => handler(input, { signal, deadline: undefined, room }));
      else this.peer.handle(name, (input, call: CallContext) => handler(input, { ...call, room }));
    }
  }

  #dispatch(name: string, input: unknown): unknown {
    const handle = this.#events.get(name);
    if (handle === undefined) throw new RequestError("NOT_FOUND", `nothing handles ${JSON.stringify(name)}`);
    return handle(input);
  }

  #hear(message: Message, wire: Wire): void {
    try {
      const frame = this.session.codec.read(message);
      if (this.peer.receive(frame, message.length) || frame.t === "pong") return;
      if (frame.t === "ping") wire.send(jsonFrames.write({ t: "pong", n: frame.n }));
      else if (frame.t === "bye") wire.close(CloseCode.Normal, "");
      else throw new ProtocolError(`${JSON.stringify(frame.t)} has no place here`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#strike(error, wire);
    }
  }

  #strike(error: ProtocolError, wire: Wire): void {
    if (this.#opening.cid !== undefined) return wire.close(error.closeCode, error.message.slice(0, 100));
    // A frame written by hand may have a slip: plain clients are told, and have three tries.
    this.#strikes += 1;
    wire.send(jsonFrames.write({ t: "error", code: error.code, message: error.message }));
    if (this.#strikes >= strikes) wire.close(CloseCode.PolicyViolation, "three messages were no frames");
  }

  async #finish(closed: Closed, served: Promise<void>): Promise<void> {
    const end = new CloseError(closed.code, closed.reason, closed.wasClean);
    this.peer.end(end);
    this.#gone.abort(end);
    this.#resolveClosed?.(closed);
    await patiently(this.#options.clock, served, patience);
    try {
      await this.#ending?.();
    } catch (failure) {
      if (!(failure instanceof CloseError)) void this.#attempt.report(failure, "ending");
    }
  }
}

function randomId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
}
