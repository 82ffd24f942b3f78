import { Timer } from "./timer.ts";

/** What a watchdog needs of the one it watches for. */
export interface WatchdogOptions {
  /** Sends something that must be answered. Left out, nothing is asked, and silence is no sign. */
  readonly sendProbe: (() => void) | undefined;
  /** Nothing comes any more. */
  readonly onDead: (why: string) => void;
}

/** A probe has so long to be answered, in ms, or half of what silence may last. */
const patience = 5_000;
/** No look is further away, in ms: after sleep a timer has as long to go as before it, and only the clock tells of it. */
const furthest = 10_000;

/**
 * Watches that something is heard on an open wire. A socket's own word is not trusted: it stays open after sleep. Nor
 * is silence proof, for what arrived during sleep may still be on its way through the event loop: it is asked first.
 */
export interface Watchdog {
  /** Starts. When silence nears that many ms it asks; when it gets there it is death. Default: only `probe` asks. */
  readonly start: (silence?: number) => void;
  /** Something arrived; whatever it is, it is life. */
  readonly received: () => void;
  /** Asks now, and takes silence for death. */
  readonly probe: () => void;
  /** Stops; `watch` starts again. */
  readonly stop: () => void;
}

/** Makes a watchdog, which watches nothing yet. */
export function createWatchdog({ sendProbe: ask, onDead: dead }: WatchdogOptions): Watchdog {
  const alarm = new Timer();
  let state: "off" | "watching" | "asking" = "off";
  let limit: number;
  let lastHeard: number;
  let forAnswer: number;

  function look(): void {
    const now = Date.now();
    lastHeard = Math.min(lastHeard, now); // the clock may have been set back
    const left = lastHeard + limit - forAnswer - now;
    if (left > 0) alarm.start(Math.min(left, furthest), look);
    else probe();
  }

  function probe(): void {
    if (state !== "watching" || !ask) return;
    state = "asking";
    alarm.start(forAnswer, () => dead("nothing is heard any more"));
    ask();
  }

  function heard(): void {
    lastHeard = Date.now();
    if (state !== "asking") return;
    state = "watching";
    look();
  }

  return {
    probe,
    received: heard,
    start(silence = Infinity) {
      limit = silence;
      forAnswer = Math.min(patience, silence / 2);
      state = "asking"; // and this is the answer
      heard();
    },
    stop() {
      state = "off";
      alarm.stop();
    },
  };
}
