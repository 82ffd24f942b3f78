import { type Closed, CloseCode, CloseError, type ProtocolError } from "@symbolon/protocol";
import {
  closeAdvice,
  encodeGoaway,
  type PeerOptions,
  Session,
  type Welcome,
  type Wire,
} from "@symbolon/protocol/internal";
import { RoomMemberships } from "../rooms/memberships.ts";
import type { RoomAppend } from "../store/room-log.ts";
import type { AttachRequest, Claim } from "../store/session-store.ts";
import type { Verified } from "../request/identity.ts";
import { CredentialRenewal, type RenewedSession } from "./credential-renewal.ts";
import { createWelcome, type IdentifiedWire } from "./hello.ts";
import type { ClientLink, LinkListener, LinkOptions, SessionParts } from "./link.ts";
import { Recorder, type SessionNote } from "./recorder.ts";
import { MessageRate } from "../timing/message-rate.ts";
import { ResumeRate } from "../timing/resume-rate.ts";
import { type SessionChange, SessionSubscribers } from "./session-change.ts";
import { SessionOutbox } from "./session-outbox.ts";
import type { SessionSecret } from "./session-secret.ts";
import { SessionWire } from "./session-wire.ts";
import { memberName, type SessionOwner, type Sessions, type TrackedSession } from "./sessions.ts";
import { movedAway, type StoredSessions, type Unleased } from "./stored-sessions.ts";

/** What the links of all sessions have. */
type SessionLinkOptions = LinkOptions & { readonly sessions: Sessions<SessionLink> };

/** Settles what `attach` returned. */
type Release = (until?: Promise<void>) => void;

type LinkState =
  /** No wire was attached yet. */
  | { readonly type: "opening" }
  /** The client is connected. */
  | { readonly type: "attached"; readonly wire: SessionWire; readonly release: Release }
  /** The client has disconnected; the session waits for its next wire. */
  | { readonly type: "detached" }
  /** The client has disconnected for good; the conversation is about to close the link. */
  | { readonly type: "left"; readonly release: Release }
  /** The session has ended; its wire may still be closing. */
  | { readonly type: "ended"; readonly wire: SessionWire | undefined };

const detached: LinkState = { type: "detached" };

/** The wires of a client, one after another, and the session that survives each of them. */
export class SessionLink implements ClientLink, TrackedSession, RenewedSession {
  readonly acknowledged = true;
  readonly id: string;
  readonly session: Session;
  readonly outbox: SessionOutbox<SessionLink>;
  readonly receiver: PeerOptions["receiver"];
  readonly owner: SessionOwner;
  readonly account: string;
  readonly secret: SessionSecret;
  readonly memberships: RoomMemberships;
  /** Whether a frame has arrived since the first `welcome`: the client has received it then. */
  confirmed = false;
  /** The newest dial of the client that was attached. */
  attempt = 0;
  readonly resumeRate: ResumeRate;
  readonly #options: SessionLinkOptions;
  readonly #parts: SessionParts;
  readonly #subscribers = new SessionSubscribers();
  readonly #renewal: CredentialRenewal;
  #state: LinkState = { type: "opening" };
  #recorder: Recorder | undefined;
  #listener: LinkListener | undefined;
  /** Resolves what `open` returned. */
  #resolveClosed: ((closed: Closed) => void) | undefined;

  constructor(options: SessionLinkOptions, parts: SessionParts) {
    const { owner, secret } = parts;
    this.id = secret.publicId;
    this.owner = owner;
    this.account = parts.account;
    this.secret = secret;
    this.memberships = new RoomMemberships(this.id, memberName(owner), owner.principal);
    this.#options = options;
    this.#parts = parts;
    this.resumeRate = new ResumeRate(options.clock);
    this.session = new Session(options.sessions.delivery, parts.restored);
    this.receiver = this.session.receiver;
    const rate = new MessageRate(options.clock, options.rate);
    this.outbox = new SessionOutbox(this.session.sender, rate, this, options.sessions);
    this.#renewal = new CredentialRenewal(options.clock, this);
  }

  /** The bytes of all that the session keeps, estimated. */
  get size(): number {
    const received = this.session.receiver.heldBytes + (this.#listener?.heldBytes ?? 0);
    return this.#parts.baseBytes + this.outbox.bytes + received + this.memberships.bytes;
  }

  get detached(): boolean {
    return this.#wire === undefined;
  }

  /** Whether the session has ended; its last handlers may still run. */
  get ended(): boolean {
    return this.#state.type === "ended";
  }

  subscribe(subscriber: (change: SessionChange) => void): () => void {
    return this.#subscribers.add(subscriber);
  }

  /** Records the session in a store, before its client sees a change; `note` is what its next process has to know. */
  record(store: StoredSessions, claim: Claim, note: () => SessionNote): void {
    this.secret.epoch = claim.epoch;
    this.#recorder = new Recorder(store, claim, {
      note,
      received: () => this.session.receiver.received,
      isIdle: () => this.session.receiver.isIdle,
      onLeaving: () => this.#wire?.stop(),
      onReleasable: () => void this.leave(movedAway()),
      onLost: (loss) => this.#listener?.onLost(loss),
    });
    if (this.ended) void this.#recorder.remove(); // it ended while the store was asked
  }

  /** Asks the store, if there is one, whether this client may resume the session. */
  async resume(request: Unleased<AttachRequest>): Promise<boolean> {
    return this.#recorder === undefined || (await this.#recorder.attach(request)).type === "resumed";
  }

  open(listener: LinkListener): Promise<Closed> {
    this.#listener = listener;
    this.#options.sessions.add(this);
    return new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  /**
   * The client is connected by a new wire; one that it had before is closed. Resolves when this wire no longer matters: the
   * session is detached, continues on another wire, or has ended completely.
   */
  attach(caller: IdentifiedWire, state: Welcome["state"], reason?: string): Promise<void> {
    const { hello, codec } = caller;
    const { heartbeat, maxPayload, sessions } = this.#options;
    const { session, secret } = this;
    const before = this.#state;
    const wire = this.#createWire(caller.wire);
    let release: Release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#state = { type: "attached", wire, release };
    this.#renewal.start(caller);
    if (before.type === "attached") {
      before.release();
      before.wire.stop();
      before.wire.close(new CloseError(CloseCode.Superseded, "a newer connection took over"));
      before.wire.terminate();
    }
    this.attempt = hello.attempt;
    sessions.attach(this, state);
    this.session.sender.codec = codec;
    const { grace } = sessions.options;
    const missing = this.#parts.restored?.missing ?? [];
    const welcome = { state, reason, key: secret, missing, heartbeat, grace, maxPayload };
    wire.sendFrame(createWelcome(session, welcome, this.memberships.takePlaces(hello.rooms)));
    if (this.#recorder !== undefined) this.#recorder.wire = caller.wire;
    const upTo = hello.resume?.receivedUpTo ?? 0;
    this.session.sender.attach(this.#recorder ?? wire, { upTo, pending: [], credit: hello.credit });
    const drop = (error: CloseError): void => this.#drop(error, wire);
    this.memberships.attach({ codec, plain: false, sink: wire, drop }, hello.rooms);
    if (before.type !== "opening") this.#listener?.onRenewed(caller.claims);
    if (before.type !== "opening" || state === "resumed") this.#subscribers.emit({ type: "resumed" });
    wire.listen(this.#options);
    return released;
  }

  close(error: CloseError): void {
    const wire = this.#wire;
    if (!this.ended) this.#end(error, wire);
    if (wire === undefined) this.#resolveClosed?.(error);
    else wire.close(error);
  }

  async leave(error: CloseError): Promise<void> {
    await this.#recorder?.finish();
    const recorded = this.#recorder?.leave();
    if (recorded !== undefined) this.#listener?.onMoved(error);
    this.close(error);
    await recorded;
    await this.#parts.exchange.ended;
  }

  crash(): void {
    this.#recorder?.stop();
    this.terminate();
    this.close(new CloseError(CloseCode.Abnormal, "the server crashed", false));
  }

  goAway(at: number, reason: Parameters<ClientLink["goAway"]>[1]): boolean {
    if (reason !== "shutting down" && this.#recorder === undefined) return false;
    this.#wire?.sendFrame(encodeGoaway(at, reason));
    return true;
  }

  terminate(): void {
    this.#wire?.terminate();
  }

  recordRoomMessages(messages: readonly RoomAppend[]): boolean {
    return this.#recorder?.recordRoomMessages(messages) ?? false;
  }

  overflow(): void {
    if (this.ended) return;
    this.#options.sessions.markLost(this, "overflow");
    this.#resolveClosed?.(new CloseError(CloseCode.SessionLost, "outbound buffer overflow"));
  }

  pause(): void {} // the client's credit bounds its messages

  get #wire(): SessionWire | undefined {
    return "wire" in this.#state ? this.#state.wire : undefined;
  }

  #createWire(wire: Wire): SessionWire {
    return new SessionWire(wire, {
      session: this.session,
      conversation: this.#listener as LinkListener, // it was opened first
      renewal: this.#renewal,
      rate: this.outbox.rate,
      recorder: this.#recorder,
      link: this,
    });
  }

  onFrame(): void {
    this.confirmed = true;
  }

  /** A message was lost on its way: the client connects again and repeats it. Any other fault ends the session. */
  onFault({ closeCode, message }: ProtocolError, wire: SessionWire): void {
    const error = new CloseError(closeCode, message.slice(0, 100));
    // A frame that is refused has its sequence: a session that went on would lack a message, and report nothing.
    if (closeCode !== CloseCode.SessionLost) return this.close(error);
    this.#drop(error, wire);
  }

  /** The client is to connect again. */
  #drop(error: CloseError, wire: SessionWire): void {
    wire.close(error);
    this.onClosed(error, wire);
  }

  requestToken(expiresIn: number): void {
    this.#wire?.sendFrame({ t: "reauth", by: expiresIn });
  }

  onRenewed(claims: Verified["claims"]): void {
    this.#listener?.onRenewed(claims);
    this.#subscribers.emit({ type: "renewed" });
  }

  /** The client's credential has expired or was refused: the session ends, or waits for a client that has another. */
  onRefused(error: CloseError): void {
    const wire = this.#wire;
    if (closeAdvice(error.code) === "end") this.#listener?.terminate(error);
    else if (wire !== undefined) this.#drop(error, wire);
  }

  onClosed(closed: Closed, wire: SessionWire): void {
    const before = this.#state;
    if (wire !== this.#wire) return;
    wire?.stop();
    this.#renewal.stop();
    this.memberships.detach();
    if (this.#recorder === undefined) this.session.sender.detach();
    else this.#recorder.wire = undefined;
    if (before.type !== "attached") {
      this.#state = { type: "ended", wire: undefined };
      this.#resolveClosed?.(closed);
    } else if (closeAdvice(closed.code) === "end") {
      this.#state = { type: "left", release: before.release };
      this.#resolveClosed?.(closed);
    } else {
      this.#state = detached;
      void this.#recorder?.detach();
      this.#subscribers.emit({ type: "detached" });
      before.release();
      this.#options.sessions.detach(this);
    }
  }

  #end(error: CloseError, wire: SessionWire | undefined): void {
    const before = this.#state;
    this.#state = { type: "ended", wire };
    wire?.stop();
    this.#renewal.stop();
    const { undelivered } = this.session.sender;
    void this.#recorder?.remove();
    this.#options.sessions.remove(this);
    this.session.sender.end(error);
    if ("release" in before) before.release(this.#parts.exchange.ended);
    this.#subscribers.emit({ type: "ended", undelivered });
  }
}
