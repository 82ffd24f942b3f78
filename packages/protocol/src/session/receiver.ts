import { ProtocolError } from "../errors.ts";
import { encodeAck, type Received } from "../frames/connection-frames.ts";
import { type Credit, isExhausted } from "../frames/credit.ts";
import { jsonFrames } from "../frames/frame-codec.ts";
import type { DeliveryOptions, MessageSink } from "./session-options.ts";

/** Receives each message of a session once and in order, and acknowledges the messages that are finished. */
export class Receiver {
  readonly #granted: Credit;
  readonly #hardLimit: Credit;
  /** Where acknowledgements go. */
  #sink: MessageSink | undefined;
  /** Every message up to this sequence has arrived. */
  #upTo: number;
  /**
   * Messages that have arrived and are not finished, by sequence, with the bytes that count against the credit. Undefined
   * until there is one, and while a detached session has none.
   */
  #pending: Map<number, number> | undefined;
  /** The credit that they use. */
  protected used: { messages: number; bytes: number } = { messages: 0, bytes: 0 };
  /** Four times what has arrived since the last acknowledgement: a quarter of the window is as much as the window. */
  #unreported = { messages: 0, bytes: 0 };
  /** Whether an acknowledgement is sent at the end of the tick, or when the sink has drained. */
  #scheduled = false;

  /** Begins, or goes on after the message of this sequence. */
  constructor({ window, hardLimit = window }: DeliveryOptions, upTo = 0) {
    this.#upTo = upTo;
    this.#granted = window;
    this.#hardLimit = hardLimit;
  }

  /** What has arrived, and what of it is not finished. */
  get received(): Received {
    return { upTo: this.#upTo, pending: [...(this.#pending?.keys() ?? [])] };
  }

  /** Acknowledges at once, and from now on, on `sink`. */
  attach(sink: MessageSink): void {
    this.#sink = sink;
    this.#scheduled = false; // perhaps on a sink that never drained
    this.flush(true);
  }

  /** Acknowledges nothing until `attach`. @returns the last sequence that has arrived. */
  detach(): number {
    if (!this.#pending?.size) this.#pending = undefined;
    this.#sink = undefined;
    return this.#upTo;
  }

  /**
   * Registers that the message of this sequence has arrived, with its bytes.
   * @returns false when it has arrived before and is to be ignored.
   * @throws ProtocolError with 4902 when a message before it has not arrived.
   */
  accept(sequence: number, bytes = 0): boolean {
    const isNext = sequence === this.#upTo + 1;
    if (sequence > this.#upTo && !isNext) throw new ProtocolError("a message is missing", 4902);
    if (isNext) this.#upTo = sequence;
    this.#report(!isNext, bytes); // a sender that repeats a message has not got its acknowledgement
    return isNext;
  }

  /**
   * Registers that the message of this sequence, if it has one, is not finished until the returned function is called.
   * @param bytes the bytes of an event, which count against the credit; 0 for other messages.
   * @throws ProtocolError with 4429 when the credit was exhausted.
   */
  hold(sequence: number | undefined, bytes = 0): (() => void) | undefined {
    if (!sequence) return undefined;
    const pending = (this.#pending ??= new Map());
    const used = this.used;
    const messages = bytes ? 1 : 0;
    if (messages && isExhausted(this.#hardLimit, used)) throw new ProtocolError("credit exceeded", 4429);
    pending.set(sequence, bytes);
    used.messages += messages;
    used.bytes += bytes;
    return () => {
      if (!pending.delete(sequence)) return;
      used.messages -= messages;
      used.bytes -= bytes;
      if (pending === this.#pending) this.#report(true);
    };
  }

  /** The acknowledgement that a message can carry while there is a sink: everything up to this sequence is finished. */
  piggyback(): number | undefined {
    if (!this.#sink || !this.#unreported.messages || this.#pending?.size) return undefined;
    this.#unreported = { messages: 0, bytes: 0 };
    return this.#upTo;
  }

  /** Acknowledges what has arrived since the last time; with `always`, also when nothing has. */
  flush(always = false): void {
    if (!(always || this.#unreported.messages)) return;
    this.#unreported = { messages: 0, bytes: 0 };
    if (this.#upTo) this.#sink?.send(jsonFrames.write(encodeAck(this.received)));
  }

  /** The remote peer numbers anew; what is not finished yet no longer counts. */
  reset(): void {
    this.#upTo = 0;
    this.#unreported = { messages: 0, bytes: 0 };
    this.#pending = undefined;
    this.used = { messages: 0, bytes: 0 };
  }

  /**
   * Counts what arrived. Acknowledges at the end of the tick when it is due, or a quarter of the window has arrived; later
   * when the sink is full, so that a remote peer that reads nothing does not cause more and more.
   */
  #report(isDue: boolean, bytes = 0): void {
    const arrived = this.#unreported;
    arrived.messages += 4;
    arrived.bytes += 4 * bytes;
    if (this.#scheduled || !(isDue || isExhausted(this.#granted, arrived))) return;
    this.#scheduled = true;
    void (this.#sink?.drained() ?? Promise.resolve()).then(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
