import type { WireListener } from "@symbolon/protocol";
import type { Clock } from "./clock.ts";

/**
 * Watches for silence: calls `idle` once when no message came for `timeout` ms, as finely as the clock is swept.
 * @returns the listener to give to the wire; it tells `listener` everything.
 */
export function idling(
  listener: WireListener,
  clock: Clock,
  timeout: number,
  idle: () => void,
): WireListener {
  let last = clock.now;
  const stop = clock.watch({
    step: (now) => {
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
