/** An object that a clock steps while time passes. */
export interface ClockSubscriber {
  /** Called at every sweep; `now` is in ms since the clock was made. */
  step(now: number): void;
}

/** The server's time. It passes when `advance` is called, so that a test decides how fast. */
export class Clock {
  #now = 0;
  readonly #createdAt = Date.now();
  readonly #subscribers = new Set<ClockSubscriber>();

  /** Time since the clock was made, in ms. */
  get now(): number {
    return this.#now;
  }

  /** The date by this clock, in ms since 1970. */
  get date(): number {
    return this.#createdAt + this.#now;
  }

  /** How long ago a clock that sweeps by itself did so, in ms: much more than 100 when the process has stood still. 0 for other clocks. */
  get behind(): number {
    return 0;
  }

  /**
   * Steps `subscriber` at every sweep.
   * @returns stops stepping it.
   */
  subscribe(subscriber: ClockSubscriber): () => void {
    this.#subscribers.add(subscriber);
    this.onSubscribersChange(this.#subscribers.size);
    return () => this.unsubscribe(subscriber);
  }

  /** Stops stepping `subscriber`. */
  unsubscribe(subscriber: ClockSubscriber): void {
    this.#subscribers.delete(subscriber);
    this.onSubscribersChange(this.#subscribers.size);
  }

  /**
   * Calls `callback` once, `ms` from now.
   * @returns cancels the call.
   */
  after(ms: number, callback: () => void): () => void {
    const due = this.#now + ms;
    return this.#once(() => this.#now >= due, callback);
  }

  /**
   * Calls `callback` once, at the first sweep that is not before `date`, in ms since 1970.
   * @returns cancels the call.
   */
  at(date: number, callback: () => void): () => void {
    return this.#once(() => this.date >= date, callback);
  }

  /** Waits until `work` has settled, but for `ms` at the most. `work` must not reject. */
  settled(work: Promise<unknown>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.after(ms, resolve);
      void work.finally(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Lets `ms` pass: one sweep. */
  advance(ms: number): void {
    this.#now += ms;
    for (const subscriber of this.#subscribers) subscriber.step(this.#now);
  }

  /** Called with the number of subscribers whenever it changes. */
  protected onSubscribersChange(_count: number): void {}

  #once(isDue: () => boolean, callback: () => void): () => void {
    const cancel = this.subscribe({
      step: () => {
        if (!isDue()) return;
        cancel();
        callback();
      },
    });
    return cancel;
  }
}

/** Time between two sweeps of the system's clock, in ms. */
const sweepInterval = 100;
/** The most that one sweep lets pass, in ms. */
const maxStep = 10 * sweepInterval;

/** The one timer of a server: it sweeps every 100 ms while it has subscribers, and does not keep the process running. */
export class SystemClock extends Clock {
  #timer: NodeJS.Timeout | undefined;
  #lastSweep = 0;

  override get date(): number {
    return Date.now();
  }

  override get behind(): number {
    return this.#timer === undefined ? 0 : performance.now() - this.#lastSweep;
  }

  protected override onSubscribersChange(count: number): void {
    if (count === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      this.#lastSweep = performance.now();
      this.#timer = setInterval(() => this.#sweep(), sweepInterval).unref();
    }
  }

  #sweep(): void {
    const now = performance.now();
    const passed = now - this.#lastSweep;
    // A process that was suspended would find every client silent for too long, so only part of that time counts.
    this.advance(Math.min(passed, maxStep));
    this.#lastSweep = now;
  }
}
