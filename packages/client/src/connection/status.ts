import type { CloseError } from "@symbolon/protocol";

/** Where a connection stands. */
export interface ConnectionStatus {
  /** `connecting` until the conversation is established, then `open`; `waiting` for the next try; `closed` for good. */
  readonly state: "connecting" | "open" | "waiting" | "closed";
  /** Losses and failed tries in a row, as long as none of them was open for 10 s; 0 while open. */
  readonly attempt: number;
  /** When the next try starts, in ms since the epoch; only while waiting, and only when that is known. */
  readonly retryAt?: number;
  /** True while waiting for the device to come online. */
  readonly offline?: boolean;
  /** True while open, when the conversation went on from where it was before. */
  readonly resumed: boolean;
  /** Why the last try failed, or why it closed; its `cause` says more where the platform does. */
  readonly error?: CloseError | undefined;
}

/** A value that can be read at any time and watched for changes. */
export interface Subscribable<T> {
  /** The value as it is now. */
  readonly value: T;
  /**
   * Calls `listener` with every new value, not with the present one, until the returned function is called.
   * Each call is a subscription of its own. What a listener throws goes to the console and stops nobody else.
   */
  readonly subscribe: (listener: (value: T) => void) => () => void;
}

/** A watchable value for the one who owns it. */
export interface SettableValue<T> extends Subscribable<T> {
  /** Makes `value` the value and tells who watches; the same value again tells nobody. */
  set(value: T): void;
}

/** Makes a watchable value, at first `now`. */
export function createValue<T>(now: T): SettableValue<T> {
  const watchers = new Set<{ readonly told: (value: T) => void }>();
  return {
    get value() {
      return now;
    },
    set(value) {
      if (value === now) return;
      now = value;
      for (const watcher of Array.from(watchers)) {
        // A watcher that sets the value told everyone the newer one already.
        if (value !== now) return;
        if (!watchers.has(watcher)) continue;
        try {
          watcher.told(value);
        } catch (error) {
          console.error(error);
        }
      }
    },
    subscribe(told) {
      const watcher = { told };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}
