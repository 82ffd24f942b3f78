import type { WireListener } from "@symbolon/protocol";
import type { Clock } from "./clock.ts";

/** What silence is, and what it leads to. */
export interface Idleness {
  /** How long no message comes, in ms. */
  readonly timeout: number;
  /** Whether nothing is read: who cannot be heard is not silent. */
  readonly paused: () => boolean;
  /** Called once when it has been silent for so long. */
  readonly idle: () => void;
}

/**
 * Watches for silence, as finely as the clock is swept.
 * @returns the listener to give to the wire; it tells `listener` everything.
 */
export function idling(
  listener: WireListener,
  clock: Clock,
  { timeout, paused, idle }: Idleness,
): WireListener {
  let last = clock.now;
  const stop = clock.watch({
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
