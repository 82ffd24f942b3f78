import { type AnyContract, CloseCode, type Messages } from "@symbolon/protocol";
import type { ResumeRequest, RestoredState, ResumeKey } from "@symbolon/protocol/internal";
import { failedTooOften } from "../access/failed-resumes.ts";
import type { Acceptance } from "../request/acceptance.ts";
import type { Exchange } from "../request/exchange.ts";
import type { ContractRoom } from "./contract-room.ts";
import { ContractRooms } from "./contract-rooms.ts";
import { Conversation } from "./conversation.ts";
import { CloseResponse } from "../request/errors.ts";
import { Refusal } from "../request/refusal.ts";
import { checkFunction } from "../request/response.ts";
import type { IdentifiedWire } from "../session/hello.ts";
import type { RecordRoomMessages } from "../rooms/held-room-messages.ts";
import type { ClientLink } from "../session/link.ts";
import { PlainLink } from "../session/plain-link.ts";
import type { RoomScope } from "./handlers.ts";
import type { AnyMiddleware } from "./middleware.ts";
import { messagesOf } from "./prepared-messages.ts";
import {
  restoredState,
  type StoredResult,
  readNote,
  resetReason,
  sendLostCalls,
} from "../session/restore.ts";
import { SessionLink } from "../session/session-link.ts";
import { SessionSecret } from "../session/session-secret.ts";
import type { Unleased } from "../session/stored-sessions.ts";
import {
  attachRequest,
  clientKey,
  type Dial,
  newSession,
  type NewSessionRequest,
  readDial,
  readSessionRequest,
  refuseByStore,
  type SessionRequest,
} from "./session-dial.ts";
import type { AttachRequest, AttachResult, Claim } from "../store/session-store.ts";
import type { ServiceOptions } from "./service-options.ts";
import { checkPrincipal, servicePeers } from "./service-peers.ts";
import type { ImplementOptions, Service, Setup } from "./setup.ts";

/** A session that is set up for its client. */
interface StartingSession<C extends AnyContract> extends NewSessionRequest<C> {
  readonly link: SessionLink;
  /** The session as the store had it; undefined for a new session. */
  readonly stored?: AttachedSession;
}

type AttachedSession = Extract<AttachResult, { readonly type: "resumed" }>;

/** The size of a session and its conversation, without the request and what it keeps, in bytes, estimated. */
const bytesPerSession = 16_384;

/** How an older dial of a client is closed. */
const superseded = { code: CloseCode.Superseded, reason: "a newer connection took over" };

/** Serves a contract: its rooms, and the newest conversation of each client. */
export class ContractService<C extends AnyContract> implements Service<C> {
  readonly contract: C;
  readonly room: (name: string) => ContractRoom<C>;
  readonly join: Service<C>["join"];
  readonly peers: Service<C>["peers"];
  readonly to: (principal: string) => Service<C>["peers"];
  readonly middleware: readonly AnyMiddleware[];
  readonly receives: Messages;
  readonly sends: Messages;
  readonly maxPayload: number;
  readonly #rooms: ContractRooms<C>;
  readonly #setup: Setup<C, never>;
  readonly #options: ServiceOptions;
  /** The newest conversation of each client instance and principal, from before its setup to its end. */
  readonly #newest = new Map<string, Conversation<C, SessionLink>>();
  /** Conversations of stored sessions whose handlers may still run, though another process may have the session. */
  readonly #handling = new Map<string, Conversation<C, SessionLink>>();

  /** @throws TypeError for an option of `own` that is unknown or cannot be, RangeError when a bound of it is not positive. */
  constructor(contract: C, setup: Setup<C, never>, options: ServiceOptions, own: ImplementOptions<C> = {}) {
    this.contract = contract;
    [this.receives, this.sends] = messagesOf(contract);
    this.#setup = setup;
    this.middleware = own.middleware ?? [];
    for (const each of this.middleware) checkFunction(each, "a middleware");
    const { maxPayload = options.maxPayload } = own;
    if (!(Number.isInteger(maxPayload) && maxPayload > 0 && maxPayload <= options.maxPayload))
      throw new RangeError(
        `maxPayload of a contract is from 1 to the maxPayload of the app (${options.maxPayload}), not ${maxPayload}: raise that of createApp`,
      );
    this.maxPayload = maxPayload;
    this.#options = { ...options, maxPayload };
    this.#rooms = new ContractRooms(contract, options, own.rooms);
    this.room = (name) => this.#rooms.room(name);
    this.join = (peer, names, options) => this.#rooms.join(peer, names, options);
    const isOwn = (peer: object): boolean => this.#rooms.hasClient(peer);
    this.peers = servicePeers(options.connections, isOwn);
    this.to = (principal) => servicePeers(options.connections, isOwn, checkPrincipal(principal));
  }

  /** Rooms for the handler of one message: what it sends in them is sent when it has settled. */
  readonly scope = (record: RecordRoomMessages, account: string): RoomScope<C> =>
    this.#rooms.scope(record, account);

  /** A room for a handler, whose messages are counted to an account. */
  readonly roomFor = (account: string, name: string): ContractRoom<C> => this.#rooms.roomFor(account, name);

  /** Forgets rooms and running handlers, as a process does that dies. */
  crash(): void {
    this.#rooms.crash();
    this.#handling.clear();
  }

  /** Serves a plain client. Resolves with a refusal, or with undefined when the client is accepted. */
  async plain(exchange: Exchange, acceptance: Acceptance): Promise<Response | undefined> {
    const link = new PlainLink(this.#options, exchange);
    const conversation = this.#open(exchange, link);
    if (conversation instanceof Response) return conversation;
    try {
      await conversation.setup(this.#setup);
      link.attach(await acceptance.accept());
      conversation.run();
      return undefined;
    } catch (error) {
      await conversation.abort();
      return exchange.errorResponse(error);
    }
  }

  /**
   * Resumes the session of a client, or begins one. Resolves as `plain` does. The acceptance is released when the session
   * has released the wire.
   */
  async session(
    exchange: Exchange,
    caller: IdentifiedWire,
    acceptance: Acceptance,
  ): Promise<Response | undefined> {
    const dial = readDial(exchange, caller, acceptance);
    const request = this.#readRequest(dial);
    if (request.type === "stale") return new CloseResponse(superseded);
    if (request.type === "resumeHere") return this.#resumeHere(dial, request.link, request.resume);
    if (request.type === "takeOver") return this.#takeOver(dial, request.resume, request);
    return this.#begin(dial, request);
  }

  #readRequest(dial: Dial): SessionRequest<C> {
    return readSessionRequest(dial, this.#newest.get(clientKey(dial.owner)), this.#options.sessions);
  }

  /** Resumes a session that this process has. */
  async #resumeHere(dial: Dial, link: SessionLink, resume: ResumeRequest): Promise<Response | undefined> {
    const { exchange, caller, acceptance } = dial;
    if (!link.resumeRate.allow())
      return new Refusal({ kind: "session.resumes", status: 429, reason: "reconnects too often" });
    await exchange.end(); // the hooks have accepted the client; the session keeps the values that they provided at its start
    await acceptance.accept();
    const resuming = link.resume(attachRequest(dial, resume));
    const resumed = await this.#options.sessions.keepDuring(link, resuming);
    // Meanwhile the session may have continued on another wire.
    const now = this.#readRequest(dial);
    if (now.type === "stale") return new CloseResponse(superseded);
    if (!resumed || now.type !== "resumeHere")
      return new CloseResponse({ code: CloseCode.SessionLost, reason: "the session has ended" });
    acceptance.releaseAfter(now.link.attach(caller, dial.resume === undefined ? "new" : "resumed"));
    return undefined;
  }

  /** Resumes a session that the store has, and begins a new one if it does not. */
  async #takeOver(
    dial: Dial,
    resume: ResumeRequest,
    request: NewSessionRequest<C>,
  ): Promise<Response | undefined> {
    const { exchange, caller, owner } = dial;
    const attaching = this.#attachStored(attachRequest(dial, resume));
    const stored = await this.#options.connections.reserve(owner.principal, attaching);
    if (stored?.type === "stale") return new CloseResponse(superseded);
    if (request.resetReason === undefined && !this.#allowsFailure(exchange.network, resume.sessionId, stored))
      return failedTooOften();
    if (stored?.type !== "resumed")
      return this.#begin(dial, {
        ...request,
        resetReason: request.resetReason ?? resetReason(stored) ?? "unknown",
      });
    exchange.context["resumed"] = true;
    const newest = this.#newest.get(clientKey(owner));
    const previousConversation =
      newest?.link.secret.sessionId === resume.sessionId ? newest : request.previousConversation;
    const link = this.#createLink(dial, resume, restoredState(stored.state, caller.codec));
    return this.#start(dial, { link, stored, previousConversation });
  }

  /** Counts a resume that neither this process nor the store accepts. Returns false when too many of the client's address fail. */
  #allowsFailure(network: string, sessionId: string, stored: StoredResult | undefined): boolean {
    if (stored !== undefined && stored.type !== "refused") return true;
    const known = stored?.known === true || this.#options.sessions.knows(sessionId);
    return this.#options.failedResumes.allow(network, known);
  }

  /** Begins a session. */
  async #begin(dial: Dial, request: NewSessionRequest<C>): Promise<Response | undefined> {
    const refusal = refuseByStore(this.#options.store, dial.exchange.account);
    return refusal ?? this.#start(dial, { ...request, link: this.#createLink(dial) });
  }

  /** Takes a session over from another process. */
  async #attachStored(request: Unleased<AttachRequest>): Promise<StoredResult | undefined> {
    const { storedSessions } = this.#options;
    const stored = await storedSessions?.attach(request);
    if (stored?.type !== "resumed" || !readNote(stored.state).hasUnsent) return stored;
    await storedSessions?.remove(stored.claim); // the store has no messages beyond the client's credit, so some are lost
    return { type: "reset", reason: "overflow" };
  }

  #createLink(
    { exchange, caller, owner, attempt }: Dial,
    key?: ResumeKey,
    restored?: RestoredState,
  ): SessionLink {
    const secret = new SessionSecret(key);
    const { account, parsed } = exchange;
    const baseBytes = bytesPerSession + parsed.size;
    const link = new SessionLink(this.#options, { owner, account, baseBytes, secret, exchange, restored });
    link.attempt = attempt;
    link.memberships.restore(caller.hello.rooms);
    return link;
  }

  /** Sets up a session, accepts its client and attaches the wire. */
  async #start(dial: Dial, session: StartingSession<C>): Promise<Response | undefined> {
    const { exchange, caller, owner, acceptance } = dial;
    const { link, stored, resetReason: reason } = session;
    const lastCallId = (stored?.claim.fence ?? 0) * 2 ** 32; // never repeats a number of an earlier process
    const conversation = this.#open(exchange, link, lastCallId);
    if (conversation instanceof Response) return conversation;
    let claim = stored?.claim;
    try {
      await this.#supersede(clientKey(owner), conversation, session.previousConversation);
      await conversation.setup(this.#setup);
      if (this.#options.storedSessions !== undefined) await link.memberships.findPlaces();
      await acceptance.accept();
      claim ??= await this.#options.storedSessions?.create(newSession(dial, link));
      conversation.run();
      if (claim !== undefined) this.#record(conversation, claim);
      claim = undefined; // the session ends with its conversation now
      if (stored !== undefined) sendLostCalls(link, readNote(stored.state));
      const started = reason === undefined ? "new" : "reset";
      acceptance.releaseAfter(link.attach(caller, stored === undefined ? started : "resumed", reason));
      return undefined;
    } catch (error) {
      if (claim !== undefined) void this.#options.storedSessions?.giveUp(claim, stored === undefined);
      await conversation.abort();
      return exchange.errorResponse(error);
    }
  }

  /** Opens a conversation; it is not accepted yet. Returns a refusal when the principal has too many connections. */
  #open<L extends ClientLink>(exchange: Exchange, link: L, lastId?: number): Conversation<C, L> | Response {
    const { connections } = this.#options;
    const refusal = connections.checkLimit(exchange);
    if (refusal !== undefined) return refusal;
    exchange.context["room"] = this.#rooms.view;
    exchange.context["service"] = this;
    const conversation = new Conversation(this, exchange, link, this.#options, lastId);
    this.#rooms.addClient(conversation.peer, conversation);
    connections.add(exchange, conversation);
    return conversation;
  }

  /** Makes a conversation the newest one of its client, and ends the previous one, so that setup never runs beside it. */
  async #supersede(
    key: string,
    conversation: Conversation<C, SessionLink>,
    previous: Conversation<C, SessionLink> | undefined,
  ): Promise<void> {
    const handling = this.#handling.get(conversation.link.id);
    this.#newest.set(key, conversation);
    conversation.onEnd({
      exchangeEnded: () => {
        if (this.#newest.get(key) === conversation) this.#newest.delete(key);
      },
    });
    await previous?.supersede();
    await handling?.waitForHandlers();
  }

  /** Has the store record a session from now on, and keeps its conversation until its last handler has settled. */
  #record(conversation: Conversation<C, SessionLink>, claim: Claim): void {
    const { link, peer } = conversation;
    const { storedSessions } = this.#options;
    const { sender } = link.session;
    if (storedSessions === undefined) return;
    link.record(storedSessions, claim, () => ({ ...peer.openCalls, hasUnsent: sender.unsent > 0 }));
    this.#handling.set(link.id, conversation);
    void conversation.handled.then(() => {
      if (this.#handling.get(link.id) === conversation) this.#handling.delete(link.id);
    });
  }
}
