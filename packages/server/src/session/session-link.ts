import {
  type Closed,
  CloseCode,
  CloseError,
  type FrameCodec,
  type Message,
  ProtocolError,
} from "@symbolon/protocol";
import {
  closeAdvice,
  type Credit,
  DurableSession,
  type Hello,
  jsonFrames,
  type RestoredState,
  type Welcome,
  type Wire,
} from "@symbolon/protocol/internal";
import { readFrame } from "./read-frame.ts";
import { startHeartbeat } from "../timing/heartbeat.ts";
import type { Identity, RenewIdentity } from "../request/identity.ts";
import type { ClientLink, LinkListener, LinkOptions, RecordRoomMessages } from "./link.ts";
import type { SessionOwner, TrackedSession, Sessions } from "./sessions.ts";
import { Recorder } from "./recorder.ts";
import { CredentialRenewal } from "./credential-renewal.ts";
import { ResumeRate } from "./resume-rate.ts";
import { type SessionChange, SessionSubscribers } from "./session-change.ts";
import { RoomMemberships } from "../rooms/memberships.ts";
import type { ResumeRequest, SessionSecret } from "./session-secret.ts";
import type { AttachRequest, Claim, SessionStore } from "../store/store.ts";

/** A wire that has said `hello`, and who hooks have said its client is. */
export interface IdentifiedWire extends Identity {
  readonly wire: Wire;
  readonly hello: Hello;
  readonly codec: FrameCodec;
  readonly renew: RenewIdentity;
}

/** What a client may have said that was not handled. */
const window: Credit = { w: 64, wb: 2 ** 20 };

/** What a session line is made of. */
export interface SessionLinkOptions extends LinkOptions {
  readonly owner: SessionOwner;
  readonly sessions: Sessions<SessionLink>;
  readonly secret: SessionSecret;
  /** Resolves when nothing of the conversation is left. */
  readonly ended: Promise<void>;
  /** Where the session was left by a process that is gone; default: it begins. */
  readonly restored?: RestoredState | undefined;
}

/** The wires of a client, one after another, and the session that goes on from each to the next. */
export class SessionLink implements ClientLink, TrackedSession {
  readonly acknowledged = true;
  readonly outbox: DurableSession;
  readonly owner: SessionOwner;
  readonly secret: SessionSecret;
  readonly memberships: RoomMemberships;
  /** The client has spoken since its first welcome, and so has it. */
  confirmed = false;
  /** The newest dial of the client that was attached. */
  attempt = 0;
  readonly resumeRate: ResumeRate;
  readonly #options: SessionLinkOptions;
  readonly #watchers = new SessionSubscribers();
  readonly #renewal: CredentialRenewal;
  #recorder: Recorder | undefined;
  #listener: LinkListener | undefined;
  #wire: Wire | undefined;
  #over: ((closed: Closed) => void) | undefined;
  #rested: ((until?: Promise<void>) => void) | undefined;
  #finished = false;

  constructor(options: SessionLinkOptions) {
    const { owner, sessions: parking, secret, restored: left } = options;
    this.owner = owner;
    this.secret = secret;
    this.memberships = new RoomMemberships(this.id);
    this.#options = options;
    this.resumeRate = new ResumeRate(options.clock);
    const { messages, bytes: size } = parking.options;
    this.outbox = new DurableSession({ window, messages, bytes: size }, left);
    this.#renewal = new CredentialRenewal(options.clock, {
      principal: owner.principal,
      requestToken: (by) => this.#wire?.send(jsonFrames.write({ t: "reauth", by })),
      onRefused: (error) => this.#refuse(error),
    });
  }

  get size(): number {
    return this.outbox.bufferedAmount;
  }

  /** Whether the client is away. */
  get detached(): boolean {
    return this.#wire === undefined;
  }

  get id(): string {
    return this.secret.sessionId;
  }

  /** Whether it has ended, though its last handlers may still run. */
  get finished(): boolean {
    return this.#finished;
  }

  subscribe(watcher: (change: SessionChange) => void): () => void {
    return this.#watchers.add(watcher);
  }

  /** What the session does is recorded in a store before its client hears of it; `note` says what is to be known after a restart. */
  record(store: SessionStore, claim: Claim, note: () => Message): void {
    this.#recorder = new Recorder(store, claim, {
      note,
      received: () => this.outbox.received,
      onLost: (error) => this.#listener?.onStoreLost(error),
    });
    if (this.#finished) this.#forget(); // while the store was asked
  }

  /** Asks the store, if there is one, whether the session may go on for this client; true when it may. */
  async resume(request: AttachRequest): Promise<boolean> {
    return this.#recorder === undefined || (await this.#recorder.attach(request)).type === "resumed";
  }

  open(listener: LinkListener): Promise<Closed> {
    this.#listener = listener;
    this.#options.sessions.add(this);
    return new Promise((resolve) => (this.#over = resolve));
  }

  /**
   * The client is here, on a new wire; one that it had before is let go. Resolves when this wire is of no account any
   * more: the session is parked, or has gone on to another, or nothing is left of it.
   */
  attach(caller: IdentifiedWire, state: Welcome["state"], why?: string): Promise<void> {
    const { wire, hello, codec } = caller;
    const { clock, heartbeat, maxPayload } = this.#options;
    const ghost = this.#wire;
    const again = this.#rested !== undefined;
    this.#wire = wire;
    this.#renewal.start(caller);
    this.#rested?.();
    ghost?.close(CloseCode.Superseded, "a newer connection took over");
    ghost?.terminate();
    this.attempt = hello.att;
    this.#options.sessions.attach(this);
    const { outbox, secret } = this;
    outbox.codec = codec;
    const { missing } = outbox;
    wire.send(
      jsonFrames.write({
        t: "welcome",
        state,
        why,
        ...secret.toFrame(),
        rx: outbox.received.upTo,
        but: missing.length > 0 ? missing : undefined,
        ...window,
        heartbeat: { i: heartbeat.interval, t: heartbeat.timeout },
        ttl: this.#options.sessions.options.grace,
        limits: { message: maxPayload },
      }),
    );
    if (this.#recorder !== undefined) this.#recorder.wire = wire;
    outbox.attach(this.#recorder ?? wire, { rx: hello.resume?.rx ?? 0, w: hello.w, wb: hello.wb });
    const ping = (): void => {
      wire.send(jsonFrames.write({ t: "ping", n: 1 }));
      outbox.flush();
    };
    const rest = new Promise<void>((resolve) => (this.#rested = resolve));
    const drop = (error: CloseError): void => this.#drop(error, wire);
    this.memberships.attach({ codec, plain: false, sink: wire, drop }, hello.rooms);
    if (again || state === "resumed") this.#watchers.emit({ type: "resumed" });
    const stopHeartbeat = startHeartbeat(wire, clock, heartbeat, ping);
    wire.listen({
      message: (message) => this.#hear(message, wire),
      closed: (closed) => {
        stopHeartbeat();
        this.#lost(closed, wire);
      },
    });
    return rest;
  }

  close(error: CloseError): void {
    this.#finish(error);
    this.#wire?.close(error.code, error.reason);
    if (this.#wire === undefined) this.#over?.(error);
  }

  async leave(error: CloseError): Promise<void> {
    const left = this.#recorder?.leave(Date.now());
    this.close(error);
    await left?.catch((failure: unknown) => this.#listener?.onStoreLost(failure));
    await this.#options.ended;
  }

  crash(): void {
    this.#recorder?.stop();
    this.#wire?.terminate();
    this.close(new CloseError(CloseCode.Abnormal, "the server has died", false));
  }

  goAway(at: number): boolean {
    this.#wire?.send(jsonFrames.write({ t: "goaway", at, why: "shutting down" }));
    return true;
  }

  terminate(): void {
    this.#wire?.terminate();
  }

  readonly recordRoomMessages: RecordRoomMessages = (said) =>
    this.#recorder?.recordRoomMessages(said) ?? false;

  overflow(): void {
    if (this.#finished) return;
    this.#options.sessions.markLost(this, "overflow");
    this.#over?.(new CloseError(CloseCode.SessionLost, "too much was said that the client did not take"));
  }

  /** Whether what the client says of itself and what is known here can be joined without a gap. */
  canResume({ epoch, receivedUpTo, firstHeld }: ResumeRequest): boolean {
    const { first, last } = this.outbox.sentRange;
    if (epoch !== this.secret.epoch || firstHeld > this.outbox.received.upTo + 1) return false;
    return receivedUpTo >= first - 1 && receivedUpTo <= last;
  }

  pause(): void {} // what it may say is bounded

  #hear(message: Message, wire: Wire): void {
    const listener = this.#listener;
    if (wire !== this.#wire || this.#finished || listener === undefined) return;
    this.confirmed = true;
    try {
      const frame = readFrame(message, this.outbox.codec);
      if (frame.t === "ack") this.outbox.acknowledge(frame.a, frame.but);
      else if (frame.t === "ping") {
        wire.send(jsonFrames.write({ t: "pong", n: frame.n }));
        this.outbox.flush();
      } else if (frame.t === "bye") listener.closeGracefully(new CloseError(CloseCode.Normal));
      else if (frame.t === "auth") void this.#renewal.verify(frame.token);
      else if (this.outbox.receive(frame) && !listener.receive(frame, message.length) && frame.t !== "pong")
        throw new ProtocolError(`${JSON.stringify(frame.t)} has no place here`);
      if (frame.a !== undefined)
        this.#recorder?.acknowledged(frame.a, frame.t === "ack" ? frame.but : undefined);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#misheard(error, wire);
    }
  }

  /** Something was lost on the way: the client comes back and says it again; any other fault is for good. */
  #misheard({ closeCode, message }: ProtocolError, wire: Wire): void {
    const error = new CloseError(closeCode, message.slice(0, 100));
    // What was refused has its number all the same: a session that went on would be without it, and nobody told.
    if (closeCode !== CloseCode.SessionLost) return this.close(error);
    this.#drop(error, wire);
  }

  /** The client is to come back on another wire. */
  #drop(error: CloseError, wire: Wire): void {
    wire.close(error.code, error.reason);
    this.#lost(error, wire);
  }

  /** Its credential is none any more: the session waits for a client that may bring another, and else it ends. */
  #refuse(error: CloseError): void {
    if (closeAdvice(error.code) === "end") this.#listener?.terminate(error);
    else if (this.#wire !== undefined) this.#drop(error, this.#wire);
  }

  #lost(closed: Closed, wire: Wire): void {
    if (wire !== this.#wire) return;
    this.#wire = undefined;
    this.#renewal.stop();
    this.memberships.detach();
    if (this.#recorder === undefined) this.outbox.detach();
    else this.#recorder.wire = undefined;
    if (this.#finished || closeAdvice(closed.code) === "end") return this.#over?.(closed);
    void this.#recorder?.detach(Date.now());
    this.#watchers.emit({ type: "detached" });
    this.#rested?.();
    this.#options.sessions.detach(this);
  }

  #finish(error: CloseError): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#renewal.stop();
    const { undelivered } = this.outbox;
    this.#forget();
    this.#options.sessions.remove(this);
    this.outbox.end(error);
    this.#rested?.(this.#options.ended);
    this.#watchers.emit({ type: "ended", undelivered });
  }

  #forget(): void {
    void this.#recorder?.remove().catch((failure: unknown) => this.#listener?.onStoreLost(failure));
  }
}
