import { Alarm } from "./alarm.ts";

/** What a watchdog needs of the one it watches for. */
export interface WatchdogOptions {
  /** Sends something that must be answered. Left out, nothing can be asked. */
  readonly ask?: (() => void) | undefined;
  /** Nothing comes any more. */
  readonly dead: (why: string) => void;
}

/** A probe has so long to be answered, in ms. */
const patience = 5_000;
/** A timer later than this, in ms, slept, and the connection with it. */
const lateness = 5_000;
/** How often to look for such sleep, in ms. */
const lookEvery = 30_000;

/** Watches that something is heard on an open wire. A socket's own word is not trusted: it stays open after sleep. */
export interface Watchdog {
  /** Starts; silence for longer than `limit` ms is death. Without a limit only sleep is noticed. */
  readonly watch: (limit?: number) => void;
  /** Something arrived; whatever it is, it is life. */
  readonly heard: () => void;
  /** Asks now, and takes 5 s without an answer for death. Does nothing where nothing can be asked. */
  readonly probe: () => void;
  /** Stops; `watch` starts again. */
  readonly stop: () => void;
}

/** Makes a watchdog, which watches nothing yet. */
export function createWatchdog({ ask, dead }: WatchdogOptions): Watchdog {
  const look = new Alarm();
  const deadline = new Alarm();
  let lastHeard = 0;

  function heard(): void {
    lastHeard = Date.now();
    deadline.clear();
  }

  function probe(): void {
    if (ask === undefined || !look.isSet || deadline.isSet) return;
    deadline.set(patience, () => dead("a probe was not answered in time"));
    ask();
  }

  function lookAgain(limit: number): void {
    const started = Date.now();
    // The clock may have been set back.
    lastHeard = Math.min(lastHeard, started);
    const due = Math.min(started + lookEvery, lastHeard + limit) + 1;
    look.set(due - started, () => {
      const now = Date.now();
      const slept = now - due >= lateness && lastHeard <= due;
      if (!slept && now - lastHeard > limit) return dead(`nothing arrived for ${limit} ms`);
      // After sleep what arrived may still be on its way through the event loop: silence proves nothing yet.
      if (slept) lastHeard = now;
      lookAgain(limit);
      if (slept) probe();
    });
  }

  return {
    heard,
    probe,
    watch(limit = Infinity) {
      heard();
      lookAgain(limit);
    },
    stop() {
      look.clear();
      deadline.clear();
    },
  };
}
