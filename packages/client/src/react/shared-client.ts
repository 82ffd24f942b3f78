import type { AnyContract } from "@symbolon/protocol";
import { createTimer } from "../connection/timer.ts";
import { type ConnectOptions, isFunction } from "../connect-options.ts";
import type { Client } from "../client.ts";
import { connect } from "../connect.ts";

/** The clients that at least one component retains. */
const retained = new Set<SharedClient<AnyContract>>();
/** Where a client has how many components retain it: the hooks of another copy of this package read it too. */
const retainers: unique symbol = Symbol.for("symbolon.retainers");
type Retained = { [retainers]?: number };

/** Whether components have used a client and no component does any more: it ends as soon as the server has handled what it keeps. */
export function isLeft(client: object): boolean {
  return (client as Retained)[retainers] === 0;
}

/** A client that lives as long as a component retains it; components with equal options share one. */
export class SharedClient<C extends AnyContract> {
  /** The client itself. It connects when it is first retained or used. */
  readonly client: Client<C>;
  /** Called for the credential, instead of the `getToken` that the client was made with. */
  getToken: ConnectOptions<AnyContract>["getToken"];
  readonly #contract: C;
  readonly #options: ConnectOptions<C>;
  readonly #address: string;
  /** Ends a client that no component retains any more. */
  readonly #endTimer = createTimer();

  /** Makes a client that `find` does not find until it is retained: a client made while rendering may never be used. */
  constructor(contract: C, options: ConnectOptions<C>) {
    const { getToken } = options;
    this.getToken = getToken;
    this.#contract = contract;
    this.#options = options;
    this.#address = addressOf(contract, options);
    this.client = connect(contract, {
      ...options,
      ...(getToken && { getToken: (asked) => (this.getToken ?? getToken)(asked) }),
    });
  }

  /** The retained client with this contract and these options that has not ended, if there is one. */
  static find<C extends AnyContract>(contract: C, options: ConnectOptions<C>): SharedClient<C> | undefined {
    const found = [...retained].find((shared) => !shared.ended && shared.matches(contract, options));
    return found as SharedClient<C> | undefined;
  }

  /** Whether the client was made of the same contract and `WebSocket`, and of equal `url`, `params` and `query`. */
  matches(contract: AnyContract, options: ConnectOptions<AnyContract>): boolean {
    return (
      this.#contract === contract &&
      this.#options.WebSocket === options.WebSocket &&
      this.#address === addressOf(contract, options)
    );
  }

  /** Whether the client has ended for good. */
  get ended(): boolean {
    return this.client.status.value.state === "closed";
  }

  /** The client to retain: this one, unless it has ended or an equal one was retained first. */
  get current(): SharedClient<C> {
    const found = SharedClient.find(this.#contract, this.#options) ?? this;
    if (found !== this) this.client.close(); // it may have been used already, and must not connect
    return found.ended ? new SharedClient(this.#contract, this.#options) : found;
  }

  /** Opens the client, and keeps it open until the returned function was called and a macrotask has passed. */
  retain(): () => void {
    retained.add(this);
    this.#count(1);
    this.#endTimer.stop();
    void this.client.opened; // connects
    return () => {
      this.#count(-1);
      if (!isLeft(this.client)) return;
      this.#endTimer.start(0, () => {
        retained.delete(this);
        this.client.close({ flush: true });
      });
    };
  }

  #count(by: 1 | -1): void {
    const client = this.client as Retained;
    client[retainers] = (client[retainers] ?? 0) + by;
  }
}

/** Equal for equal values of `url`, `params` and `query`. Functions count as equal: those of the first rendering are called. */
function addressOf(contract: AnyContract, { url, params, query }: ConnectOptions<AnyContract>): string {
  const values: unknown[] = [url, params, query];
  return values.some(isFunction)
    ? JSON.stringify(values)
    : String(url) + contract.url(params as never, query as never);
}
