import { CloseCode, CloseError } from "@symbolon/protocol";
import type { ResumeKey } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import { hashText, type SessionSecret } from "./session-secret.ts";

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
   * Detached sessions in all. One more ends the one that was detached first.
   * @default 10_000
   */
  readonly maxDetached?: number;
  /**
   * Bytes that all detached sessions keep, measured when each was detached. More end those that were detached first.
   * @default 268_435_456
   */
  readonly maxDetachedBytes?: number;
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
export interface TrackedSession {
  readonly owner: SessionOwner;
  readonly secret: SessionSecret;
  /** Bytes that the session keeps for its client. */
  readonly size: number;
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

interface LostRecord<Session> extends LostSession {
  readonly session: Session;
  /** Forgets why the session was lost. */
  readonly forget: () => void;
}

/** The registry of an app's sessions, connected and detached. Ends a detached session when its grace time has passed. */
export class Sessions<Session extends TrackedSession = TrackedSession> {
  /** The options with their defaults. */
  readonly options: Required<SessionOptions>;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();
  /** The detached sessions in the order of detaching, each with a function that removes it. */
  readonly #detached = new Map<Session, () => void>();
  /** The same sessions by principal. */
  readonly #detachedByPrincipal = new Map<string | undefined, Set<Session>>();
  #detachedBytes = 0;
  readonly #lost = new Map<string, LostRecord<Session>>();

  constructor(clock: Clock, options: SessionOptions = {}) {
    this.#clock = clock;
    this.options = {
      grace: 120_000,
      messages: 1_000,
      bytes: 2 ** 20,
      detachedPerPrincipal: 10,
      maxDetached: 10_000,
      maxDetachedBytes: 2 ** 28,
      ...options,
    };
  }

  /** Bytes that the detached sessions keep, measured when each was detached. */
  get detachedBytes(): number {
    return this.#detachedBytes;
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
    return lost ?? session;
  }

  /** The session cannot be resumed. A client that tries receives `reason` for the grace time. */
  markLost(session: Session, reason: string): void {
    const { sessionId } = session.secret;
    this.#lost.get(sessionId)?.forget();
    const forget = (): void => {
      cancel();
      this.#lost.delete(sessionId);
    };
    const cancel = this.#clock.after(this.options.grace, forget);
    this.#lost.set(sessionId, { session, lostReason: reason, forget });
    const [oldest] = this.#lost.values();
    if (this.#lost.size > this.options.maxDetached) oldest?.forget();
  }

  /** Adds a session that has begun. */
  add(session: Session): void {
    this.#sessions.set(session.secret.sessionId, session);
  }

  /** The client has disconnected: the grace time begins. */
  detach(session: Session): void {
    const { size, owner } = session;
    this.#detachedBytes += size;
    const own = this.#detachedByPrincipal.get(owner.principal) ?? new Set();
    this.#detachedByPrincipal.set(owner.principal, own.add(session));
    const cancel = this.#clock.after(this.options.grace, () => expire(session));
    const release = (): void => {
      cancel();
      this.#detachedBytes -= size;
      this.#detached.delete(session);
      if (own.delete(session) && own.size === 0) this.#detachedByPrincipal.delete(owner.principal);
    };
    this.#detached.set(session, release);
    this.#limit(owner.principal === undefined ? [] : own);
  }

  /** The client has connected again. */
  attach(session: Session): void {
    this.#detached.get(session)?.();
  }

  /** Removes a session that has ended. */
  remove(session: Session): void {
    this.attach(session);
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

  /** Ends sessions beyond the limits. `own` has the detached sessions of one principal, in the order of detaching. */
  #limit(own: Iterable<Session>): void {
    const { detachedPerPrincipal, maxDetached, maxDetachedBytes } = this.options;
    const all = [...own];
    for (const session of all.slice(0, Math.max(0, all.length - detachedPerPrincipal))) expire(session);
    for (const session of this.#detached.keys()) {
      if (this.#detached.size <= maxDetached && this.#detachedBytes <= maxDetachedBytes) return;
      expire(session);
    }
  }
}

function expire(session: TrackedSession): void {
  session.close(new CloseError(CloseCode.SessionLost, "session expired", false));
}
