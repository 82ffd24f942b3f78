import type { AnyContract } from "@symbolon/protocol";
import { Timer } from "../connection/timer.ts";
import type { ConnectOptions } from "../connect-options.ts";
import type { Client } from "../client.ts";
import { connect } from "../connect.ts";

/** The clients that somebody holds. */
const all = new Set<SharedClient<AnyContract>>();

/** A client that lives as long as somebody holds it; whoever wants the same one meanwhile is given it as well. */
export class SharedClient<C extends AnyContract> {
  /** The client itself; it opens when it is first held or used. */
  readonly client: Client<C>;
  /** Asked for the credential in place of the one it was made with. */
  getToken: (() => string | Promise<string>) | undefined;
  readonly #contract: C;
  readonly #options: ConnectOptions<C>;
  readonly #address: string;
  readonly #alarm = new Timer();
  #holders = 0;

  /** Nobody knows it until it is held: what is made while rendering may never be used. */
  constructor(contract: C, options: ConnectOptions<C>) {
    const { getToken } = options;
    this.getToken = getToken;
    this.#contract = contract;
    this.#options = options;
    this.#address = addressOf(contract, options);
    this.client = connect(contract, {
      ...options,
      ...(getToken && { getToken: () => (this.getToken ?? getToken)() }),
    });
  }

  /** The client that somebody holds with these values and that has not ended; undefined when there is none. */
  static find<C extends AnyContract>(contract: C, options: ConnectOptions<C>): SharedClient<C> | undefined {
    for (const held of all)
      if (!held.ended && held.matches(contract, options)) return held as SharedClient<C>;
    return undefined;
  }

  /** Whether it was made of the same contract and `WebSocket`, and of equal `url`, `params` and `query`. */
  matches(contract: AnyContract, options: ConnectOptions<AnyContract>): boolean {
    return (
      this.#contract === contract &&
      this.#options.WebSocket === options.WebSocket &&
      this.#address === addressOf(contract, options)
    );
  }

  /** Whether it has ended for good. */
  get ended(): boolean {
    return this.client.status.value.state === "closed";
  }

  /** The one to hold: itself, unless it has ended or another was held in its place first. */
  get current(): SharedClient<C> {
    const held = SharedClient.find(this.#contract, this.#options);
    if (held === this) return this;
    if (!held) return this.ended ? new SharedClient(this.#contract, this.#options) : this;
    this.client.close(); // it may have been used already, and must not dial
    return held;
  }

  /** Opens it, and keeps it open until the returned function is called, and not held again in the same macrotask. */
  retain(): () => void {
    all.add(this);
    this.#holders += 1;
    this.#alarm.stop();
    void this.client.opened; // dials
    return () => {
      this.#holders -= 1;
      if (this.#holders === 0) this.#alarm.start(0, () => this.#end());
    };
  }

  #end(): void {
    all.delete(this);
    this.client.close();
  }
}

function addressOf(contract: AnyContract, { url, params, query }: ConnectOptions<AnyContract>): string {
  return String(url) + contract.url(params, query);
}
