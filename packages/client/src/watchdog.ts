import { Alarm } from "./alarm.ts";

/** When silence means that the other half is gone: it speaks every `interval` ms, give or take `timeout` ms. */
export interface Heartbeat {
  readonly interval: number;
  readonly timeout: number;
}

/** What a watchdog needs of the one it watches for. */
export interface WatchdogOptions {
  /** Sends something that must be answered; returns false when it cannot. */
  ask(): boolean;
  /** Nothing comes any more. */
  dead(why: string): void;
}

/** A probe has so long to be answered, in ms. */
const patience = 5_000;
/** A timer later than this, in ms, slept, and the connection with it. */
const lateness = 5_000;
/** How often to look for such sleep where there is no heartbeat, in ms. */
const lookEvery = 30_000;

/** Watches that something is heard on an open wire. A socket's own word is not trusted: it stays open after sleep. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #look = new Alarm();
  readonly #deadline = new Alarm();
  #watching = false;
  #probing = false;
  #heard = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Starts; silence for longer than a heartbeat and its timeout is death. Without a heartbeat only sleep is noticed. */
  watch(heartbeat?: Heartbeat): void {
    this.#watching = true;
    this.#heard = Date.now();
    this.#lookAgain(heartbeat === undefined ? undefined : heartbeat.interval + heartbeat.timeout);
  }

  /** Something arrived; whatever it is, it is life. */
  heard(): void {
    this.#heard = Date.now();
    if (this.#probing) this.#answered();
  }

  /** Asks now, and takes 5 s without an answer for death. Does nothing where nothing can be asked. */
  probe(): void {
    if (!this.#watching || this.#probing) return;
    this.#probing = true;
    this.#deadline.set(patience, () => this.#options.dead("a probe was not answered in time"));
    if (!this.#options.ask()) this.#answered();
  }

  /** Stops; `watch` starts again. */
  stop(): void {
    this.#watching = false;
    this.#look.clear();
    this.#answered();
  }

  #answered(): void {
    this.#probing = false;
    this.#deadline.clear();
  }

  #lookAgain(limit: number | undefined): void {
    const started = Date.now();
    // The clock may have been set back.
    this.#heard = Math.min(this.#heard, started);
    const due = limit === undefined ? started + lookEvery : Math.max(started, this.#heard + limit) + 1;
    this.#look.set(due - started, () => {
      const now = Date.now();
      if (now - due >= lateness && this.#heard <= due) {
        // After sleep what arrived may still be on its way through the event loop: silence proves nothing yet.
        this.probe();
        this.#heard = now;
      } else if (limit !== undefined && now - this.#heard > limit) {
        this.#options.dead(`nothing arrived for ${limit} ms`);
        return;
      }
      if (this.#watching) this.#lookAgain(limit);
    });
  }
}
