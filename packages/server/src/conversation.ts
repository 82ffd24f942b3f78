import {
  type AnyContract,
  CloseCode,
  type Closed,
  CloseError,
  type CallContext,
  type FrameCodec,
  jsonFrames,
  type Message,
  ProtocolError,
  RequestError,
  type ServerMessages,
  type Wire,
} from "@symbolon/protocol";
import type { Clock } from "./clock.ts";
import type { Attempt } from "./attempt.ts";
import { closeOf, sendable } from "./failure.ts";
import { checkBounds } from "./frame-bounds.ts";
import { beating, type HeartbeatOptions } from "./heartbeat.ts";
import { finish, isGenerator } from "./hook.ts";
import { Inbox } from "./inbox.ts";
import { patiently } from "./patience.ts";
import { Peer } from "./peer.ts";
import { ServerSession } from "./server-session.ts";
import type { Call, ContractRoom, Handlers, Setup } from "./setup.ts";

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
/** How the connection of a client ended that has just gone. */
const broken: Closed = { code: CloseCode.Abnormal, reason: "", wasClean: false };
/** Messages that may wait for a handler while the server asks. */
const mostWaiting = 1_024;
/** How long the end of a connection waits for its last handlers, in ms. */
const patience = 300;
/** How long a newer connection waits for the end of an older one of the same client, in ms. */
const setupPatience = 5_000;

/** One connection of a contract, from setup to the end of its hooks. */
export class Conversation<C extends AnyContract> {
  readonly peer: Peer<ServerMessages<C>>;
  readonly session: ServerSession = new ServerSession();
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
  #closing: CloseError | undefined;
  #deaf = false;
  #strikes = 0;
  readonly #inbox = new Inbox({
    full: () => this.#pace({ full: true }),
    roomy: () => this.#pace({ full: false }),
  });
  #pressure = { full: false, asking: false };

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
        close: (error) => this.#expel(error),
        asking: (waits) => this.#pace({ asking: waits }),
        queue: (turn) => this.#inbox.put(turn),
      },
      closed,
      this.#gone.signal,
    );
    const { signal } = attempt.context.request;
    if (signal.aborted) this.#left();
    else signal.addEventListener("abort", () => this.#left(), { once: true });
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
    } else this.#take(result instanceof Promise ? await result : result); // a handler may be called `then`
  }

  /** While something was awaited, a newer connection may have come. */
  #checkPlace(): void {
    if (this.#closing !== undefined) throw this.#closing;
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
    void this.peer.serve((name, input) => this.#dispatch(name, input));
    const served = this.#inbox.run().then(() => this.peer.idle());
    void closed.then(async (end) => {
      await this.#finish(end, served);
      await this.#attempt.end();
    });
  }

  /** A newer connection of the same client is here: ends this one, and resolves when nothing of it is left. */
  async supersede(): Promise<void> {
    const superseded = new CloseError(CloseCode.Superseded, "a newer connection took over");
    this.#gone.abort(superseded);
    this.#close(superseded);
    this.#wire?.terminate(); // the old wire may be dead: nobody waits for its answer
    await patiently(this.#options.clock, this.ended, setupPatience);
  }

  /** The conversation was never accepted: ends what setup began; the hooks end when the refusal was sent. */
  async fail(): Promise<void> {
    await this.#finish(broken, Promise.resolve());
  }

  /** An event failed, and its sender knows that it did: the connection stays, unless the app answers with a close. */
  async #told(error: unknown): Promise<void> {
    const answer = await this.#attempt.report(error, "open");
    if (answer === undefined) return;
    const { code, reason } = sendable(answer instanceof Response ? await closeOf(answer) : answer);
    this.#expel(new CloseError(code, reason));
  }

  /** The client has left; once the conversation is accepted the wire tells. */
  #left(): void {
    if (this.#wire !== undefined) return;
    this.#gone.abort(new CloseError(broken.code, broken.reason, broken.wasClean));
    this.#resolveClosed?.(broken);
  }

  /** Closes after what was said: nothing more is heard, and what is said from now on fails. */
  #close(error: CloseError): void {
    if (this.#closing !== undefined) return;
    this.#closing = error;
    this.#deaf = true;
    this.session.end(error);
    this.#wire?.close(error.code, error.reason);
  }

  /** Closes once the events that wait were handled, so that their answers arrive. */
  #closeBehind(error: CloseError): void {
    this.#deaf = true;
    const handled = new Promise<void>((resolve) => this.#inbox.after(resolve));
    void patiently(this.#options.clock, handled, patience).then(() => this.#close(error));
  }

  /** A handler or the app ends the conversation: not even what waits is handled. */
  #expel(error: CloseError): void {
    if (this.#closing !== undefined || this.#gone.signal.aborted) return;
    this.#inbox.drop();
    this.#close(error);
  }

  #take(handlers: Handlers<C>): void {
    const { signal } = this.#gone;
    const { room, contract } = this.#service;
    // Each handler takes what its own message's schema gives; here they are all alike.
    for (const [name, handler] of Object.entries(handlers as Readonly<Record<string, Handler<C>>>)) {
      const message = Object(contract.definition.client?.[name]) as object;
      if ("~standard" in message)
        this.#events.set(name, (input) => handler(input, { signal, deadline: undefined, room }));
      else if ("peer" in message)
        this.peer.handle(name, (input, call: CallContext) => handler(input, { ...call, room }));
    }
  }

  #dispatch(name: string, input: unknown): unknown {
    const handle = this.#events.get(name);
    if (handle === undefined) throw new RequestError("NOT_FOUND", `nothing handles ${JSON.stringify(name)}`);
    return handle(input);
  }

  /** Stops reading while too much waits, unless what it waits for may be an answer. */
  #pace(now: { readonly full: boolean } | { readonly asking: boolean }): void {
    this.#pressure = { ...this.#pressure, ...now };
    if (this.#pressure.full && !this.#pressure.asking) this.#wire?.pause();
    else this.#wire?.resume();
  }

  #hear(message: Message, wire: Wire): void {
    if (this.#deaf) return;
    try {
      checkBounds(message);
      const frame = this.session.codec.read(message, this.peer.reads);
      if (this.#inbox.size >= mostWaiting) throw new ProtocolError("more messages than are handled", 4429);
      if (this.peer.receive(frame, message.length) || frame.t === "pong") return;
      if (frame.t === "ping") wire.send(jsonFrames.write({ t: "pong", n: frame.n }));
      else if (frame.t === "bye") this.#closeBehind(new CloseError(CloseCode.Normal));
      else throw new ProtocolError(`${JSON.stringify(frame.t)} has no place here`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#strike(error, wire);
    }
  }

  #strike(error: ProtocolError, wire: Wire): void {
    if (this.#opening.cid !== undefined)
      return this.#close(new CloseError(error.closeCode, error.message.slice(0, 100)));
    // A frame written by hand may have a slip: plain clients are told, and have three tries.
    this.#strikes += 1;
    wire.send(jsonFrames.write({ t: "error", code: error.code, message: error.message }));
    if (this.#strikes >= strikes)
      this.#closeBehind(new CloseError(CloseCode.PolicyViolation, "three messages were no frames"));
  }

  async #finish(closed: Closed, served: Promise<void>): Promise<void> {
    const end = new CloseError(closed.code, closed.reason, closed.wasClean);
    this.session.over(end);
    this.#inbox.end(end);
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
