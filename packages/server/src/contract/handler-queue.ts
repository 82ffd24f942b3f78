import { Mailbox, type Turn } from "@symbolon/protocol";

/** Where a client's messages wait for their handlers, and what is to be done when those before it were handled. */
export class Inbox extends Mailbox<Turn> {
  #dropped = false;

  /** Calls `act` when everything that waits now was handled; after `end` or `drop` it does nothing. */
  after(act: () => void): void {
    this.put(act);
  }

  /** Takes turn after turn until `end`. */
  async run(): Promise<void> {
    for (;;) {
      const turn = await this.take().catch(() => {});
      if (!turn) return; // the inbox ended
      await turn();
    }
  }

  /** Gives nothing of what waits or comes. */
  drop(): void {
    this.#dropped = true;
  }

  /** The next message: whoever takes it has handled the one before. */
  override async take(): Promise<Turn> {
    for (;;) {
      const turn = await super.take();
      if (!this.#dropped) return turn;
    }
  }
}
