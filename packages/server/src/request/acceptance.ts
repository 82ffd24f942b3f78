import { CloseCode, CloseError } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import { addedHeaders } from "./context.ts";
import { closeFromResponse } from "./errors.ts";
import type { Exchange, ExchangeListener } from "./exchange.ts";
import { checkSubprotocol } from "./headers.ts";
import { checkHandshakeHeaders, checkUnused, hasNoHeaders, mergeHeaders } from "./response.ts";

/** How a handshake is accepted. */
export interface AcceptInit {
  /** Headers of the 101, besides those of the handshake itself; their values are ASCII. @default none */
  readonly headers?: NonNullable<ConstructorParameters<typeof Headers>[0]>;
  /** The subprotocol to use; the client must have offered it. @default none */
  readonly subprotocol?: string;
}

/** How a transport accepts a handshake: it writes the 101 and gives the wire. Rejects when the client has disconnected. */
export type Accept = (init: AcceptInit) => Promise<Wire>;

const noListeners: readonly (() => void)[] = [];

/** @throws TypeError, as a rejection. */
function acceptOnce(): Promise<never> {
  return Promise.reject(new TypeError("the handshake is accepted already"));
}

/**
 * The decision of one handshake: it is accepted once, or refused. Each stage asks it or marks it: the handler and the
 * service accept, the deadline expires it, a revoked principal withdraws it.
 */
export class Acceptance implements ExchangeListener {
  readonly #exchange: Exchange;
  #transport: Accept;
  #state: "undecided" | "accepting" | "accepted" = "undecided";
  #wire: Wire | undefined;
  /** Why it cannot be accepted any more. */
  #withdrawn: CloseError | undefined;
  /** What is called once it is accepted. */
  #acceptListeners: readonly (() => void)[] = noListeners;
  /** "awaited": it is known when the server has finished with the wire. */
  #release: "unknown" | "awaited" | "released" = "unknown";
  /** What is called once the server has finished with the wire. */
  #releaseListeners: readonly (() => void)[] = noListeners;

  /** `wire` is the wire of a session: its 101 is written before it is accepted. */
  constructor(exchange: Exchange, transport: Accept, wire?: Wire) {
    this.#exchange = exchange;
    this.#transport = transport;
    this.#wire = wire;
  }

  /** Resolves when the server has finished with the wire of this handshake. */
  get released(): Promise<void> {
    return new Promise((resolve) => this.onRelease(resolve));
  }

  /** Whether the handshake is accepted, or the transport is writing its 101. */
  get isAccepted(): boolean {
    return this.#state !== "undecided";
  }

  /** Calls `listener` once the handshake is accepted, never when it is refused. */
  onAccept(listener: () => void): void {
    if (this.#state === "accepted") listener();
    else this.#acceptListeners = this.#acceptListeners.concat(listener);
  }

  /** Calls `listener` when the server has finished with the wire of this handshake. */
  onRelease(listener: () => void): void {
    if (this.#release === "released") listener();
    else this.#releaseListeners = this.#releaseListeners.concat(listener); // `push` would keep memory for 17
  }

  /**
   * Accepts the handshake, with the headers that hooks added. After a failure it may be called again.
   * @throws as a rejection: `CloseError` when the client has disconnected, the deadline has passed or the principal was
   * revoked; TypeError for a subprotocol that the client did not offer, for a header that the handshake sets itself, and
   * for a header value beyond ASCII.
   */
  async accept(init: AcceptInit = {}): Promise<Wire> {
    if (this.#withdrawn !== undefined) throw this.#withdrawn;
    if (this.isAccepted) return acceptOnce();
    if (this.#wire === undefined) {
      const checked = this.#check(init);
      this.#state = "accepting";
      try {
        this.#wire = await this.#transport(checked);
      } catch (error) {
        this.#state = "undecided"; // no 101 is written: the client still waits for an answer
        throw error;
      }
    }
    this.#state = "accepted";
    this.#transport = acceptOnce; // the transport's function holds all that the handshake used
    const listeners = this.#acceptListeners;
    this.#acceptListeners = noListeners;
    for (const listener of listeners) listener();
    if (this.#withdrawn !== undefined) this.close(this.#withdrawn); // the 101 is written: a refusal comes too late
    return this.#wire;
  }

  /** The deadline has passed: an undecided handshake cannot be accepted any more. Returns whether it was undecided. */
  expire(): boolean {
    if (this.isAccepted) return false;
    this.#withdrawn ??= new CloseError(CloseCode.Abnormal, "", false);
    return true;
  }

  /** The principal was revoked: closes the wire, now or once it is accepted, or rejects `accept`. */
  revoke(error: CloseError): void {
    this.#withdrawn ??= error;
    this.close(error);
  }

  /** Closes the wire, if there is one. */
  close({ code, reason }: { readonly code: number; readonly reason: string }): void {
    this.#wire?.close(code, reason);
  }

  /** Refuses: resolves with the response to write, or closes the wire of a written 101 and resolves with undefined. */
  async refuse(refusal: Response): Promise<Response | undefined> {
    if (this.#wire === undefined) return checkUnused(this.#exchange.finishResponse(refusal));
    this.close(await closeFromResponse(refusal));
    this.releaseAtEnd();
    await this.#exchange.end();
    return undefined;
  }

  /** The server has finished with the wire when `end` has resolved; the first call counts. */
  releaseAfter(end: Promise<void>): void {
    if (this.#release !== "unknown") return;
    this.#release = "awaited";
    void end.then(() => this.#finish());
  }

  /** The server has finished with the wire when the exchange has ended, unless `releaseAfter` was called. */
  releaseAtEnd(): void {
    if (this.#release !== "unknown") return;
    this.#release = "awaited";
    this.#exchange.onEnd(this);
  }

  exchangeEnded(): void {
    this.#finish();
  }

  /** The server has finished with the wire. */
  #finish(): void {
    this.#release = "released";
    const listeners = this.#releaseListeners;
    this.#releaseListeners = noListeners;
    for (const listener of listeners) listener();
  }

  /** What the transport gets: the headers of hooks too. */
  #check(init: AcceptInit): AcceptInit {
    const { context, parsed } = this.#exchange;
    checkSubprotocol(parsed.protocols, init.subprotocol);
    const added = addedHeaders(context);
    const headers = (added ?? init.headers) && mergeHeaders(added, init.headers);
    if (headers !== undefined) checkHandshakeHeaders(headers);
    if (parsed.isDisconnected) throw new CloseError(CloseCode.Abnormal, "the client has disconnected", false);
    return headers === undefined || hasNoHeaders(headers) ? init : { ...init, headers };
  }
}
