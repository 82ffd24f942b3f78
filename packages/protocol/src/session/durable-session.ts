import type { Received } from "./receiver.ts";
import type { Stamp } from "../frames/frame.ts";
import { OutgoingMessage } from "./outgoing.ts";
import { Session } from "./session.ts";
import type { RecordingSink, RestoredState, RemoteState, DeliveryOptions } from "./session-options.ts";

/** A session that may outlive its process: it tells what has to be known then, and goes on from there. */
export class DurableSession extends Session {
  /** What had come, and was lost with the process that had it. */
  readonly #missing: Set<number>;
  #outlet: RecordingSink | undefined;

  /** It begins, or goes on from where it was `left`. */
  constructor(options: DeliveryOptions, left?: RestoredState) {
    super(options);
    this.#missing = new Set(left?.received.pending);
    if (left === undefined) return;
    this.receivedUpTo = left.received.upTo;
    for (const [s, message, lane] of left.unacknowledged) {
      this.lastSequence = s - 1;
      super.assignSequence(new OutgoingMessage(message, { lane }));
    }
    this.lastSequence = left.lastSequence;
  }

  override get received(): Received {
    const { upTo: rx, pending: but } = super.received;
    return { upTo: rx, pending: [...this.#missing, ...but] };
  }

  /** The lowest number that could be sent again, and the highest that was given. */
  get sentRange(): { readonly first: number; readonly last: number } {
    return { first: this.firstUnacknowledged, last: this.lastSequence };
  }

  /** What has to come again. */
  get missing(): readonly number[] {
    return [...this.#missing];
  }

  override attach(outlet: RecordingSink, position: RemoteState): void {
    this.#outlet = outlet;
    super.attach(outlet, position);
  }

  override receive(stamp: Stamp): boolean {
    const missed = this.#missing.delete(stamp.s ?? 0);
    return super.receive(stamp) || missed;
  }

  override reset(): void {
    super.reset();
    this.#missing.clear();
  }

  protected override assignSequence(letter: OutgoingMessage): void {
    super.assignSequence(letter);
    this.#outlet?.onSequence?.(letter.sequence, letter.message);
  }
}
