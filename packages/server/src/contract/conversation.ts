import {
  type AnyContract,
  CloseCode,
  type Closed,
  CloseError,
  OutcomeUnknown,
  RequestError,
  type ServerMessages,
} from "@symbolon/protocol";
import type { EventFailure, Frame, Stamp } from "@symbolon/protocol/internal";
import type { Connection, GoawayReason } from "../access/connections.ts";
import { closeFromResponse, markClientError, newErrorId, sendableClose } from "../request/errors.ts";
import { endTimeout, type Exchange, type ExchangeListener } from "../request/exchange.ts";
import { finishGenerator, isGenerator } from "../request/hook.ts";
import type { Verified } from "../request/identity.ts";
import { toResponse } from "../request/response.ts";
import type { Clock } from "../timing/clock.ts";
import type { RoomMemberships } from "../rooms/memberships.ts";
import type { ClientLink, LinkListener } from "../session/link.ts";
import type { SessionChange } from "../session/session-change.ts";
import { closeAfter, type Loss } from "../session/stored-sessions.ts";
import {
  type ConversationOptions,
  ConversationPeerOptions,
  type PeerListener,
} from "./conversation-peer-options.ts";
import { type Before, broken, LazyPromise, running, type State } from "./conversation-state.ts";
import type { RoomClient } from "../rooms/contract-rooms-options.ts";
import type { ContractScope } from "./handlers.ts";
import { Peer } from "./peer.ts";
import type { Setup } from "./setup.ts";

/** How long a new connection waits for the previous one of the same client to end, and for its handlers, in ms. */
const takeoverTimeout = 5_000;

/** A conversation with one client of a contract, from setup to the end of its hooks. */
export class Conversation<C extends AnyContract, L extends ClientLink = ClientLink>
  implements LinkListener, Connection, PeerListener, RoomClient
{
  readonly peer: Peer<ServerMessages<C>>;
  readonly link: L;
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #peerOptions: ConversationPeerOptions<C>;
  #state: State = { type: "setup" };
  /** Runs the setup's code after its `yield`. */
  #finishSetup: (() => Promise<void>) | undefined;
  readonly #handled = new LazyPromise<void>();
  /** Events that were refused since the last report. */
  #refused = 0;
  /** Stops listening for the client to disconnect before it is accepted; afterwards the link reports that. */
  #ignoreDisconnect: (() => void) | undefined;

  /** `lastId` is the last number that an event or call of the server had before a restart. */
  constructor(
    scope: ContractScope<C>,
    exchange: Exchange,
    link: L,
    options: ConversationOptions,
    lastId = 0,
  ) {
    this.#exchange = exchange;
    this.#clock = options.clock;
    this.link = link;
    this.#peerOptions = new ConversationPeerOptions(scope, exchange, link, options, this);
    this.peer = new Peer(this.#peerOptions, lastId);
    this.#ignoreDisconnect = exchange.onDisconnect(() => this.#disconnect(broken));
  }

  get heldBytes(): number {
    return this.peer.heldBytes;
  }

  /** Whether the client was accepted, and is not being closed. */
  get live(): boolean {
    return this.#state.type === "running";
  }

  get memberships(): RoomMemberships {
    return this.link.memberships;
  }

  get account(): string {
    return this.link.account;
  }

  get connected(): boolean {
    return !this.link.detached;
  }

  /** The server does not ask a plain client for a new token. */
  get renewsCredential(): boolean {
    return this.link.acknowledged;
  }

  /** Resolves when the code after the handlers and the hooks' endings have run. */
  get ended(): Promise<void> {
    return this.#exchange.ended;
  }

  /** Calls `listener` when `ended` resolves. */
  onEnd(listener: ExchangeListener): void {
    this.#exchange.onEnd(listener);
  }

  /** Resolves when its last handler has settled, which may be long after it has ended. */
  get handled(): Promise<void> {
    return this.#handled.promise;
  }

  /** Runs the code before the handlers. Rejects with what it throws, and with the `Response` that it returns. */
  async setup(setup: Setup<C, never>): Promise<void> {
    this.#checkOpen();
    const { handlers } = this.#peerOptions;
    const result = setup(this.peer, this.#exchange.context as never);
    if (isGenerator(result)) {
      const first = await result.next();
      if (first.done === true)
        throw toResponse(first.value) ?? new TypeError("the setup ended without yielding its handlers");
      this.#finishSetup = () => finishGenerator(result);
      handlers.register(first.value, this.peer);
    } else handlers.register(result instanceof Promise ? await result : result, this.peer); // a handler may be called `then`
  }

  /** Handles messages until the client has disconnected for good. @throws CloseError when the conversation has ended. */
  run(): void {
    this.#enter(this.#checkOpen(), running);
    this.#ignoreDisconnect?.();
    this.#ignoreDisconnect = undefined;
    void this.link.open(this).then((closed) => this.#end(closed));
    this.peer.serve(this.#peerOptions.handlers.call);
  }

  receive(frame: Frame & Stamp, bytes: number): void {
    this.peer.receive(frame, bytes);
  }

  onRenewed(claims: Verified["claims"]): void {
    this.#exchange.renew(claims);
  }

  onLost(loss: Loss): void {
    if (loss.type === "failed") void this.#exchange.report(loss.error, "open");
    const error = closeAfter(loss);
    this.#peerOptions.end.lose(error);
    if (loss.type === "taken") this.onMoved(error);
    else this.terminate(error);
  }

  onMoved(error: CloseError): void {
    this.#peerOptions.end.moved = true;
    this.#peerOptions.end.lose(error);
    this.terminate(error);
  }

  closeGracefully(error: CloseError): void {
    void this.#clock.settled(this.peer.stop(), endTimeout).then(() => this.#close(error));
  }

  terminate(error: CloseError): void {
    const { type } = this.#state;
    if (type === "closing" || type === "ended") return;
    this.peer.discard();
    this.#close(error);
  }

  goAway(at: number, reason: GoawayReason): boolean {
    return this.link.goAway(at, reason);
  }

  /** Ends the conversation as the same client has a newer connection. Resolves when its hooks have ended. */
  async supersede(): Promise<void> {
    const superseded = new CloseError(CloseCode.Superseded, "a newer connection took over");
    this.#peerOptions.end.abort(superseded);
    this.#close(superseded);
    this.link.terminate(); // the old wire may be broken: its client may never answer
    await this.#clock.settled(this.ended, takeoverTimeout);
  }

  /** Waits for handlers that still run though the conversation has ended: no message may be handled twice at once. */
  async waitForHandlers(): Promise<void> {
    await this.#clock.settled(this.handled, takeoverTimeout);
  }

  /** Ends the setup of a conversation that was not accepted. The hooks end when the refusal was sent. */
  async abort(): Promise<void> {
    this.#stop(broken);
    await this.#finish(Promise.resolve());
  }

  /** @throws CloseError when the client has disconnected, or a newer connection has come, while code was awaited. */
  #checkOpen(): "setup" {
    const state = this.#state;
    if (state.type === "running") throw new TypeError("the conversation runs already");
    if (state.type !== "setup") throw state.error;
    return state.type;
  }

  /** Enters a state that may follow the present one. */
  #enter<Type extends State["type"]>(_from: Before[Type], state: State & { readonly type: Type }): void {
    this.#state = state;
  }

  /** Reports what fails while the client is in a room. */
  onError(error: unknown): void {
    void this.#exchange.report(error, "open");
  }

  onHandlerError(error: unknown): { readonly id: string } | undefined {
    // A handler that waited for a client which has disconnected has not failed.
    if (this.link.ended && error instanceof OutcomeUnknown) return undefined;
    const id = newErrorId();
    void this.#report(error, id);
    return { id };
  }

  /** An event or a request of the server failed, and no code awaited it. That the client has disconnected is no error. */
  onEventFailed({ name, error }: EventFailure): void {
    if (error instanceof CloseError || error instanceof OutcomeUnknown) return;
    if (!(error instanceof RequestError)) return void this.#report(error);
    if (error.code !== "OUTBOX_FULL")
      return void this.#report(
        // One line in the log: the client wrote the message.
        markClientError(
          new Error(`${JSON.stringify(name)} failed: ${error.message.slice(0, 256)}`, { cause: error }),
        ),
      );
    if (this.live && this.link.detached) return this.link.overflow();
    this.#refused += 1;
    if (this.#refused === 1) setImmediate(() => this.#reportRefused(error));
  }

  /** Reports the events that a full queue refused in this turn of the event loop: a loop that never waits refuses thousands. */
  #reportRefused(cause: RequestError): void {
    const events = this.#refused === 1 ? "1 event" : `${this.#refused} events`;
    this.#refused = 0;
    void this.#report(new Error(`${events} failed: ${cause.message}`, { cause }));
  }

  /** Reports an error to the app. The connection stays, unless the app answers with a close. */
  async #report(error: unknown, id?: string): Promise<void> {
    const answer = await this.#exchange.report(error, "open", id);
    if (answer === undefined) return;
    const close = answer instanceof Response ? await closeFromResponse(answer) : answer;
    const { code, reason } = sendableClose(close);
    this.terminate(new CloseError(code, reason));
  }

  /** A listener that throws, now or later, affects nothing else. */
  async emit(listener: (change: SessionChange) => unknown, change: SessionChange): Promise<void> {
    try {
      await listener(change);
    } catch (error) {
      void this.#exchange.report(error, "open");
    }
  }

  /** Closes the link after the sent messages. It receives no more messages, and later sends fail. */
  #close(error: CloseError): void {
    const { type } = this.#state;
    if (type === "closing" || type === "ended") return;
    this.#enter(type, { type: "closing", error });
    this.link.close(error);
  }

  /** The client has disconnected for good. */
  async #end(closed: Closed): Promise<void> {
    this.#stop(closed);
    const handled = this.peer.idle();
    void handled.then(() => this.#handled.resolve());
    await this.#finish(handled);
    await this.#exchange.end();
  }

  /** Ends sending and receiving. */
  #stop(closed: Closed): void {
    this.link.close(new CloseError(closed.code, closed.reason, closed.wasClean));
    this.peer.end();
    this.#disconnect(closed);
  }

  #disconnect(closed: Closed): void {
    const { type } = this.#state;
    if (type === "ended") return;
    const error = new CloseError(closed.code, closed.reason, closed.wasClean);
    this.#enter(type, { type: "ended", error });
    this.#peerOptions.end.abort(error);
    this.#peerOptions.end.resolve(closed);
  }

  /** Waits for the last handlers, then runs the setup's code after its `yield`. */
  async #finish(handled: Promise<void>): Promise<void> {
    await this.#clock.settled(handled, endTimeout);
    try {
      await this.#finishSetup?.();
    } catch (failure) {
      if (!(failure instanceof CloseError)) void this.#exchange.report(failure, "ending");
    }
  }
}
