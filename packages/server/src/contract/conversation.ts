import {
  type AnyContract,
  CloseCode,
  type Closed,
  CloseError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  type ServerMessages,
} from "@symbolon/protocol";
import type { EventFailure, Frame } from "@symbolon/protocol/internal";
import type { Exchange } from "../request/exchange.ts";
import { closeFromResponse, sendableClose } from "../request/errors.ts";
import { finishGenerator, isGenerator } from "../request/hook.ts";
import { HandlerQueue } from "./handler-queue.ts";
import type { ClientLink, LinkListener, LinkOptions } from "../session/link.ts";
import { Peer } from "./peer.ts";
import type { SessionChange } from "../session/session-change.ts";
import { HandlerTable, type ContractScope } from "./handlers.ts";
import type { Setup } from "./setup.ts";
import type { Connection } from "../access/connections.ts";

/** What a conversation needs of the app. */
export interface ConversationOptions extends LinkOptions {
  /** The number after which the server's events and calls are numbered. Default 0. */
  readonly from?: number | undefined;
}

/** How the connection of a client ended that has just gone. */
const broken: Closed = { code: CloseCode.Abnormal, reason: "", wasClean: false };
/** Messages that may wait for a handler while the server asks. */
const mostWaiting = 1_024;
/** Messages that may wait before one that is volatile is dropped. */
const mostVolatile = 64;
/** How long the end of a connection waits for its last handlers, in ms. */
const patience = 300;
/** How long a newer connection waits for the end of an older one of the same client, and for its handlers, in ms. */
const setupPatience = 5_000;

/** A conversation with one client of a contract, from setup to the end of its hooks. */
export class Conversation<C extends AnyContract, L extends ClientLink = ClientLink>
  implements LinkListener, Connection
{
  readonly peer: Peer<ServerMessages<C>>;
  readonly link: L;
  readonly #attempt: Exchange;
  readonly #options: LinkOptions;
  readonly #gone = new AbortController();
  #resolveClosed: ((closed: Closed) => void) | undefined;
  readonly #reception: HandlerTable<C>;
  #ending: (() => Promise<void>) | undefined;
  #handled: Promise<void> = Promise.resolve();
  #running = false;
  #over = false;
  #closing: CloseError | undefined;
  #deaf = false;
  readonly #inbox = new HandlerQueue({
    onFull: () => this.#pace({ full: true }),
    onDrain: () => this.#pace({ full: false }),
  });
  #pressure = { full: false, asking: false };

  constructor(service: ContractScope<C>, attempt: Exchange, line: L, options: ConversationOptions) {
    this.#reception = new HandlerTable(service, { signal: this.#gone.signal, said: line.recordRoomMessages });
    this.#attempt = attempt;
    this.link = line;
    this.#options = options;
    const closed = new Promise<Closed>((resolve) => (this.#resolveClosed = resolve));
    this.peer = new Peer<ServerMessages<C>>(
      {
        receives: service.contract.definition.client ?? {},
        sends: service.contract.definition.server ?? {},
        session: line.outbox,
        after: (ms, then) => options.clock.after(ms, then),
        requestErrorReports: line.acknowledged,
        onHandlerError: (error) => {
          // A handler that waited for a client which is gone has not failed.
          if (!(this.#over && error instanceof OutcomeUnknown)) void this.#told(error);
        },
        onEventFailed: (failure) => this.#unsaid(failure),
        close: (error) => this.terminate(error),
        onWaitingChange: (waits) => this.#pace({ asking: waits }),
        queue: (turn) => this.#inbox.push(turn),
        from: options.from,
      },
      { id: line.id, subscribe: (watcher) => line.subscribe((change) => void this.#tell(watcher, change)) },
      closed,
      this.#gone.signal,
    );
    line.subscribe(({ type: is }) => {
      if (is === "ended") this.#over = true;
    });
    const { signal } = attempt.context.request;
    if (signal.aborted) this.#left();
    else signal.addEventListener("abort", () => this.#left(), { once: true });
  }

  /** Whether the client was accepted, and is not to leave. */
  get live(): boolean {
    return this.#running && this.#closing === undefined && !this.#gone.signal.aborted;
  }

  get connected(): boolean {
    return !this.link.detached;
  }

  /** A plain client is not asked for anything. */
  get renewsCredential(): boolean {
    return this.link.acknowledged;
  }

  /** Resolves when the code after the handlers and the hooks' endings have run. */
  get ended(): Promise<void> {
    return this.#attempt.ended;
  }

  /** Resolves when its last handler has settled, which may be long after it has ended. */
  get handled(): Promise<void> {
    return this.#handled;
  }

  /** Runs the code before the handlers. Rejects with what it throws. */
  async setup(setup: Setup<C, never>): Promise<void> {
    this.#checkPlace();
    const result = setup(this.peer, this.#attempt.context as never);
    if (isGenerator(result)) {
      const first = await result.next();
      if (first.done === true) throw new TypeError("the setup ended without yielding its handlers");
      this.#ending = () => finishGenerator(result);
      this.#reception.register(first.value, this.peer);
    } else this.#reception.register(result instanceof Promise ? await result : result, this.peer); // a handler may be called `then`
  }

  /** While something was awaited, a newer connection may have come, or the client may have left. */
  #checkPlace(): void {
    if (this.#closing !== undefined) throw this.#closing;
    this.#gone.signal.throwIfAborted();
  }

  /** Talks until the client is gone for good. Throws `CloseError` when it has left meanwhile, or come by a newer connection. */
  run(): void {
    this.#checkPlace();
    this.#running = true;
    const closed = this.link.open(this);
    this.peer.serve((...event) => this.#reception.dispatch(...event));
    this.#handled = this.#inbox.run().then(() => this.peer.idle());
    void closed.then(async (end) => {
      await this.#finish(end, this.#handled);
      await this.#attempt.end();
    });
  }

  receive(frame: Frame, size: number): boolean {
    if (this.#deaf) return true;
    const volatile = this.link.acknowledged && "name" in frame && frame.s === undefined;
    if (volatile && this.#inbox.size >= mostVolatile) return true;
    if (this.#inbox.size >= mostWaiting) throw new ProtocolError("more messages than are handled", 4429);
    return this.peer.receive(frame, size);
  }

  onStoreLost(error: unknown): void {
    if (error !== undefined) void this.#attempt.report(error, "open");
    this.terminate(new CloseError(CloseCode.SessionLost, "the session cannot go on here"));
  }

  closeGracefully(error: CloseError): void {
    this.#deaf = true;
    const handled = new Promise<void>((resolve) => this.#inbox.after(resolve));
    void this.#options.clock.settled(handled, patience).then(() => this.#close(error));
  }

  terminate(error: CloseError): void {
    if (this.#closing !== undefined || this.#gone.signal.aborted) return;
    this.#inbox.discard();
    this.#close(error);
  }

  goAway(at: number): boolean {
    return this.link.goAway(at);
  }

  /** A newer connection of the same client is here: ends this one, and resolves when nothing of it is left. */
  async supersede(): Promise<void> {
    const superseded = new CloseError(CloseCode.Superseded, "a newer connection took over");
    this.#gone.abort(superseded);
    this.#close(superseded);
    this.link.terminate(); // the old wire may be dead: nobody waits for its answer
    await this.#options.clock.settled(this.ended, setupPatience);
  }

  /** Waits, 5 s at most, for handlers that are at work though it has ended: what they handle is not to be handled twice at once. */
  async waitForHandlers(): Promise<void> {
    await this.#options.clock.settled(this.#handled, setupPatience);
  }

  /** The conversation was never accepted: ends what setup began; the hooks end when the refusal was sent. */
  async abort(): Promise<void> {
    await this.#finish(broken, Promise.resolve());
  }

  /** An event of the server failed, and nobody awaited it: the app is told of those that the client has refused. */
  #unsaid({ name, error }: EventFailure): void {
    const full = error instanceof RequestError && error.code === "OUTBOX_FULL";
    if (full && this.#running && this.link.detached) this.link.overflow();
    else if (error instanceof RequestError)
      void this.#told(new Error(`${JSON.stringify(name)} failed: ${error.message}`, { cause: error }));
  }

  /** An event failed, and its sender knows that it did: the connection stays, unless the app answers with a close. */
  async #told(error: unknown): Promise<void> {
    const answer = await this.#attempt.report(error, "open");
    if (answer === undefined) return;
    const { code, reason } = sendableClose(
      answer instanceof Response ? await closeFromResponse(answer) : answer,
    );
    this.terminate(new CloseError(code, reason));
  }

  /** A watcher that fails, now or later, harms nobody. */
  async #tell(watcher: (change: SessionChange) => unknown, change: SessionChange): Promise<void> {
    try {
      await watcher(change);
    } catch (error) {
      void this.#attempt.report(error, "open");
    }
  }

  /** The client has left; once the conversation is accepted its line tells. */
  #left(): void {
    if (this.#running) return;
    this.#gone.abort(new CloseError(broken.code, broken.reason, broken.wasClean));
    this.#resolveClosed?.(broken);
  }

  /** Closes after what was said: nothing more is heard, and what is said from now on fails. */
  #close(error: CloseError): void {
    if (this.#closing !== undefined) return;
    this.#closing = error;
    this.#deaf = true;
    this.link.close(error);
  }

  /** Stops reading while too much waits, unless what it waits for may be an answer. */
  #pace(now: { readonly full: boolean } | { readonly asking: boolean }): void {
    this.#pressure = { ...this.#pressure, ...now };
    this.link.pause(this.#pressure.full && !this.#pressure.asking);
  }

  async #finish(closed: Closed, served: Promise<void>): Promise<void> {
    const end = new CloseError(closed.code, closed.reason, closed.wasClean);
    this.link.close(end);
    this.#inbox.end(end);
    this.peer.end();
    this.#gone.abort(end);
    this.#resolveClosed?.(closed);
    await this.#options.clock.settled(served, patience);
    try {
      await this.#ending?.();
    } catch (failure) {
      if (!(failure instanceof CloseError)) void this.#attempt.report(failure, "ending");
    }
  }
}
