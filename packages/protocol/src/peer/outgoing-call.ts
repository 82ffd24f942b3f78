import { onAbort } from "../async/on-abort.ts";
import type { CallMessage, CallOptions, CallStarter, OutgoingChannel } from "../contract/call.ts";
import type { ErrorSchemas } from "../contract/message-kind.ts";
import { validate } from "../contract/schema.ts";
import { OutcomeUnknown, RequestError } from "../errors.ts";
import { fromErrorFrame } from "../frames/error-frames.ts";
import type { CallFrame, ErrorFrame } from "../frames/frame.ts";

/** Receives what happens in a call. */
export interface OutgoingCallListener {
  /** A frame of the call arrived, in a message of so many bytes. */
  received(frame: CallFrame, bytes: number): void;
  /** The call ended without its reply: it was cancelled, timed out, lost, or rejected. */
  failed(reason: unknown): void;
}

/** A call of this peer, until it has its reply, is cancelled, times out or is lost. */
export class OutgoingCall {
  readonly #channel: OutgoingChannel;
  readonly #listener: OutgoingCallListener;
  readonly #errors: ErrorSchemas;
  /** Undoes what the call has set up. */
  readonly #cleanUp: (() => void)[] = [];
  #open = true;

  /**
   * Starts the call.
   * @throws the reason of a signal that has aborted, RangeError for an invalid timeout, and TypeError when the data cannot
   * be written.
   */
  constructor(
    starter: CallStarter,
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
    this.#channel = starter.open(data, timeout, (frame, bytes) => {
      if (frame === undefined) this.#fail(new OutcomeUnknown(true));
      else if (frame.t === "error") void this.#reject(frame);
      else listener.received(frame, bytes);
    });
    this.#channel.sent.then(undefined, (error: unknown) => this.#fail(error));
    if (signal !== undefined) this.#cleanUp.push(onAbort(signal, () => this.cancel(signal.reason)));
    if (timeout !== undefined)
      this.#cleanUp.push(
        starter.after(timeout, () =>
          this.cancel(new RequestError("TIMEOUT", `no reply within ${timeout} ms`)),
        ),
      );
  }

  /** Sends a frame in the call. */
  send(frame: CallMessage): void {
    this.#channel.send(this.#channel.write(frame));
  }

  /** The call's channel, for an upload. */
  get channel(): OutgoingChannel {
    return this.#channel;
  }

  /** The reply is complete. */
  close(): void {
    this.#open = false;
    this.#channel.close();
    for (const undo of this.#cleanUp.splice(0)) undo();
  }

  /** Cancels the call, and informs the remote peer. Does nothing once the call is over. */
  cancel(reason: unknown): void {
    if (!this.#open) return;
    if (!this.#channel.withdraw()) this.send({ t: "cancel" });
    this.#fail(reason);
  }

  async #reject(frame: ErrorFrame): Promise<void> {
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
    if (!this.#open) return;
    this.close();
    this.#listener.failed(reason);
  }
}
