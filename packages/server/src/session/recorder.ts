import type { Message } from "@symbolon/protocol";
import type { MessageSink, OpenCalls, Received, Wire } from "@symbolon/protocol/internal";
import type { Awaitable } from "../store/awaitable.ts";
import type { RoomAppend } from "../store/room-log.ts";
import type {
  AttachRequest,
  AttachResult,
  Claim,
  SessionCommit,
  StoredMessage,
  Progress,
} from "../store/session-store.ts";
import type { Loss, OwnedSession, StoredSessions, Unleased } from "./stored-sessions.ts";

/**
 * How long a client may go on to send after another process has asked for its session, while it has calls to answer, in ms. The
 * other process takes the session soon after, unless it has an answer.
 */
const replyTimeout = 100;

/** What has to be known of a session in the process that has it next. */
export interface SessionNote extends OpenCalls {
  /** Whether the session had messages without a sequence. */
  readonly hasUnsent: boolean;
}

/** What a recorder needs of its session. */
export interface RecordedSession {
  /** What has arrived from the client. */
  readonly received: () => Received;
  /** What the session has to know in its next process. */
  readonly note: () => SessionNote;
  /** Whether everything that has arrived from the client is finished. */
  readonly isIdle: () => boolean;
  /** The session is about to go elsewhere: nothing that arrives from now on is handled here. */
  readonly onLeaving: () => void;
  /** Everything that has arrived is finished: the session is left to the process that wants it. */
  readonly onReleasable: () => void;
  /** The session ends here, or the last call of one that has ended failed. */
  readonly onLost: (loss: Loss) => void;
}

/** The write-ahead log of a session: commits its changes to the store before the client sees them. */
export class Recorder implements MessageSink, OwnedSession {
  readonly #store: StoredSessions;
  readonly #session: RecordedSession;
  #claim: Claim;
  #wire: Wire | undefined;
  /** What the next commit records. */
  #outgoing: StoredMessage[] = [];
  #roomMessages: RoomAppend[] = [];
  #acknowledged: Progress | undefined;
  /** What the client has acknowledged so far. */
  #acknowledgedUpTo = 0;
  #lastNote: string | undefined;
  /** Messages that the wire gets after the next commit. */
  #unsent: Message[] = [];
  #scheduled = false;
  /** The last call to the store. */
  #lastCall: Promise<unknown> = Promise.resolve();
  /** Attempts to resume that are under way. */
  #attaching = 0;
  /** Whether the client has no wire. */
  #detached = false;
  /** When another process first wanted the session, by the clock of the store; undefined before. */
  #askedAt: number | undefined;
  /** Whether another process wants the session, and gets it when everything that has arrived is finished. */
  #wanted = false;
  #stopped = false;
  /** Resolves what `finish` waits for. */
  #onIdle: (() => void) | undefined;

  constructor(store: StoredSessions, claim: Claim, session: RecordedSession) {
    this.#store = store;
    this.#claim = claim;
    this.#session = session;
    store.own(this);
  }

  get claim(): Claim {
    return this.#claim;
  }

  get clientState(): OwnedSession["clientState"] {
    if (this.#attaching > 0) return "resuming";
    return this.#detached ? "detached" : "connected";
  }

  lose(loss: Loss): void {
    if (this.#stopped) return;
    this.stop();
    this.#session.onLost(loss);
  }

  onWanted(): void {
    if (this.#stopped || this.#wanted) return;
    const isIdle = this.#session.isIdle();
    this.#askedAt ??= this.#store.now;
    // A handler may wait for the client, whose replies arrive on this wire: they may come first, if nothing else happens for long.
    const mayWait = this.#store.now - this.#askedAt < replyTimeout;
    if (!isIdle && mayWait && this.#session.note().outgoing.length > 0) return;
    this.#wanted = true;
    this.#session.onLeaving();
    if (isIdle) return this.#session.onReleasable();
    void this.#enqueue(() => this.#store.willRelease(this.#claim));
  }

  /** The wire that gets messages from now on. Drops what the wire before it has not got. */
  set wire(wire: Wire | undefined) {
    this.#wire = wire;
    this.#unsent = [];
  }

  readonly onSequence = (sequence: number, data: Message): void => {
    this.#outgoing.push({ sequence, data });
    this.schedule();
  };

  send(message: Message): void {
    if (this.#wire !== undefined) this.#unsent.push(message);
    this.schedule();
  }

  // The credit that the client has granted bounds the messages in flight.
  drained(): undefined {}

  /** Records what a handler has sent to rooms. Call it in the tick in which the handler's message is finished. */
  recordRoomMessages(messages: readonly RoomAppend[]): true {
    this.#roomMessages.push(...messages);
    this.schedule();
    return true;
  }

  /** Records an acknowledgement of the client. */
  acknowledged(upTo: number, pending: readonly number[] = []): void {
    if (upTo < this.#acknowledgedUpTo) return; // late, or sent again
    this.#acknowledgedUpTo = upTo;
    this.#acknowledged = { upTo, pending };
    this.schedule();
  }

  /** Commits at the end of the tick. */
  schedule(): void {
    if (this.#stopped || this.#scheduled) return;
    this.#scheduled = true;
    // Not in a microtask: one commit has a handler's room messages, its answer, and that its message is finished.
    setImmediate(() => {
      this.#enqueue(() => this.#commit()).catch((error: unknown) => this.lose({ type: "failed", error }));
    });
  }

  /** The client wants to resume: asks the store whether it may. */
  async attach(request: Unleased<AttachRequest>): Promise<AttachResult> {
    this.#attaching += 1;
    try {
      return await this.#enqueue(async () => {
        const attached = await this.#store.attach(request);
        if (attached.type !== "resumed") return attached;
        const before = this.#claim;
        this.#claim = attached.claim;
        this.#detached = false;
        this.#skipAcknowledged(attached.state.acknowledged.upTo);
        // Another process had the session: the state here is outdated.
        if (attached.claim.fence > before.fence + 1) this.lose({ type: "taken", claim: before });
        return attached;
      });
    } finally {
      this.#attaching -= 1;
    }
  }

  /** The client has disconnected. Never rejects. */
  async detach(): Promise<void> {
    // The client is reconnecting on another wire, so the session is not detached.
    if (this.#attaching > 0) return;
    this.#detached = true;
    try {
      await this.#enqueue(async () => {
        if (!(await this.#store.detach(this.#claim))) await this.#store.check(this);
      });
    } catch (error) {
      this.lose({ type: "failed", error }); // it stays in the store, where its client may find it
    }
  }

  /** The session has ended: removes it from the store. Never rejects. */
  async remove(): Promise<void> {
    if (this.#stopped) return;
    this.stop();
    await this.#reported(this.#enqueue(() => this.#store.remove(this.#claim)));
  }

  /** Records nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#onIdle?.();
    this.#store.disown(this);
  }

  /** Nothing more is handled here. Resolves when everything that has arrived is finished, or its handlers take too long. */
  async finish(): Promise<void> {
    if (this.#stopped) return;
    this.#session.onLeaving();
    if (!this.#session.isIdle())
      await this.#store.settled(new Promise<void>((resolve) => (this.#onIdle = resolve)));
  }

  /** The server shuts down: commits the session a last time and leaves it in the store, detached. Never rejects. */
  async leave(): Promise<void> {
    if (this.#stopped) return;
    const { record } = this.#takeRecord();
    this.stop();
    const left = this.#enqueue(async () => {
      await this.#store.commit(this.#claim, record);
      await this.#store.release(this.#claim);
    });
    await this.#reported(left);
  }

  /** Waits for the last call, and reports that it failed. */
  async #reported(call: Promise<unknown>): Promise<void> {
    await call.catch((error: unknown) => this.#session.onLost({ type: "failed", error }));
  }

  /** The client has reported that it received everything up to `upTo`; its wire before may still bring older reports. */
  #skipAcknowledged(upTo: number): void {
    this.#acknowledgedUpTo = Math.max(this.#acknowledgedUpTo, upTo);
    if (this.#acknowledged !== undefined && this.#acknowledged.upTo < upTo) this.#acknowledged = undefined;
  }

  async #commit(): Promise<void> {
    if (this.#stopped) return;
    const { record, wire, unsent } = this.#takeRecord();
    const committed = this.#store.commit(this.#claim, record);
    if (!(committed instanceof Promise ? await committed : committed)) await this.#store.check(this);
    else if (wire === this.#wire) for (const message of unsent) wire?.send(message);
    if (this.#stopped) return;
    const isIdle = this.#session.isIdle();
    if (isIdle) this.#onIdle?.();
    if (this.#wanted && isIdle) this.#session.onReleasable();
    else if (this.#askedAt !== undefined) this.onWanted();
  }

  /** What to commit now, and what the wire gets after it. */
  #takeRecord(): { record: SessionCommit; wire: Wire | undefined; unsent: readonly Message[] } {
    const note = JSON.stringify(this.#session.note());
    const { upTo, pending } = this.#session.received();
    const record = {
      outgoing: this.#outgoing,
      acknowledged: this.#acknowledged,
      received: { upTo, pending: [...pending].sort((a, b) => a - b) },
      roomMessages: this.#roomMessages,
      note: note === this.#lastNote ? undefined : note,
    };
    const unsent = this.#unsent;
    this.#scheduled = false;
    this.#unsent = [];
    this.#outgoing = [];
    this.#roomMessages = [];
    this.#acknowledged = undefined;
    this.#lastNote = note;
    return { record, wire: this.#wire, unsent };
  }

  /** Calls the store after the last call to it has settled: a claim is valid until the session is attached again. */
  #enqueue<Value>(call: () => Awaitable<Value>): Promise<Value> {
    const result = this.#lastCall.then(call);
    this.#lastCall = result.catch(() => {});
    return result;
  }
}
