import { Arrivals, type Heard } from "./arrivals.ts";
import { OutcomeUnknown, ProtocolError, RequestError } from "./errors.ts";
import { type Credit, type FrameCodec, jsonFrames, type Stamp } from "./frame.ts";
import type { Lane, Outbox, SendOptions } from "./outbox.ts";
import { Sent } from "./sent.ts";
import type { Message, Wire } from "./wire.ts";

/** What a session may keep. */
export interface SessionOptions {
  /** What the other half may have said that is not finished here: so many events, of so many characters in all. */
  readonly window: Credit;
  /** Messages kept until the other half has finished them. Default 1,000. */
  readonly messages?: number | undefined;
  /** Characters of them. Default 4 Mi. */
  readonly size?: number | undefined;
  /** What becomes of an event too many: it waits while it is awaited, which is the default, or is rejected. */
  readonly full?: "wait" | "reject" | undefined;
  /** Where it was left, when it goes on after a restart. Default: it begins. */
  readonly left?: Left | undefined;
}

/** Where a session was left by a process that is gone. */
export interface Left {
  /** What had come; what of it is in `but` is lost, and has to come again. */
  readonly heard: Heard;
  /** The last number that was given. */
  readonly last: number;
  /** What was sent and is not finished, by number, in order. */
  readonly unacked: Iterable<readonly [number, Message]>;
}

/** What the other half says of itself when a wire is live. */
export interface Position {
  /** The last message it has received. */
  readonly rx: number;
  /** Those up to `rx` that it wants again. */
  readonly but?: readonly number[] | undefined;
  /** What it grants. */
  readonly window: Credit;
}

/** What a session needs of a wire. */
export interface Outlet extends Pick<Wire, "send" | "drained"> {
  /** Told of each message when it is numbered, before it is sent. */
  readonly numbered?: (s: number, message: Message) => void;
}

interface Entry {
  readonly message: Message;
  /** Its characters, with those of its numbers. */
  readonly size: number;
  readonly sent: Sent;
  readonly lane: Lane;
}

/** The most characters that its numbers add to a message. */
const stamps = 64;

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
    const { window, left } = options;
    this.#options = options;
    this.#arrivals = new Arrivals(
      window,
      ({ rx, but }) => {
        if (!this.#again)
          this.#outlet?.send(jsonFrames.write({ t: "ack", a: rx, but: but.length ? but : undefined }));
      },
      left?.heard ?? { rx: 0, but: [] },
    );
    this.#last = left?.last ?? 0;
    for (const [s, message] of left?.unacked ?? [])
      this.#unacked.set(s, { message, size: message.length + 64, sent: new Sent(), lane: "answer" });
    for (const { size } of this.#unacked.values()) this.#size += size;
  }

  /** Characters that are kept until the other half has finished with them. */
  get bufferedAmount(): number {
    return this.#size;
  }

  /** How many messages the other half has not finished. */
  get undelivered(): number {
    return this.#pending.size + this.#unacked.size;
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
      const entry = { message, size: message.length + stamps, sent, lane };
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
    const size = message.length + stamps;
    this.#unacked.set((this.#last += 1), { message, size, sent, lane });
    this.#size += size;
    if (lane === "event") this.#fly(1, size);
    this.#outlet?.numbered?.(this.#last, message);
    this.#outlet?.send(this.codec.stamp(message, { s: this.#last, a: this.#arrivals.inPassing() }));
    if (lane !== "event") sent.settle();
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
