import type { NextTurn } from "../async/event-loop.ts";
import { Sent } from "../async/sent.ts";
import type { CallChannel, CallMessage } from "../contract/call.ts";
import type { Frame } from "../frames/frame.ts";
import type { Outbox, SendOptions } from "../session/outbox.ts";
import type { Message } from "../wire/wire.ts";

/** The channel of one call: a class, so that a call makes no functions. */
export class NumberedChannel implements CallChannel {
  readonly nextTurn: NextTurn | undefined;
  readonly #outbox: Outbox;
  readonly #number: { readonly q: number } | { readonly re: number };
  /** Called when the call is over; undefined after that. */
  #onClose: (() => void) | undefined;

  /** `number` is in each frame of the call. */
  constructor(
    outbox: Outbox,
    nextTurn: NextTurn | undefined,
    number: { readonly q: number } | { readonly re: number },
    onClose: () => void,
  ) {
    this.#outbox = outbox;
    this.nextTurn = nextTurn;
    this.#number = number;
    this.#onClose = onClose;
  }

  write(frame: CallMessage): Message {
    return this.#outbox.codec.write({ ...frame, ...this.#number } as Frame);
  }

  capacity(): Promise<void> | undefined {
    return this.#outbox.capacity();
  }

  answer(message: Message, fallback?: SendOptions["fallback"]): Sent {
    return this.#outbox.send(message, { lane: "answer", fallback });
  }

  send(message: Message, fallback?: SendOptions["fallback"]): Sent {
    return this.#onClose ? this.answer(message, fallback) : new Sent();
  }

  close(): boolean {
    const onClose = this.#onClose;
    this.#onClose = undefined;
    onClose?.();
    return !!onClose;
  }
}
