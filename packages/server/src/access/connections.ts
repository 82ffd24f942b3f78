import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Acceptance } from "../request/acceptance.ts";
import type { Exchange, ExchangeListener } from "../request/exchange.ts";
import { readIdentity } from "../request/identity.ts";
import { Refusal } from "../request/refusal.ts";
import type { Clock } from "../timing/clock.ts";

/** A connected client, or a detached session. */
export interface Connection {
  /** Whether the server can ask the client for a new token. Other connections are closed when the credential expires. */
  readonly renewsCredential: boolean;
  /** Whether the client is connected. */
  readonly connected: boolean;
  /** Ends it at once: messages that were received but not handled are dropped. */
  terminate(error: CloseError): void;
  /** Ends it when the messages that were received are handled. */
  closeGracefully(error: CloseError): void;
  /** Asks the client to reconnect elsewhere in `at` ms; false when it does not understand that, or would lose its session. */
  goAway(at: number, reason: GoawayReason): boolean;
}

/** Why a client is asked to reconnect elsewhere. In a process that goes on, a session that is in no store is better off staying. */
export type GoawayReason = "shutting down" | "other servers have fewer clients";

/** A client whose session is looked up in the store. */
interface Reservation {
  readonly principal: string | undefined;
  revoked: CloseError | undefined;
}

/** Registry of connected clients and detached sessions; used by drain, revoke and the limit per principal. */
export class Connections {
  readonly #clock: Clock;
  readonly #maxPerPrincipal: number;
  /** By principal; connections without one are under undefined. */
  readonly #byPrincipal = new Map<string | undefined, Set<Connection>>();
  readonly #reservations = new Set<Reservation>();
  /** Which client `moveAway` asks first. */
  #nextAway = 0;

  /** At most `maxPerPrincipal` clients of one principal may be connected. */
  constructor(clock: Clock, maxPerPrincipal: number) {
    this.#clock = clock;
    this.#maxPerPrincipal = maxPerPrincipal;
  }

  /** The number of connected clients, and of detached sessions. */
  get count(): { readonly connected: number; readonly detached: number } {
    const all = this.all();
    const connected = countConnected(all);
    return { connected, detached: all.length - connected };
  }

  /** Refuses a client whose principal has too many connections; undefined when the check passes. */
  checkLimit({ context }: Exchange): Refusal | undefined {
    const { principal } = readIdentity(context);
    const own = principal === undefined ? undefined : this.#byPrincipal.get(principal);
    if (own === undefined || countConnected(own) < this.#maxPerPrincipal) return undefined;
    return new Refusal({
      kind: "limits.perPrincipal",
      status: 429,
      reason: "Too many connections of this principal: createApp({ limits: { perPrincipal } })",
      log: `the limit of connections of one principal is ${this.#maxPerPrincipal}: createApp({ limits: { perPrincipal } })`,
      retryAfter: 5,
    });
  }

  /** Registers a connection until its exchange has ended; call it when the hooks have run. */
  add(exchange: Exchange, connection: Connection): void {
    const { principal, expiresAt } = readIdentity(exchange.context);
    // An error keeps its stack, and so all that the handshake used: it is made when it is needed.
    const expire = (): void =>
      connection.terminate(new CloseError(CloseCode.Unauthorized, "credential expired"));
    const cancelExpiry =
      expiresAt === undefined || connection.renewsCredential ? undefined : this.#clock.at(expiresAt, expire);
    const own = this.#byPrincipal.get(principal) ?? new Set();
    this.#byPrincipal.set(principal, own.add(connection));
    exchange.onEnd(new Registration(this, principal, connection, cancelExpiry));
  }

  /** Removes a connection of `principal`. */
  remove(principal: string | undefined, connection: Connection): void {
    const own = this.#byPrincipal.get(principal);
    own?.delete(connection);
    if (own?.size === 0) this.#byPrincipal.delete(principal);
  }

  /** Registers a raw connection, from before its handshake is accepted. */
  addRaw(exchange: Exchange, acceptance: Acceptance): void {
    this.add(exchange, new RawConnection(acceptance));
  }

  /** Waits for `work` before a client of `principal` is registered. Rejects as `work` does, and when the principal was revoked meanwhile. */
  async reserve<Value>(principal: string | undefined, work: Promise<Value>): Promise<Value> {
    const reservation: Reservation = { principal, revoked: undefined };
    this.#reservations.add(reservation);
    try {
      const value = await work;
      if (reservation.revoked !== undefined) throw reservation.revoked;
      return value;
    } finally {
      this.#reservations.delete(reservation);
    }
  }

  /** Ends every connection of a principal. */
  revoke(principal: string, error: CloseError): void {
    for (const reservation of this.#reservations)
      if (reservation.principal === principal) reservation.revoked ??= error;
    for (const connection of Array.from(this.#byPrincipal.get(principal) ?? [])) connection.terminate(error);
  }

  /** Asks every client to reconnect elsewhere within `within` ms, one after another, so that they do not arrive there together. */
  drain(within: number): void {
    const all = this.all();
    // The last client keeps a fifth of the time for its way.
    const pace = (within * 0.8) / all.length;
    const restart = new CloseError(CloseCode.ServiceRestart, "shutting down");
    for (const [index, connection] of all.entries()) {
      const at = Math.round(index * pace);
      if (!connection.goAway(at, "shutting down"))
        this.#clock.after(at, () => connection.closeGracefully(restart));
    }
  }

  /**
   * Asks `count` clients to reconnect at another process within `within` ms, one after another, and others than the last time.
   * @returns how many could be asked.
   */
  moveAway(count: number, within: number): number {
    const all = this.all().filter(({ connected }) => connected);
    let asked = 0;
    for (let tried = 0; tried < all.length && asked < count; tried += 1) {
      this.#nextAway = (this.#nextAway + 1) % all.length;
      const at = Math.round((asked * within) / count);
      if (all[this.#nextAway]?.goAway(at, "other servers have fewer clients") === true) asked += 1;
    }
    return asked;
  }

  /** The connections of a principal, or of all. */
  all(principal?: string): Connection[] {
    const sets =
      principal === undefined ? this.#byPrincipal.values() : [this.#byPrincipal.get(principal) ?? []];
    return Array.from(sets).flatMap((own) => Array.from(own));
  }
}

/** An entry of the registry, until the exchange of the connection has ended. */
class Registration implements ExchangeListener {
  readonly #connections: Connections;
  readonly #principal: string | undefined;
  readonly #connection: Connection;
  readonly #cancelExpiry: (() => void) | undefined;

  constructor(
    connections: Connections,
    principal: string | undefined,
    connection: Connection,
    cancelExpiry: (() => void) | undefined,
  ) {
    this.#connections = connections;
    this.#principal = principal;
    this.#connection = connection;
    this.#cancelExpiry = cancelExpiry;
  }

  exchangeEnded(): void {
    this.#cancelExpiry?.();
    this.#connections.remove(this.#principal, this.#connection);
  }
}

/** A raw connection; it is in no session. */
class RawConnection implements Connection {
  readonly renewsCredential: boolean = false;
  readonly connected: boolean = true;
  readonly #acceptance: Acceptance;

  constructor(acceptance: Acceptance) {
    this.#acceptance = acceptance;
  }

  terminate(error: CloseError): void {
    this.#acceptance.revoke(error);
  }

  closeGracefully(error: CloseError): void {
    this.#acceptance.close(error);
  }

  goAway(): boolean {
    return false;
  }
}

function countConnected(connections: Iterable<Connection>): number {
  return Array.from(connections).filter(({ connected }) => connected).length;
}
