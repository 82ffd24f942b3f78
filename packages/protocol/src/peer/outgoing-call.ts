import { OutcomeUnknown, RequestError } from "../errors.ts";
import type { CallFrame, ErrorFrame } from "../frames/frame.ts";
import type {
  OutgoingChannel,
  CallStarter,
  CallOptions,
  CallMessage,
  ErrorSchemas,
} from "../contract/message-kind.ts";
import { fromErrorFrame } from "../frames/error-frames.ts";
import { validate } from "../contract/schema.ts";

/** What the one who asks is told. */
export interface OutgoingCallListener {
  /** The other half said something in the call, in so many characters. */
  received(frame: CallFrame, size: number): void;
  /** The call ended without its answer: given up, timed out, lost, or refused. */
  failed(reason: unknown): void;
}

/** One question of this half, until it is answered, given up, timed out or lost. */
export class OutgoingCall {
  readonly #call: OutgoingChannel;
  readonly #listener: OutgoingCallListener;
  readonly #errors: ErrorSchemas;
  readonly #undo: (() => void)[] = [];
  #over = false;

  /**
   * Throws the reason of a signal that has aborted, RangeError for a timeout that is none, and TypeError when the data
   * cannot be written.
   */
  constructor(
    asker: CallStarter,
    data: unknown,
    { signal, timeout }: CallOptions,
    errors: ErrorSchemas,
    listener: OutgoingCallListener,
  ) {
    signal?.throwIfAborted();
    if (timeout !== undefined && !(Number.isInteger(timeout) && timeout > 0 && timeout < 2 ** 31))
      throw new RangeError(`a timeout is a whole number of ms, from 1 to 2 ** 31 - 1, not ${timeout}`);
    this.#listener = listener;
    this.#errors = errors;
    this.#call = asker.open(data, timeout, (frame, size) => {
      if (frame === undefined) this.#fail(new OutcomeUnknown(true));
      else if (frame.t === "error") void this.#refused(frame);
      else listener.received(frame, size);
    });
    this.#call.sent.then(undefined, (error: unknown) => this.#fail(error));
    if (signal !== undefined) {
      const abort = (): void => this.cancel(signal.reason);
      signal.addEventListener("abort", abort);
      this.#undo.push(() => signal.removeEventListener("abort", abort));
    }
    if (timeout !== undefined)
      this.#undo.push(
        asker.after(timeout, () =>
          this.cancel(new RequestError("TIMEOUT", `there was no answer within ${timeout} ms`)),
        ),
      );
  }

  /** Says something in the call. */
  send(said: CallMessage): void {
    this.#call.send(this.#call.write(said));
  }

  /** The call itself, for what is said in it at length. */
  get channel(): OutgoingChannel {
    return this.#call;
  }

  /** The answer is complete. */
  close(): void {
    this.#over = true;
    this.#call.close();
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Nobody waits for the answer any more: the other half is told. Does nothing once the call is over. */
  cancel(reason: unknown): void {
    if (this.#over) return;
    if (!this.#call.withdraw()) this.send({ t: "cancel" });
    this.#fail(reason);
  }

  async #refused(frame: ErrorFrame): Promise<void> {
    this.close();
    const { code, message, data } = frame;
    const schema = Object.hasOwn(this.#errors, code) ? this.#errors[code] : undefined;
    try {
      this.#listener.failed(
        schema === undefined
          ? fromErrorFrame(frame)
          : new RequestError(code, message, await validate(schema, data)),
      );
    } catch (invalid) {
      this.#listener.failed(invalid);
    }
  }

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.close();
    this.#listener.failed(reason);
  }
}
