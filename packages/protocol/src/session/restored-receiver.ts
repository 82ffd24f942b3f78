import type { Received } from "../frames/connection-frames.ts";
import { Receiver } from "./receiver.ts";
import type { DeliveryOptions, RestoredState } from "./session-options.ts";

/** A receiver that may go on from where another process left it: that of a server. A client restores no session. */
export class RestoredReceiver extends Receiver {
  /** Messages that arrived at a process which is lost: they have to arrive again. */
  readonly #missing: Set<number>;

  constructor(options: DeliveryOptions, { upTo, missing }: Pick<RestoredState, "upTo" | "missing">) {
    super(options);
    this.upTo = upTo;
    this.#missing = missing;
  }

  override get received(): Received {
    const { upTo, pending } = super.received;
    return { upTo, pending: [...this.#missing, ...pending] };
  }

  override accept(sequence: number, bytes?: number): boolean {
    return super.accept(sequence, bytes) || this.#missing.delete(sequence);
  }

  override piggyback(): number | undefined {
    return this.#missing.size ? undefined : super.piggyback();
  }

  override reset(): void {
    super.reset();
    this.#missing.clear();
  }
}
