import { Clock } from "@symbolon/server/testing";
import type { Agenda } from "./scheduler.ts";

/** The clock of a server's process: it sweeps as that of a real one does, in virtual time, until the process dies. */
export class VirtualClock extends Clock {
  /** How many watch it. */
  watchers = 0;
  readonly #agenda: Agenda;
  #sweep: number;
  #last = 0;
  #undo: (() => void) | undefined;
  #dead = false;

  /** It sweeps every `sweep` ms while anything watches. */
  constructor(agenda: Agenda, sweep: number) {
    super();
    this.#agenda = agenda;
    this.#sweep = sweep;
  }

  /** Nothing is to be seen any more but what ends late: it sweeps every minute. */
  doze(): void {
    this.#sweep = 60_000;
  }

  /** The process is gone: no time passes in it any more. */
  die(): void {
    this.#dead = true;
    this.#undo?.();
  }

  protected override onSubscribersChange(watchers: number): void {
    this.watchers = watchers;
    if (watchers === 0) {
      this.#undo?.();
      this.#undo = undefined;
    } else if (this.#undo === undefined) {
      this.#last = this.#agenda.now;
      this.#plan();
    }
  }

  #plan(): void {
    if (this.#dead) return;
    this.#undo = this.#agenda.plan("server", this.#sweep, () => {
      const passed = this.#agenda.now - this.#last;
      this.#last = this.#agenda.now;
      this.#plan();
      this.advance(Math.min(passed, 10 * this.#sweep)); // after a pause a real server's time goes on gently too
    });
  }
}
