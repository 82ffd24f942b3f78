import { BoundedQueue, type Task } from "@symbolon/protocol/internal";

/** Where a client's messages wait for their handlers, and what is to be done when those before it were handled. */
export class HandlerQueue extends BoundedQueue<Task> {
  #dropped = false;

  /** Calls `act` when everything that waits now was handled; after `end` or `drop` it does nothing. */
  after(act: () => void): void {
    this.push(act);
  }

  /** Takes turn after turn until `end`. */
  async run(): Promise<void> {
    for (;;) {
      const turn = await this.pull().catch(() => {});
      if (!turn) return; // the inbox ended
      await turn();
    }
  }

  /** Gives nothing of what waits or comes. */
  discard(): void {
    this.#dropped = true;
  }

  /** The next message: whoever takes it has handled the one before. */
  override async pull(): Promise<Task> {
    for (;;) {
      const turn = await super.pull();
      if (!this.#dropped) return turn;
    }
  }
}
