import type { Received } from "../frames/connection-frames.ts";
import { Receiver } from "./receiver.ts";
import type { DeliveryOptions, RestoredState } from "./session-options.ts";

/** The receiver of a server. It may go on from where another process left it: a client restores no session. */
export class ServerReceiver extends Receiver {
  /** Messages that arrived at a process which is lost: they have to arrive again. Undefined for a new session. */
  readonly #missing: Set<number> | undefined;

  constructor(options: DeliveryOptions, restored?: RestoredState) {
    super(options, restored?.upTo);
    this.#missing = restored?.missing;
  }

  override get received(): Received {
    const { upTo, pending } = super.received;
    return { upTo, pending: [...(this.#missing ?? []), ...pending] };
  }

  /** The bytes of the events that have arrived and are not finished. */
  get heldBytes(): number {
    return this.used.bytes;
  }

  /** Whether an event has arrived that is not finished. */
  get isHandling(): boolean {
    return this.used.messages > 0;
  }

  /** Whether everything that has arrived is finished. */
  get isIdle(): boolean {
    return super.received.pending.length === 0;
  }

  override accept(sequence: number, bytes?: number): boolean {
    return super.accept(sequence, bytes) || this.#missing?.delete(sequence) === true;
  }

  override piggyback(): number | undefined {
    return this.#missing?.size ? undefined : super.piggyback();
  }

  override reset(): void {
    super.reset();
    this.#missing?.clear();
  }
}
