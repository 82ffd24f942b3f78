import type { WireListener } from "@symbolon/protocol/internal";
import type { Clock } from "./clock.ts";

/** What silence is, and what it leads to. */
export interface IdleOptions {
  /** How long no message comes, in ms. */
  readonly timeout: number;
  /** Whether nothing is read: who cannot be heard is not silent. */
  readonly isPaused: () => boolean;
  /** Called once when it has been silent for so long. */
  readonly onIdle: () => void;
}

/**
 * Watches for silence, as finely as the clock is swept.
 * @returns the listener to give to the wire; it tells `listener` everything.
 */
export function withIdleTimeout(
  listener: WireListener,
  clock: Clock,
  { timeout, isPaused: paused, onIdle: idle }: IdleOptions,
): WireListener {
  let last = clock.now;
  const stop = clock.subscribe({
    step: (now) => {
      if (paused()) last = now;
      if (now - last < timeout) return;
      stop();
      idle();
    },
  });
  return {
    message: (message) => {
      last = clock.now;
      listener.message(message);
    },
    pong: () => listener.pong?.(),
    closed: (closed) => {
      stop();
      listener.closed(closed);
    },
  };
}
