import type { Agenda } from "./scheduler.ts";

/** What a process of the server has planned: when it dies nothing of that happens any more. */
export class Life {
  readonly #agenda: Agenda;
  readonly #undo = new Set<() => void>();
  #dead = false;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Plans `act` on the machine of the server in `ms` ms. */
  plan(ms: number, act: () => void): void {
    if (this.#dead) return;
    const undo = this.#agenda.plan("server", ms, () => {
      this.#undo.delete(undo);
      act();
    });
    this.#undo.add(undo);
  }

  /** Calls `undo` when the process dies. */
  atEnd(undo: () => void): void {
    this.#undo.add(undo);
  }

  /** The process is gone at once. */
  die(): void {
    this.#dead = true;
    for (const undo of this.#undo) undo();
    this.#undo.clear();
  }
}
