import { type EventFrame, Mailbox } from "@symbolon/protocol";

/** Where a client's events wait for their handlers, and what is to be done when those before it were handled. */
export class Inbox extends Mailbox<EventFrame> {
  readonly #marks = new Map<EventFrame, () => void>();
  #dropped = false;

  /** Calls `act` when everything that waits now was handled; after `end` or `drop` it does nothing. */
  after(act: () => void): void {
    const mark: EventFrame = { t: "event", name: "" };
    this.#marks.set(mark, act);
    this.put(mark);
  }

  /** Gives nothing of what waits or comes. */
  drop(): void {
    this.#dropped = true;
  }

  /** The next event: whoever takes it has handled the one before. */
  override async take(): Promise<EventFrame> {
    for (;;) {
      const frame = await super.take();
      if (this.#dropped) continue;
      const act = this.#marks.get(frame);
      if (act === undefined) return frame;
      this.#marks.delete(frame);
      act();
    }
  }
}
