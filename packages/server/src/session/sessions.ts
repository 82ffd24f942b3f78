import { CloseCode, CloseError } from "@symbolon/protocol";
import type { DeliveryOptions, ResumeKey, Welcome } from "@symbolon/protocol/internal";
import { SharedBounds, type SharedItem } from "../access/shared-bounds.ts";
import type { Clock, ClockSubscriber } from "../timing/clock.ts";
import { hashText, type SessionSecret } from "./session-secret.ts";
import { window } from "./hello.ts";

/** How long a session waits for a client that has disconnected, and how much it keeps. */
export interface SessionOptions {
  /**
   * How long a detached session waits for its client, in ms.
   * @default 120_000
   */
  readonly grace?: number;
  /**
   * Messages that a session keeps until the client has handled them.
   * @default 1_000
   */
  readonly messages?: number;
  /**
   * Bytes of these messages.
   * @default 1_048_576
   */
  readonly bytes?: number;
  /**
   * Detached sessions of one principal. One more ends the one that was detached first.
   * @default 10
   */
  readonly detachedPerPrincipal?: number;
  /**
   * Detached sessions in all. One more ends a session of the principal that has the most, or of the address without one:
   * the one that was detached first. So a client that fills it ends its own sessions alone.
   * @default 10_000
   */
  readonly maxDetached?: number;
  /**
   * Bytes that all detached sessions keep: their messages in both directions, rooms and requests, and 16 KiB for each
   * session. More end sessions as `maxDetached` does.
   * @default 268_435_456
   */
  readonly maxDetachedBytes?: number;
  /**
   * Whether a process that has far more clients than the others of its `store` asks some to connect elsewhere, slowly, until it
   * has about as many: so a process that comes back gets its share. What sends clients to the processes has to choose one anew
   * for each connection. Sessions that are in no store, plain clients and raw connections stay.
   * @default false
   */
  readonly balance?: boolean;
}

/** To whom a session belongs. */
export interface SessionOwner {
  /** The hash of the client instance's secret. */
  readonly keyHash: string;
  /** The path at which it was opened. */
  readonly pathname: string;
  /** The principal that hooks have provided, if any. */
  readonly principal: string | undefined;
}

/** Names a client to the rooms: every session of its principal, or of the instance when it has no principal. */
export function memberName({ keyHash, principal }: SessionOwner): string {
  return hashText(JSON.stringify(principal === undefined ? ["key", keyHash] : ["principal", principal]));
}

/** A session, as the registry needs it. */
export interface TrackedSession extends SharedItem {
  readonly owner: SessionOwner;
  readonly secret: SessionSecret;
  /** Ends the session. */
  close(error: CloseError): void;
  /** Ends the session in this process; in a store it remains. Resolves when nothing of it is left here. Never rejects. */
  leave(error: CloseError): Promise<void>;
  /** Ends the session as if the process had died. */
  crash(): void;
}

/** A session that cannot be resumed, because messages were lost. */
interface LostSession {
  /** The `why` of the client's `reset`. */
  readonly lostReason: string;
}

interface LostRecord extends LostSession {
  /** The session, without what it has kept. */
  readonly session: Pick<TrackedSession, "owner" | "secret">;
  /** Forgets why the session was lost. */
  readonly forget: () => void;
}

/** How many sessions expire in one turn of the event loop. Each may have a thousand messages that fail. */
const expiriesPerTurn = 4;

/** The registry of an app's sessions, connected and detached. Ends a detached session when its grace time has passed. */
export class Sessions<Session extends TrackedSession = TrackedSession> implements ClockSubscriber {
  /** The options with their defaults. */
  readonly options: Required<SessionOptions>;
  /** What each session grants and keeps. */
  readonly delivery: DeliveryOptions;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();
  /** The detached sessions, each with the time at which its grace time ends: the first one ends first. */
  readonly #detached = new Map<Session, number>();
  /** The same sessions, within their bounds. */
  readonly #bounds: SharedBounds<Session>;
  /** The sessions whose clients are about to resume them, each with the newest attempt. */
  readonly #resuming = new Map<Session, Promise<unknown>>();
  readonly #lost = new Map<string, LostRecord>();
  /** How many connections sessions had, by how each began. */
  readonly counts: Record<Welcome["state"], number> = { new: 0, resumed: 0, reset: 0 };
  /** How many sessions have expired in this turn. */
  #expired = 0;

  constructor(clock: Clock, options: SessionOptions = {}) {
    this.#clock = clock;
    this.options = {
      grace: 120_000,
      messages: 1_000,
      bytes: 2 ** 20,
      detachedPerPrincipal: 10,
      maxDetached: 10_000,
      maxDetachedBytes: 2 ** 28,
      balance: false,
      ...options,
    };
    this.delivery = { window, messages: this.options.messages, bytes: this.options.bytes };
    const { maxDetached, maxDetachedBytes } = this.options;
    this.#bounds = new SharedBounds<Session>({ items: maxDetached, bytes: maxDetachedBytes, evict: expire });
  }

  /** Bytes that the detached sessions keep. */
  get detachedBytes(): number {
    return this.#bounds.bytes;
  }

  /**
   * Finds the session that a client may resume, or why it was lost.
   * @returns undefined when there is no such session and when it belongs to another: a client must not learn which.
   */
  find(key: ResumeKey, { keyHash, pathname, principal }: SessionOwner): Session | LostSession | undefined {
    const lost = this.#lost.get(key.sessionId);
    const session = this.#sessions.get(key.sessionId) ?? lost?.session;
    if (session === undefined || !session.secret.matches(key)) return undefined;
    const { owner } = session;
    if (owner.keyHash !== keyHash || owner.pathname !== pathname || owner.principal !== principal)
      return undefined;
    return lost ?? (session as Session); // it is not lost
  }

  /** Whether a session has this name, or had it before its messages were lost. */
  knows(sessionId: string): boolean {
    return this.#sessions.has(sessionId) || this.#lost.has(sessionId);
  }

  /** The session cannot be resumed. A client that tries receives `reason` for the grace time. */
  markLost({ owner, secret }: Session, reason: string): void {
    const { sessionId } = secret;
    this.#lost.get(sessionId)?.forget();
    const forget = (): void => {
      cancel();
      this.#lost.delete(sessionId);
    };
    const cancel = this.#clock.after(this.options.grace, forget);
    this.#lost.set(sessionId, { session: { owner, secret }, lostReason: reason, forget });
    const [oldest] = this.#lost.values();
    if (this.#lost.size > this.options.maxDetached) oldest?.forget();
  }

  /** Adds a session that has begun. */
  add(session: Session): void {
    this.#sessions.set(session.secret.sessionId, session);
  }

  /** The client has disconnected: the grace time begins. */
  detach(session: Session): void {
    const { detachedPerPrincipal } = this.options;
    if (this.#detached.size === 0) this.#clock.subscribe(this);
    this.#detached.set(session, this.#clock.now + this.options.grace);
    this.#bounds.add(session, session.owner.principal === undefined ? Infinity : detachedPerPrincipal);
  }

  /** A detached session keeps more than before. */
  measure(session: Session): void {
    this.#bounds.measure(session);
  }

  /** The client has connected. */
  attach(session: Session, state: Welcome["state"]): void {
    this.counts[state] += 1;
    this.#keep(session);
  }

  /** The session is not detached any more. */
  #keep(session: Session): void {
    if (this.#detached.delete(session) && this.#detached.size === 0) this.#clock.unsubscribe(this);
    this.#bounds.remove(session);
  }

  /** A detached session does not expire until `resuming` has settled: the store decides whether its client may resume it. */
  async keepDuring<Value>(session: Session, resuming: Promise<Value>): Promise<Value> {
    this.#resuming.set(session, resuming);
    try {
      return await resuming;
    } finally {
      if (this.#resuming.get(session) === resuming) this.#resuming.delete(session);
    }
  }

  /** Removes a session that has ended. */
  remove(session: Session): void {
    this.#keep(session);
    const { sessionId } = session.secret;
    if (this.#sessions.get(sessionId) === session) this.#sessions.delete(sessionId);
  }

  /** The server shuts down: ends every session here, connected or detached. Resolves when nothing of them is left. */
  async end(): Promise<void> {
    const leaving = Array.from(this.#sessions.values(), (session) =>
      session.leave(new CloseError(CloseCode.GoingAway, "shutting down")),
    );
    for (const { forget } of this.#lost.values()) forget();
    await Promise.all(leaving);
  }

  /** Ends every session as if the process had died, for tests. */
  crash(): void {
    for (const session of Array.from(this.#sessions.values())) session.crash();
  }

  /** Ends the sessions whose grace time has passed: some now, and the others in later turns when they are many. */
  step(now: number): void {
    const isFirst = this.#expired === 0;
    for (const [session, end] of this.#detached) {
      if (end > now || this.#expired === expiriesPerTurn) break;
      if (this.#resuming.has(session)) {
        this.#detached.delete(session);
        this.#detached.set(session, now + this.options.grace);
        continue;
      }
      this.#expired += 1;
      expire(session);
    }
    if (isFirst && this.#expired > 0) setImmediate(() => this.#expireMore());
  }

  #expireMore(): void {
    this.#expired = 0;
    this.step(this.#clock.now);
  }
}

function expire(session: TrackedSession): void {
  session.close(new CloseError(CloseCode.SessionLost, "session expired", false));
}
