import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Resume } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import type { SessionSecret } from "./session-secret.ts";

/** How sessions wait for clients that are away. */
export interface SessionOptions {
  /** How long, in ms. Default 120,000. */
  readonly grace?: number;
  /** Messages kept for a client until it has handled them. Default 1,000. */
  readonly messages?: number;
  /** Characters of them. Default 1 Mi. */
  readonly bytes?: number;
  /** Sessions of one principal that may wait. Default 10; the oldest ends. */
  readonly detachedPerPrincipal?: number;
  /** Sessions that may wait in all. Default 10,000; the oldest ends. */
  readonly maxDetached?: number;
  /** Characters that may be kept for those who are away, when they went. Default 256 Mi; the oldest ends. */
  readonly maxDetachedBytes?: number;
}

/** Who a session belongs to: only they resume it. */
export interface SessionOwner {
  /** The client instance. */
  readonly clientId: string;
  /** Where it was opened. */
  readonly pathname: string;
  /** Who opened it, if a hook has said so. */
  readonly principal: string | undefined;
}

/** A session, as its parking sees it. */
export interface TrackedSession {
  readonly owner: SessionOwner;
  readonly secret: SessionSecret;
  /** Characters that are kept for its client. */
  readonly size: number;
  /** Ends it. */
  close(error: CloseError): void;
  /** Ends it here; where a store has it, it may go on elsewhere. Resolves when it may, and nothing of it is left here. Never rejects. */
  leave(error: CloseError): Promise<void>;
  /** Ends it as if the process had died. */
  crash(): void;
}

interface DetachedSession {
  readonly size: number;
  /** The client came back, or will not. */
  readonly leave: () => void;
}

interface LostSession<Kept> {
  readonly line: Kept;
  readonly why: string;
  /** Nobody is told any more. */
  readonly forget: () => void;
}

/** The sessions of an app: those with a client, and those that wait for theirs until the grace time ends. */
export class Sessions<Kept extends TrackedSession = TrackedSession> {
  readonly options: Required<SessionOptions>;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Kept>();
  /** The oldest first. */
  readonly #parked = new Map<Kept, DetachedSession>();
  /** The same by their principals. */
  readonly #own = new Map<string | undefined, Set<Kept>>();
  #size = 0;
  /** Those that ended because something was lost. */
  readonly #broken = new Map<string, LostSession<Kept>>();

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

  /** How many sessions wait for their clients. */
  get parked(): number {
    return this.#parked.size;
  }

  /** Characters that are kept for them, as it was when they went. */
  get detachedBytes(): number {
    return this.#size;
  }

  /**
   * The session that a client may go on with, or why it cannot. Undefined when there is none, or it is another's: which of
   * these is not said.
   */
  find(resume: Resume, { pathname, principal }: SessionOwner): Kept | { readonly why: string } | undefined {
    const line = this.#sessions.get(resume.id) ?? this.#broken.get(resume.id)?.line;
    if (line === undefined || !line.secret.matches(resume)) return undefined;
    if (line.owner.pathname !== pathname || line.owner.principal !== principal) return undefined;
    return this.#broken.get(resume.id) ?? line;
  }

  /** It cannot go on, and whoever asks for it is told why. */
  markLost(line: Kept, why: string): void {
    const { id: sid } = line.secret.key;
    this.#broken.get(sid)?.forget();
    const forget = (): void => {
      stop();
      this.#broken.delete(sid);
    };
    const stop = this.#clock.after(this.options.grace, forget);
    this.#broken.set(sid, { line, why, forget });
    const [oldest] = this.#broken.values();
    if (this.#broken.size > this.options.maxDetached) oldest?.forget();
  }

  /** A session begins. */
  add(line: Kept): void {
    this.#sessions.set(line.secret.key.id, line);
  }

  /** Its client is away. */
  detach(line: Kept): void {
    const { size, owner } = line;
    this.#size += size;
    const own = this.#own.get(owner.principal) ?? new Set();
    this.#own.set(owner.principal, own.add(line));
    const stop = this.#clock.after(this.options.grace, () => expire(line));
    const leave = (): void => {
      stop();
      this.#size -= size;
      this.#parked.delete(line);
      if (own.delete(line) && own.size === 0) this.#own.delete(owner.principal);
    };
    this.#parked.set(line, { size, leave });
    this.#limit(owner.principal === undefined ? [] : own);
  }

  /** Its client is back. */
  attach(line: Kept): void {
    this.#parked.get(line)?.leave();
  }

  /** It has ended. */
  remove(line: Kept): void {
    this.attach(line);
    const { id: sid } = line.secret.key;
    if (this.#sessions.get(sid) === line) this.#sessions.delete(sid);
  }

  /** The server leaves: every session ends, with or without its client. Resolves when nothing of them is left. */
  async end(): Promise<void> {
    const leaving = Array.from(this.#sessions.values(), (line) =>
      line.leave(new CloseError(CloseCode.GoingAway, "shutting down")),
    );
    for (const { forget } of this.#broken.values()) forget();
    await Promise.all(leaving);
  }

  /** The process dies, for tests. */
  crash(): void {
    for (const line of Array.from(this.#sessions.values())) line.crash();
  }

  /** `own` are the sessions of a principal, the oldest first. */
  #limit(own: Iterable<Kept>): void {
    const {
      detachedPerPrincipal: perPrincipal,
      maxDetached: parked,
      maxDetachedBytes: parkedSize,
    } = this.options;
    const all = [...own];
    for (const one of all.slice(0, Math.max(0, all.length - perPrincipal))) expire(one);
    for (const one of this.#parked.keys()) {
      if (this.#parked.size <= parked && this.#size <= parkedSize) return;
      expire(one);
    }
  }
}

function expire(line: TrackedSession): void {
  line.close(new CloseError(CloseCode.SessionLost, "its client did not come back", false));
}
