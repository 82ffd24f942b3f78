import type { Frame } from "@symbolon/protocol/internal";
import type { Clock } from "./clock.ts";

/** How much a client may send. */
export interface RateOptions {
  /** Messages in a second. */
  readonly messagesPerSecond: number;
  /** Bytes of these messages, in a second. */
  readonly bytesPerSecond: number;
}

/** For how many seconds a client may save up what it does not send, and then send at once. */
const burst = 2;
/** Answers follow what the server sends, so a client sends as many as the server lets it: each is a part of a message. */
const answerWeight = 1 / 16;

/** Measures how fast a client sends: a token bucket, filled as the clock is swept. */
export class MessageRate {
  readonly #clock: Clock;
  readonly #options: RateOptions;
  /** What the client may send now; below zero when it has sent more. */
  #messages: number;
  #bytes: number;
  #filledAt: number;
  #waiting: Promise<void> | undefined;

  constructor(clock: Clock, options: RateOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#messages = burst * options.messagesPerSecond;
    this.#bytes = burst * options.bytesPerSecond;
    this.#filledAt = clock.now;
  }

  /** Whether the client may send another message. */
  get allows(): boolean {
    this.#fill();
    return this.#messages >= 1 && this.#bytes > 0;
  }

  /** Whether the client has sent more than it may. */
  get exceeded(): boolean {
    this.#fill();
    return this.#messages < 0 || this.#bytes < 0;
  }

  /** Undefined while the client has sent no more than it may; else resolves once it may send another message. */
  get paid(): Promise<void> | undefined {
    return this.exceeded ? this.whenAllowed() : undefined;
  }

  /** Counts a message of the client. */
  take(bytes: number, weight = 1): void {
    this.#fill();
    this.#messages -= weight;
    this.#bytes -= bytes * weight;
  }

  /** Counts a message that holds a frame of our protocol. */
  takeFrame(frame: Frame, bytes: number): void {
    this.take(bytes, isAnswer(frame) ? answerWeight : 1);
  }

  /** Resolves once the client may send another message. */
  whenAllowed(): Promise<void> {
    this.#waiting ??= new Promise((resolve) => {
      const unsubscribe = this.#clock.subscribe({
        step: () => {
          if (!this.allows) return;
          unsubscribe();
          this.#waiting = undefined;
          resolve();
        },
      });
    });
    return this.#waiting;
  }

  #fill(): void {
    const { now } = this.#clock;
    const seconds = (now - this.#filledAt) / 1_000;
    if (seconds === 0) return;
    this.#filledAt = now;
    const { messagesPerSecond, bytesPerSecond } = this.#options;
    this.#messages = Math.min(burst * messagesPerSecond, this.#messages + seconds * messagesPerSecond);
    this.#bytes = Math.min(burst * bytesPerSecond, this.#bytes + seconds * bytesPerSecond);
  }
}

/** Whether a frame answers what the server has sent. */
function isAnswer(frame: Frame): boolean {
  return "re" in frame || frame.t === "ack" || frame.t === "pong" || frame.t === "credit";
}
