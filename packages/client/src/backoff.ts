import { Alarm } from "./alarm.ts";
import { isOnline, isVisible, type NetworkScope } from "./network.ts";

const first = 500;
const longest = 30_000;

/** What makes a wait longer than the number of tries does. */
export interface BackoffOptions {
  /** A wait that is never undercut, in ms; the jitter comes on top, so that not everybody returns on the dot. Default: 0. */
  readonly atLeast?: number;
  /** Nobody is looking: draw from the longest window, 30 s. Default: false. */
  readonly hidden?: boolean;
}

/**
 * How long to wait before retry `retry` (0 is the first), in ms: full jitter, evenly from 0 to 0.5 s · 2^retry,
 * at most 30 s. `random` gives numbers from 0 to 1, as `Math.random` does.
 */
export function backoff(retry: number, random: () => number, options: BackoffOptions = {}): number {
  const window = options.hidden === true ? longest : Math.min(longest, first * 2 ** retry);
  return (options.atLeast ?? 0) + random() * window;
}

/** What the waits of a connection depend on. */
export interface WaitsOptions {
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  /** Whose word is taken on being online and visible. Default: the globals. */
  readonly network: NetworkScope | undefined;
  /** A wait began or changed: it ends at `retryAt`, in ms since the epoch, or when the device is online. */
  waiting(until: { readonly retryAt: number } | { readonly offline: true }): void;
}

/** The waits between one try and the next, each drawn from a longer window than the one before. */
export class Waits {
  readonly #options: WaitsOptions;
  // Waiting for a retry is work, and keeps Node running; what watches over a socket is not, the socket does.
  readonly #alarm = new Alarm(true);
  #retries = 0;
  #wait: { readonly over: Promise<void>; readonly end: () => void; readonly notBefore: number } | undefined;
  #retryAt = Infinity;

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  /** Resolves when the present wait is over, never when it is dropped; undefined when there is none. */
  get over(): Promise<void> | undefined {
    return this.#wait?.over;
  }

  /** Begins a wait, of at least `atLeast` ms. An offline device's wait lasts until it is online. */
  begin(atLeast: number): void {
    const { random, network } = this.#options;
    const delay = backoff(this.#retries, random, { atLeast, hidden: !isVisible(network) });
    this.#retries += 1;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#wait = { over, end, notBefore: Date.now() + atLeast };
    const offlineOr = (then: () => void): void => (isOnline(network) ? then() : this.#untilOnline());
    if (atLeast > 0) this.#until(delay, () => offlineOr(() => this.#end()));
    else offlineOr(() => this.#until(delay, () => offlineOr(() => this.#end())));
  }

  /** Something woke: the wait ends soon, though not everybody's at once, nor before the server wants us. */
  hasten(): void {
    if (this.#wait === undefined) return;
    const { random } = this.#options;
    const soon = backoff(0, random, { atLeast: Math.max(0, this.#wait.notBefore - Date.now()) });
    // Even when the device says that it is offline: it may be wrong, and someone is looking.
    if (Date.now() + soon < this.#retryAt) this.#until(soon, () => this.#end());
  }

  /** All is well: the next wait is drawn from the shortest window again. */
  reset(): void {
    this.#retries = 0;
  }

  /** Drops the present wait. */
  drop(): void {
    this.#alarm.clear();
    this.#retryAt = Infinity;
    this.#wait = undefined;
  }

  #until(delay: number, then: () => void): void {
    this.#retryAt = Date.now() + delay;
    this.#alarm.set(delay, then);
    this.#options.waiting({ retryAt: this.#retryAt });
  }

  #untilOnline(): void {
    this.#alarm.clear();
    this.#retryAt = Infinity;
    this.#options.waiting({ offline: true });
  }

  #end(): void {
    const wait = this.#wait;
    this.drop();
    wait?.end();
  }
}
