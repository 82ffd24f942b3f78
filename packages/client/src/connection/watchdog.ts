import { createTimer } from "./timer.ts";

/** What a watchdog needs of its owner. */
export interface WatchdogOptions {
  /** Sends a message that the server has to answer. Without it the watchdog never probes and never times out. */
  readonly sendProbe: (() => void) | undefined;
  /** The server has not answered a probe in time, as `reason` explains. */
  readonly onTimeout: (reason: string) => void;
}

/** Time for the answer to a probe, in ms; but at most half of the limit. */
const probeTimeout = 5_000;
/** The shortest limit, in ms, whatever the server names. */
const shortestLimit = 500;
/** How often the watchdog reads the clock, in ms: its timers stand still while the device sleeps. */
const clockStep = 10_000;

/**
 * Detects a wire that is open and receives nothing. A socket stays `OPEN` while the device sleeps, so its state proves
 * nothing. Silence proves nothing either: messages that arrived meanwhile may still wait in the event loop. So the
 * watchdog sends a probe before it times out.
 */
export interface Watchdog {
  /**
   * Starts, or restarts. The watchdog times out after `named` ms without a message, at least 500, and probes shortly before.
   * Without it only `probe` probes.
   * @default named Infinity
   */
  readonly start: (named?: number) => void;
  /** A message was received; any message answers a probe. */
  readonly received: () => void;
  /** Probes now. Does nothing while a probe is pending, and after `stop`. */
  readonly probe: () => void;
  /** Stops until the next `start`. */
  readonly stop: () => void;
}

/** Makes a watchdog, which is stopped at first. */
export function createWatchdog({ sendProbe, onTimeout }: WatchdogOptions): Watchdog {
  const timer = createTimer();
  let state: "stopped" | "watching" | "probing" = "stopped";
  /** How long it waits for a message before it probes. */
  let quietLimit: number;
  let answerTimeout: number;
  /** In ms since the epoch. */
  let lastReceived: number;

  function checkSilence(): void {
    const now = Date.now();
    lastReceived = Math.min(lastReceived, now); // the clock may have been set back
    const remaining = lastReceived + quietLimit - now;
    if (remaining > 0) timer.start(remaining, checkSilence, clockStep);
    else probe();
  }

  function probe(): void {
    if (state !== "watching" || !sendProbe) return;
    state = "probing";
    timer.start(answerTimeout, () => onTimeout("the server did not answer a probe"));
    sendProbe();
  }

  function received(): void {
    lastReceived = Date.now();
    if (state !== "probing") return;
    state = "watching";
    checkSilence();
  }

  return {
    probe,
    received,
    start(named = Infinity) {
      const limit = Math.max(named, shortestLimit);
      answerTimeout = Math.min(probeTimeout, limit / 2);
      quietLimit = limit - answerTimeout;
      state = "probing"; // which the next line answers
      received();
    },
    stop() {
      state = "stopped";
      timer.stop();
    },
  };
}
