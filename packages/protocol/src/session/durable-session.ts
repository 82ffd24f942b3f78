import type { Heard } from "./receiver.ts";
import type { Stamp } from "../frames/frame.ts";
import { Letter } from "./outgoing.ts";
import { Session } from "./session.ts";
import type { DurableOutlet, Left, Position, SessionOptions } from "./session-options.ts";

/** A session that may outlive its process: it tells what has to be known then, and goes on from there. */
export class DurableSession extends Session {
  /** What had come, and was lost with the process that had it. */
  readonly #missing: Set<number>;
  #outlet: DurableOutlet | undefined;

  /** It begins, or goes on from where it was `left`. */
  constructor(options: SessionOptions, left?: Left) {
    super(options);
    this.#missing = new Set(left?.heard.but);
    if (left === undefined) return;
    this.rx = left.heard.rx;
    for (const [s, message, lane] of left.unacked) {
      this.last = s - 1;
      super.number(new Letter(message, { lane }));
    }
    this.last = left.last;
  }

  override get heard(): Heard {
    const { rx, but } = super.heard;
    return { rx, but: [...this.#missing, ...but] };
  }

  /** The lowest number that could be sent again, and the highest that was given. */
  get told(): { readonly first: number; readonly last: number } {
    return { first: this.first, last: this.last };
  }

  /** What has to come again. */
  get missing(): readonly number[] {
    return [...this.#missing];
  }

  override live(outlet: DurableOutlet, position: Position): void {
    this.#outlet = outlet;
    super.live(outlet, position);
  }

  override hear(stamp: Stamp): boolean {
    const missed = this.#missing.delete(stamp.s ?? 0);
    return super.hear(stamp) || missed;
  }

  override reset(): void {
    super.reset();
    this.#missing.clear();
  }

  protected override number(letter: Letter): void {
    super.number(letter);
    this.#outlet?.numbered?.(letter.s, letter.message);
  }
}
