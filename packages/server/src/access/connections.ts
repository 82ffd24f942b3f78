import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import type { Accept, Exchange } from "../request/exchange.ts";
import type { Clock } from "../timing/clock.ts";
import { readIdentity } from "../request/identity.ts";

/** Someone who is connected, or whose session waits. */
export interface Connection {
  /** Whether it brings a fresh credential when it is asked for one; another goes when its credential ends. */
  readonly renewsCredential: boolean;
  /** Whether it is connected. */
  readonly connected: boolean;
  /** Ends it: not even what it has said is handled any more. */
  terminate(error: CloseError): void;
  /** Ends it, when what it has said was handled. */
  closeGracefully(error: CloseError): void;
  /** Asks it to go elsewhere in `at` ms; false when it would not understand. */
  goAway(at: number): boolean;
}

/** Everyone who is connected to an app, or whose session waits: each can be shown out. */
export class Connections {
  readonly #clock: Clock;
  readonly #most: number;
  /** By principal; those who have none are together. */
  readonly #named = new Map<string | undefined, Set<Connection>>();
  /** Those who are let in by hooks, and not here yet. */
  readonly #coming = new Set<Pick<Connection, "terminate"> & { readonly principal: string | undefined }>();

  /** `most` of one principal may be connected. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** How many there are, and how many of them are connected. */
  get count(): { readonly all: number; readonly here: number } {
    const all = this.#everyone();
    return { all: all.length, here: all.filter(({ connected: here }) => here).length };
  }

  /** Refuses one more of a principal that has too many; undefined when it may come. */
  checkLimit({ context }: Exchange): Response | undefined {
    const { principal } = readIdentity(context);
    const own = principal === undefined ? undefined : this.#named.get(principal);
    if (own === undefined || Array.from(own).filter(({ connected: here }) => here).length < this.#most)
      return undefined;
    return new Response("Too many connections of yours", { status: 429, headers: { "retry-after": "5" } });
  }

  /** Someone is here, from when the hooks have run until `attempt` has ended. */
  add(attempt: Exchange, visitor: Connection): void {
    const { principal, expiresAt } = readIdentity(attempt.context);
    const ended = new CloseError(CloseCode.Unauthorized, "the credential has ended");
    const stop =
      expiresAt === undefined || visitor.renewsCredential
        ? undefined
        : this.#clock.at(expiresAt, () => visitor.terminate(ended));
    const own = this.#named.get(principal) ?? new Set();
    this.#named.set(principal, own.add(visitor));
    void attempt.ended.then(() => {
      stop?.();
      own.delete(visitor);
      if (own.size === 0 && this.#named.get(principal) === own) this.#named.delete(principal);
    });
  }

  /** Someone whose wire is there as soon as it is accepted. */
  accepting(attempt: Exchange, accept: Accept): Accept {
    let wire: Wire | undefined;
    const expelled: CloseError[] = [];
    const leave = ({ code, reason }: CloseError): void => wire?.close(code, reason);
    const expel = (error: CloseError): void => {
      expelled.push(error);
      leave(error);
    };
    this.add(attempt, {
      renewsCredential: false,
      connected: true,
      terminate: expel,
      closeGracefully: leave,
      goAway: () => false,
    });
    return (init) => {
      const [error] = expelled;
      if (error !== undefined) return Promise.reject(error);
      const accepted = accept(init);
      const here = (now: Wire): void => {
        wire = now;
        for (const error of expelled) leave(error); // the 101 is written: it cannot be refused any more
      };
      accepted.then(here, () => {}); // who waits for it is told
      return accepted;
    };
  }

  /** Waits for what has to be known before someone can be here. Rejects as `known` does, and when everyone of that name was ended meanwhile. */
  async reserve<Known>(principal: string | undefined, known: Promise<Known>): Promise<Known> {
    const expelled: CloseError[] = [];
    const one = { principal, terminate: (error: CloseError) => void expelled.push(error) };
    this.#coming.add(one);
    try {
      const value = await known;
      const [error] = expelled;
      if (error !== undefined) throw error;
      return value;
    } finally {
      this.#coming.delete(one);
    }
  }

  /** Ends everyone of that name. */
  revoke(principal: string, error: CloseError): void {
    for (const one of this.#coming) if (one.principal === principal) one.terminate(error);
    for (const visitor of Array.from(this.#named.get(principal) ?? [])) visitor.terminate(error);
  }

  /** Everyone is to be elsewhere within `within` ms: one after another, so that they do not arrive there together. */
  drain(within: number): void {
    const all = this.#everyone();
    // The last have a fifth of the time for their way.
    const pace = (within * 0.8) / all.length;
    const restart = new CloseError(CloseCode.ServiceRestart, "shutting down");
    for (const [index, visitor] of all.entries()) {
      const at = Math.round(index * pace);
      if (!visitor.goAway(at)) this.#clock.after(at, () => visitor.closeGracefully(restart));
    }
  }

  #everyone(): Connection[] {
    return Array.from(this.#named.values()).flatMap((own) => Array.from(own));
  }
}
