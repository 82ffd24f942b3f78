import { type OnError, report } from "../request/errors.ts";
import { Refusal, RefusedError } from "../request/refusal.ts";
import type { Clock } from "../timing/clock.ts";
import type { Traffic } from "./traffic.ts";

/** How many refusals of a kind are reported one by one in a minute. */
const perMinute = 10;
/** A minute, in ms. */
const minute = 60_000;

/** The refusals of one kind in one minute. */
interface Count {
  /** When the minute began, by the clock. */
  readonly since: number;
  reported: number;
  others: number;
}

/** Reports what the server refuses by itself: of each kind 10 in a minute one by one, and the others as a number. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #traffic: Traffic | undefined;
  /** The present minute of each kind. */
  readonly #counts = new Map<string, Count>();

  /** `traffic` counts them all. */
  constructor(clock: Clock, onError: OnError, traffic?: Traffic) {
    this.#clock = clock;
    this.#onError = onError;
    this.#traffic = traffic;
  }

  /** Reports a response when it is a refusal of the server's own. Returns the same response. */
  note<Answer extends Response | undefined>(answer: Answer, request: Request): Answer {
    if (answer instanceof Refusal) this.#write(answer, request);
    return answer;
  }

  #write(refusal: Refusal, request: Request): void {
    const { kind } = refusal;
    this.#traffic?.refusedBy(kind);
    const { now } = this.#clock;
    const present = this.#counts.get(kind);
    const count =
      present === undefined || (now - present.since >= minute && present.others === 0)
        ? { since: now, reported: 0, others: 0 }
        : present;
    this.#counts.set(kind, count);
    if (count.reported < perMinute) {
      count.reported += 1;
      return this.#report(new RefusedError(refusal, request), request);
    }
    count.others += 1;
    if (count.others > 1) return;
    this.#clock.after(count.since + minute - now, () => {
      this.#counts.delete(kind);
      this.#report(new RefusedError(refusal, request, count.others), request);
    });
  }

  #report(error: RefusedError, request: Request): void {
    void report(this.#onError, error, { request, phase: "refused" });
  }
}
