import { Timer } from "./timer.ts";

/** What a watchdog needs of its owner. */
export interface WatchdogOptions {
  /** Sends a message that the server has to answer. Without it the watchdog never probes and never times out. */
  readonly sendProbe: (() => void) | undefined;
  /** The server has not answered the probe in time. `reason` says so. */
  readonly onTimeout: (reason: string) => void;
}

/** The longest time that an answer to a probe may take, in ms; with a limit below twice that, half of the limit. */
const probeTimeout = 5_000;
/** The longest timer, in ms. A timer does not run while the device sleeps, so the watchdog compares the clock this often. */
const longestTimer = 10_000;

/**
 * Detects a wire that is open but receives nothing. A socket stays open while the device sleeps, so its state proves
 * nothing. Silence proves nothing either: messages that arrived during sleep may still wait in the event loop. So the
 * watchdog probes first.
 */
export interface Watchdog {
  /**
   * Starts, or starts anew. The watchdog probes when nothing was received for nearly `limit` ms, and times out at
   * `limit`.
   * @default Infinity: only `probe` probes.
   */
  readonly start: (limit?: number) => void;
  /** A message was received; any message answers a probe. */
  readonly received: () => void;
  /** Probes now. Does nothing while a probe is pending, and after `stop`. */
  readonly probe: () => void;
  /** Stops until the next `start`. */
  readonly stop: () => void;
}

/** Makes a watchdog, which is stopped at first. */
export function createWatchdog({ sendProbe, onTimeout }: WatchdogOptions): Watchdog {
  const timer = new Timer();
  let state: "stopped" | "watching" | "probing" = "stopped";
  let silenceLimit: number;
  let answerTimeout: number;
  /** In ms since the epoch. */
  let lastReceived: number;

  function checkSilence(): void {
    const now = Date.now();
    lastReceived = Math.min(lastReceived, now); // the clock may have been set back
    const remaining = lastReceived + silenceLimit - answerTimeout - now;
    if (remaining > 0) timer.start(Math.min(remaining, longestTimer), checkSilence);
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
    start(limit = Infinity) {
      silenceLimit = limit;
      answerTimeout = Math.min(probeTimeout, limit / 2);
      state = "probing"; // which the next line answers
      received();
    },
    stop() {
      state = "stopped";
      timer.stop();
    },
  };
}
