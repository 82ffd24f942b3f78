import type { CloseError } from "@symbolon/protocol";
import type { HandshakeRefusal } from "../platform/refusal.ts";

/** The state of a connection. */
export interface ConnectionStatus {
  /**
   * `connecting` until the conversation is established, then `open`; `waiting` between two tries; `closed` for good.
   */
  readonly state: "connecting" | "open" | "waiting" | "closed";
  /** Number of losses and failed tries since the connection was last open; 0 while it is open. */
  readonly attempt: number;
  /** When the next try starts, in ms since the epoch. Set only while waiting, and only when that is known. */
  readonly retryAt?: number;
  /** True while the connection waits for the device to come online. */
  readonly offline?: boolean;
  /** True while open, when the session was resumed; false when it is a new one. */
  readonly resumed: boolean;
  /**
   * Why the last try failed, or why the connection closed. Its `cause` is the platform's own error, if there is one. When the
   * server refused the handshake, it has the `status` and `body` of the response, and the code 4000 + `status`.
   */
  readonly error?: (CloseError & Partial<HandshakeRefusal>) | undefined;
}

/** A value to read at any time, and to watch for changes. */
export interface Subscribable<T> {
  /** The present value. */
  readonly value: T;
  /**
   * Calls `listener` with every new value, not with the present one, until the returned function is called. Each call
   * of `subscribe` is a subscription of its own. An error that a listener throws goes to the console; the other
   * listeners are called all the same.
   */
  readonly subscribe: (listener: (value: T) => void) => () => void;
}

/** A value that its owner sets, and that others may watch. */
export interface SubscribableValue<T> extends Subscribable<T> {
  /** Sets the value and calls the listeners; setting the present value again does nothing. */
  readonly set: (value: T) => void;
}

/** Makes a value that others may watch. */
export function createValue<T>(value: T): SubscribableValue<T> {
  const subscriptions = new Set<{ readonly listener: (value: T) => void }>();
  return {
    get value() {
      return value;
    },
    subscribe(listener) {
      const subscription = { listener };
      subscriptions.add(subscription);
      return () => void subscriptions.delete(subscription);
    },
    set(next) {
      if (next === value) return;
      value = next;
      for (const subscription of Array.from(subscriptions)) {
        // A listener that sets the value has called every listener with the newer one already.
        if (next !== value) return;
        if (!subscriptions.has(subscription)) continue;
        try {
          subscription.listener(next);
        } catch (error) {
          console.error(error);
        }
      }
    },
  };
}
