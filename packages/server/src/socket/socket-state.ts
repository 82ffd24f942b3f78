import type { Closed } from "@symbolon/protocol";
import { sharedByCopies } from "../request/copies.ts";
import { endTimeout, type Exchange } from "../request/exchange.ts";
import type { Clock } from "../timing/clock.ts";

type EndCallback = (closed: Closed) => unknown;

/** What the server keeps about one socket. */
class SocketState {
  /** The exchange that the socket belongs to; undefined for a socket that no route made. */
  exchange: Exchange | undefined;
  /** The wire of the socket. */
  wire: { drained(): unknown } | undefined;
  /** Closes the socket for the error of a promise that no code waited for. */
  serving: { closeUnobserved(error: unknown): void } | undefined;
  /** Undefined without callbacks. */
  #endCallbacks: readonly EndCallback[] | undefined;
  /** Undefined while no stream ends. */
  #streamEnds: Set<Promise<void>> | undefined;

  /** Calls `callback` once when the socket and its handler have ended, before the hooks end. */
  onEnd(callback: EndCallback): void {
    this.#endCallbacks = [...(this.#endCallbacks ?? []), callback];
  }

  /** Calls the end callbacks once the socket has ended. Resolves with the errors that they threw. */
  async runEndCallbacks(closed: Promise<Closed>): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const callback of this.#endCallbacks ?? []) {
      try {
        await callback(await closed);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  /** Adds the end of a stream that the socket has stopped. */
  addStreamEnd(end: Promise<void>): void {
    const ends = (this.#streamEnds ??= new Set());
    ends.add(end);
    end.then(
      () => ends.delete(end),
      () => {}, // `waitForStreamEnds` returns its error
    );
  }

  /**
   * Waits for the ends of stopped streams, at most `endTimeout`, so that the values of hooks outlive them. Resolves with
   * the errors that they threw.
   */
  async waitForStreamEnds(clock: Clock): Promise<unknown[]> {
    const failures: unknown[] = [];
    const ends = Array.from(this.#streamEnds ?? [], (end) =>
      end.catch((error: unknown) => failures.push(error)),
    );
    if (ends.length > 0) await clock.settled(Promise.all(ends), endTimeout);
    return failures;
  }
}

/** For all copies: `listen` of one serves an app of another. */
const states = sharedByCopies("socket-states", () => new WeakMap<object, SocketState>());

/** The state of a socket; a new one when it has none. */
export function socketState(socket: object): SocketState {
  const state = states.get(socket) ?? new SocketState();
  states.set(socket, state);
  return state;
}
