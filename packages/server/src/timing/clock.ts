/** Something that wants to be stepped as time passes. */
export interface ClockSubscriber {
  /** `now` is in ms on the clock's own scale. */
  step(now: number): void;
}

/** Time as a server sees it: it passes when `advance` is called, so that tests decide how fast. */
export class Clock {
  #now = 0;
  readonly #made = Date.now();
  readonly #watchers = new Set<ClockSubscriber>();

  /** Milliseconds since the clock was made. */
  get now(): number {
    return this.#now;
  }

  /** Milliseconds since the epoch, as this clock counts them. */
  get date(): number {
    return this.#made + this.#now;
  }

  /** Steps `watcher` at every sweep until the returned function is called. */
  subscribe(watcher: ClockSubscriber): () => void {
    this.#watchers.add(watcher);
    this.onSubscribersChange(this.#watchers.size);
    return () => {
      this.#watchers.delete(watcher);
      this.onSubscribersChange(this.#watchers.size);
    };
  }

  /** Calls `due` once, `ms` from now, unless the returned function was called before. */
  after(ms: number, due: () => void): () => void {
    const at = this.#now + ms;
    return this.#when(() => this.#now >= at, due);
  }

  /** Calls `due` once, at `date` in ms since the epoch or soon after it, unless the returned function was called before. */
  at(date: number, due: () => void): () => void {
    return this.#when(() => this.date >= date, due);
  }

  /** Lets `ms` pass. */
  advance(ms: number): void {
    this.#now += ms;
    for (const watcher of this.#watchers) watcher.step(this.#now);
  }

  /** Told how many watch, whenever that changes. */
  protected onSubscribersChange(_watchers: number): void {}

  #when(come: () => boolean, due: () => void): () => void {
    const stop = this.subscribe({
      step: () => {
        if (!come()) return;
        stop();
        due();
      },
    });
    return stop;
  }
}

const sweep = 100;

/** The one timer of a server: a shared sweep every 100 ms while anything watches; it keeps no process alive. */
export class SystemClock extends Clock {
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  override get date(): number {
    return Date.now();
  }

  protected override onSubscribersChange(watchers: number): void {
    if (watchers === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      this.#last = performance.now();
      this.#timer = setInterval(() => this.#sweep(), sweep).unref();
    }
  }

  #sweep(): void {
    const now = performance.now();
    const passed = now - this.#last;
    this.#last = now;
    // After the process was suspended everyone seems silent for long; nobody is at fault, so time goes on gently.
    this.advance(Math.min(passed, 10 * sweep));
  }
}
