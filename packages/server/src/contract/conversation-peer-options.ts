import type { AnyContract, Closed, CloseError, Messages } from "@symbolon/protocol";
import type {
  CallHandler,
  EventFailure,
  Outbox,
  PeerOptions,
  QueueLimits,
} from "@symbolon/protocol/internal";
import type { HandlerSlots } from "../access/handler-slots.ts";
import type { Exchange } from "../request/exchange.ts";
import type { RecordRoomMessages } from "../rooms/held-room-messages.ts";
import type { ClientLink, LinkOptions } from "../session/link.ts";
import type { SessionChange } from "../session/session-change.ts";
import { nextTurn } from "../timing/next-turn.ts";
import { ConversationEnd } from "./conversation-state.ts";
import { type ContractScope, type HandlerConversation, HandlerTable } from "./handlers.ts";
import { limits, type PeerConversation, plainLimits } from "./peer.ts";

/** The options of a conversation. */
export interface ConversationOptions extends LinkOptions {
  /** Bounds how many handlers of the app run at once. */
  readonly slots: HandlerSlots;
}

/** A conversation, as its peer informs it. */
export interface PeerListener {
  /** As `PeerOptions.onHandlerError`. */
  onHandlerError(error: unknown): { readonly id: string } | undefined;
  /** As `PeerOptions.onEventFailed`. */
  onEventFailed(failure: EventFailure): void;
  /** Closes the link at once. */
  terminate(error: CloseError): void;
  /** Calls a listener of the app, and reports what it throws. */
  emit(listener: (change: SessionChange) => unknown, change: SessionChange): Promise<void>;
}

/**
 * What the peer of a conversation and its handlers need. All conversations share its functions: a session may wait for its
 * client for long, and must not keep functions of its own meanwhile.
 */
export class ConversationPeerOptions<C extends AnyContract> implements PeerConversation, HandlerConversation {
  /** How the app learns of the end. */
  readonly end: ConversationEnd = new ConversationEnd();
  /** The handlers, once the setup has given them. */
  readonly handlers: HandlerTable<C>;
  readonly nextTurn: typeof nextTurn = nextTurn;
  readonly #scope: ContractScope<C>;
  readonly #exchange: Exchange;
  readonly #link: ClientLink;
  readonly #options: ConversationOptions;
  readonly #listener: PeerListener;

  constructor(
    scope: ContractScope<C>,
    exchange: Exchange,
    link: ClientLink,
    options: ConversationOptions,
    listener: PeerListener,
  ) {
    this.#scope = scope;
    this.#exchange = exchange;
    this.#link = link;
    this.#options = options;
    this.#listener = listener;
    this.handlers = new HandlerTable(scope, this);
  }

  get id(): string {
    return this.#link.id;
  }

  get account(): string {
    return this.#link.account;
  }

  get context(): unknown {
    return this.#exchange.context;
  }

  get slots(): HandlerSlots {
    return this.#options.slots;
  }

  get closed(): Promise<Closed> {
    return this.end.closed;
  }

  get signal(): AbortSignal {
    return this.end.signal;
  }

  get moved(): boolean {
    return this.end.moved;
  }

  get lost(): boolean {
    return this.end.lost;
  }

  get receives(): Messages {
    return this.#scope.receives;
  }

  get sends(): Messages {
    return this.#scope.sends;
  }

  get outbox(): Outbox {
    return this.#link.outbox;
  }

  get receiver(): PeerOptions["receiver"] {
    return this.#link.receiver;
  }

  get after(): PeerOptions["after"] {
    return (ms, action) => this.#options.clock.after(ms, action);
  }

  get plain(): boolean {
    return !this.#link.acknowledged;
  }

  get limits(): QueueLimits {
    return this.plain ? plainLimits : limits;
  }

  get maxPayload(): number {
    return this.#options.maxPayload;
  }

  get record(): RecordRoomMessages {
    return (messages) => this.#link.recordRoomMessages(messages);
  }

  handlerOf(name: string): CallHandler | undefined {
    return this.handlers.handlerOf(name);
  }

  subscribe(listener: (change: SessionChange) => void): () => void {
    return this.#link.subscribe((change) => void this.#listener.emit(listener, change));
  }

  onPause(paused: boolean): void {
    this.#link.pause(paused);
  }

  onHandlerError(error: unknown): { readonly id: string } | undefined {
    return this.#listener.onHandlerError(error);
  }

  onEventFailed(failure: EventFailure): void {
    this.#listener.onEventFailed(failure);
  }

  close(error: CloseError): void {
    this.#listener.terminate(error);
  }
}
