import { Arrivals, type Heard } from "./arrivals.ts";
import { OutcomeUnknown, ProtocolError, RequestError } from "./errors.ts";
import { type Credit, type FrameCodec, jsonFrames, type Stamp, stampSize } from "./frame.ts";
import type { Lane, Outbox, SendOptions } from "./outbox.ts";
import { Sent } from "./sent.ts";
import type { Outlet, Position, SessionOptions } from "./session-options.ts";
import type { Message } from "./wire.ts";

interface Entry {
  readonly message: Message;
  /** Its characters, with those of its numbers. */
  readonly size: number;
  readonly sent: Sent;
  readonly lane: Lane;
}

/**
 * Delivers messages in order and once, over any number of wires: numbers them, keeps them until the other half has
 * finished them, says them again on the next wire, and recognizes what it was told before. The same at both ends.
 */
export class Session implements Outbox {
  /** How frames are written: JSON unless the halves may agree, or have agreed, on another codec. */
  codec: FrameCodec = jsonFrames;
  readonly #options: SessionOptions;
  #outlet: Outlet | undefined;
  /** The wire that has no room. */
  #full: Outlet | undefined;
  #ended: { readonly reason: unknown } | undefined;

  /** What was never sent, in order; it has no number yet. */
  readonly #pending = new Map<Sent, Entry>();
  /** What was sent and is not finished, by number. */
  readonly #unacked = new Map<number, Entry>();
  /** What of that is still to be sent again; undefined when a wire has taken all of it. */
  #again: Map<number, Entry> | undefined;
  #last = 0;
  #size = 0;
  #credit: Credit = { w: 0, wb: 0 };
  /** The events that are not finished. */
  #flying = { w: 0, wb: 0 };

  readonly #arrivals: Arrivals;

  constructor(options: SessionOptions) {
    const { window, room = window, left } = options;
    this.#options = options;
    this.#arrivals = new Arrivals(
      window,
      ({ rx, but }) => {
        if (!this.#again)
          this.#outlet?.send(jsonFrames.write({ t: "ack", a: rx, but: but.length ? but : undefined }));
      },
      left?.heard ?? { rx: 0, but: [] },
      room,
    );
    this.#last = left?.last ?? 0;
    for (const [s, message, lane] of left?.unacked ?? []) this.#keep(s, message, new Sent(), lane);
  }

  /** Characters that are kept until the other half has finished with them. */
  get bufferedAmount(): number {
    return this.#size;
  }

  /** How many messages the other half has not finished. */
  get undelivered(): number {
    return this.#pending.size + this.#unacked.size;
  }

  /** How many messages were never sent. */
  get pending(): number {
    return this.#pending.size;
  }

  /** What has come from the other half. */
  get heard(): Heard {
    return this.#arrivals.heard;
  }

  /** What of that has to come again. */
  get missing(): readonly number[] {
    return this.#arrivals.missing;
  }

  /** The lowest number that could be sent again, and the highest that was given. */
  get told(): { readonly first: number; readonly last: number } {
    const [first = this.#last + 1] = this.#unacked.keys();
    return { first, last: this.#last };
  }

  send(message: Message, { lane = "event", volatile = false, unheard }: SendOptions = {}): Sent {
    const sent = new Sent(this.#ended ? undefined : unheard); // who was told of the end may well try again
    const { messages = 1_000, size = 2 ** 22, full = "wait" } = this.#options;
    if (this.#ended) sent.fail(this.#ended.reason);
    else if (volatile) this.#dash(message, sent);
    else {
      const entry = { message, size: message.length + stampSize, sent, lane };
      this.#pending.set(sent, entry);
      this.#size += entry.size;
      // What waits already keeps it back, unless it is an answer.
      if (lane === "answer" || this.#pending.size === 1) this.#push();
      if (lane !== "answer" && this.#pending.has(sent) && (this.undelivered > messages || this.#size > size))
        // Who awaits it has called `then` two microtasks later, and sends no more meanwhile.
        void Promise.resolve()
          .then(() => {})
          .then(() => (full === "wait" && sent.awaited) || this.#refuse(sent));
    }
    return sent;
  }

  waits(sent: Sent): boolean {
    return this.#pending.has(sent);
  }

  withdraw(sent: Sent): boolean {
    this.#size -= this.#pending.get(sent)?.size ?? 0;
    return this.#pending.delete(sent);
  }

  /** The handshake is done on `outlet`: what the other half does not have is sent again, then what waits. */
  live(outlet: Outlet, { rx, but, window }: Position): void {
    this.#outlet = outlet;
    this.#credit = window;
    this.#again = new Map([...this.#unacked].filter(([s]) => s > rx || but?.includes(s)));
    this.#push();
  }

  /** The wire is gone; what is said from now on is kept. */
  parked(): void {
    this.#outlet = undefined;
  }

  /**
   * Takes the numbers of a frame; false when it has come before and is to be ignored.
   * @throws ProtocolError when a frame before it never came, or it acknowledges what was never sent.
   */
  hear({ s, a }: Stamp): boolean {
    if (a) this.acked(a);
    return !s || this.#arrivals.hear(s);
  }

  hold(s: number | undefined, size?: number): () => void {
    return s ? this.#arrivals.hold(s, size) : () => {};
  }

  /** The other half has finished everything up to `a` but for some. Throws ProtocolError when that was never sent. */
  acked(a: number, but: readonly number[] = []): void {
    if (a > this.#last) throw new ProtocolError("it acknowledges what was never sent");
    for (const [s, { lane, size, sent }] of this.#unacked) {
      if (s > a) break;
      if (but.includes(s)) continue;
      this.#unacked.delete(s);
      this.#again?.delete(s);
      this.#size -= size;
      if (lane === "event") this.#fly(-1, -size);
      sent.settle();
    }
    this.#push();
  }

  /** Says what has come, when that was not said. */
  flush(): void {
    this.#arrivals.flush();
  }

  /** The other half has lost the session: what it may have had fails, what was never sent goes to the new one. */
  reset(): void {
    this.parked();
    for (const { sent } of this.#unacked.values()) sent.fail(new OutcomeUnknown(true));
    for (const { sent, lane } of this.#pending.values())
      if (lane === "answer" && this.withdraw(sent)) sent.fail(new OutcomeUnknown(false));
    this.#unacked.clear();
    this.#again = undefined;
    this.#arrivals.reset();
    this.#flying = { w: 0, wb: 0 };
    this.#last = this.#size = 0;
    for (const { size } of this.#pending.values()) this.#size += size;
  }

  /** Nothing will be sent any more: what was kept fails with `reason`, or as unknown when it was sent. */
  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.reset();
    for (const sent of this.#pending.keys()) if (this.withdraw(sent)) sent.fail(reason);
  }

  /** Sends what may be sent now, in order. */
  #push(): void {
    if (this.#again) {
      for (const [s, { message }] of this.#again) {
        if (!this.#roomy()) return;
        this.#again.delete(s);
        this.#outlet?.send(this.codec.stamp(message, { s }));
      }
      this.#again = undefined;
      // Not before: an event that failed counts as finished, and what says that it failed may be among these.
      this.#arrivals.flush(true);
    }
    let blocked = false;
    for (const [sent, { message, lane }] of this.#pending) {
      if (!this.#roomy()) return;
      blocked ||= lane === "event" && this.#crowded;
      if (blocked && lane !== "answer") continue;
      this.withdraw(sent);
      this.#put(this.codec === jsonFrames ? String(message) : message, sent, lane);
    }
  }

  /** Sends for the first time what was written, as it stands on this wire. */
  #put(message: Message, sent: Sent, lane: Lane): void {
    this.#keep((this.#last += 1), message, sent, lane);
    this.#outlet?.numbered?.(this.#last, message);
    this.#outlet?.send(this.codec.stamp(message, { s: this.#last, a: this.#arrivals.inPassing() }));
    if (lane !== "event") sent.settle();
  }

  #keep(s: number, message: Message, sent: Sent, lane: Lane): void {
    const size = message.length + stampSize;
    this.#unacked.set(s, { message, size, sent, lane });
    this.#size += size;
    if (lane === "event") this.#fly(1, size);
  }

  /** Whether the other half has no room for an event. */
  get #crowded(): boolean {
    return this.#flying.w >= this.#credit.w || this.#flying.wb >= this.#credit.wb;
  }

  #dash(message: Message, sent: Sent): void {
    if (this.#pending.size || this.#crowded || !this.#roomy())
      return sent.fail(new RequestError("DROPPED", "a volatile event could not go at once"));
    this.#outlet?.send(this.codec.stamp(message, {}));
    sent.settle();
  }

  #refuse(sent: Sent): void {
    if (this.withdraw(sent))
      sent.fail(new RequestError("OUTBOX_FULL", "too much waits for the other half: await what you send"));
  }

  /** Whether a wire is live and takes more; it goes on when it does. */
  #roomy(): boolean {
    const outlet = this.#outlet;
    if (!outlet || outlet === this.#full) return false;
    const drained = outlet.drained();
    if (!drained) return true;
    this.#full = outlet;
    void drained.then(() => {
      if (outlet === this.#full) this.#full = undefined;
      this.#push();
    });
    return false;
  }

  #fly(events: number, size: number): void {
    this.#flying = { w: this.#flying.w + events, wb: this.#flying.wb + size };
  }
}
