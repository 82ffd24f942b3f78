import type { Wire } from "@symbolon/protocol/internal";
import type { Clock } from "./clock.ts";

/** What counts as idle, and what follows. */
export interface IdleOptions {
  /** How long no message may arrive, in ms. */
  readonly timeout: number;
  /** Whether the server has stopped reading: that time does not count. */
  readonly isPaused: () => boolean;
  /** Called once, when the timeout has passed. */
  readonly onIdle: () => void;
}

/**
 * Waits until no message has arrived for `timeout`, as finely as the clock is swept.
 * @returns stops waiting: call it when the wire has ended.
 */
export function startIdleTimeout(
  wire: Wire,
  clock: Clock,
  { timeout, isPaused, onIdle }: IdleOptions,
): () => void {
  let { messages } = wire.arrivals;
  let lastStep = clock.now;
  let lastMessage = clock.now;
  const stop = clock.subscribe({
    step: (now) => {
      if (isPaused()) lastMessage = now;
      else if (wire.arrivals.messages !== messages) lastMessage = lastStep; // it arrived after that step
      messages = wire.arrivals.messages;
      lastStep = now;
      if (now - lastMessage < timeout) return;
      stop();
      onIdle();
    },
  });
  return stop;
}
