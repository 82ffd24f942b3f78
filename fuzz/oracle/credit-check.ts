import type { Findings } from "./findings.ts";

/** Items and bytes of a stream. */
interface Amount {
  readonly items: number;
  readonly bytes: number;
}

type AnyFrame = { readonly t: string; readonly [field: string]: unknown };

/** What the receiver of a stream allows at first. */
const firstItems = { items: 16, bytes: 262_144 };
/** The calls of one peer that may be open. */
const maxCalls = 64;

/**
 * Checks at one peer that the remote peer sends no event, item or call beyond the credit. It counts what this peer has
 * acknowledged and granted when that is sent, which is earlier than the remote peer learns of it: it accuses no honest one.
 */
export class CreditCheck {
  readonly #findings: Findings;
  readonly #credit: { readonly w: number; readonly wb: number };
  /** Bytes of the events that arrived and were not acknowledged, by sequence. */
  readonly #events = new Map<number, number>();
  #eventBytes = 0;
  #acknowledged = 0;
  readonly #arrived = new Map<number, Amount>();
  readonly #granted = new Map<number, Amount>();
  readonly #calls = new Set<number>();
  /** Calls that this peer has answered before they arrived, by a guess. */
  readonly #guessed = new Set<number>();

  /** `credit` is what this peer grants for events. */
  constructor(findings: Findings, credit: { readonly w: number; readonly wb: number }) {
    this.#findings = findings;
    this.#credit = credit;
  }

  /** A frame arrived, with so many bytes. */
  receive(frame: AnyFrame, s: number | undefined, bytes: number): void {
    const { t, q, re } = frame as { readonly t: string; readonly q?: number; readonly re?: number };
    if (t === "event" && s !== undefined) this.#event(s, bytes);
    else if (t === "next" && re !== undefined) this.#item(re, bytes);
    else if ((t === "request" || t === "stream") && q !== undefined) {
      if (!this.#guessed.delete(q)) this.#calls.add(q);
      if (this.#calls.size > maxCalls)
        this.#findings.report("credit", `the remote peer has ${this.#calls.size} open calls`);
    } else if (t === "cancel" && q !== undefined) this.#calls.delete(q);
  }

  /** This peer acknowledges every message up to a sequence; a false acknowledgement may be of one that is on its way. */
  acknowledged(upTo: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, upTo);
    for (const [s, bytes] of this.#events) {
      if (s > upTo) break;
      this.#events.delete(s);
      this.#eventBytes -= bytes;
    }
  }

  /** This peer grants items of one of its streams. */
  granted(stream: number, items: number, bytes: number): void {
    const before = this.#granted.get(stream) ?? firstItems;
    this.#granted.set(stream, {
      items: Math.max(before.items, items),
      bytes: Math.max(before.bytes, bytes),
    });
  }

  /** This peer has answered a call, which may be on its way to it. */
  answered(call: number): void {
    if (!this.#calls.delete(call)) this.#guessed.add(call);
  }

  /** The session begins anew. */
  reset(): void {
    this.#events.clear();
    this.#eventBytes = 0;
    this.#acknowledged = 0;
    this.#arrived.clear();
    this.#granted.clear();
    this.#calls.clear();
    this.#guessed.clear();
  }

  #event(s: number, bytes: number): void {
    const { w, wb } = this.#credit;
    if (s <= this.#acknowledged) return;
    if (this.#events.size >= w || this.#eventBytes >= wb)
      this.#findings.report(
        "credit",
        `an event arrived when ${this.#events.size} of ${w} events with ${this.#eventBytes} of ${wb} bytes were unfinished`,
      );
    this.#events.set(s, bytes);
    this.#eventBytes += bytes;
  }

  #item(stream: number, bytes: number): void {
    const arrived = this.#arrived.get(stream) ?? { items: 0, bytes: 0 };
    const granted = this.#granted.get(stream) ?? firstItems;
    if (arrived.items >= granted.items || arrived.bytes >= granted.bytes)
      this.#findings.report(
        "credit",
        `item ${arrived.items + 1} of stream ${stream} arrived without credit for it`,
      );
    this.#arrived.set(stream, { items: arrived.items + 1, bytes: arrived.bytes + bytes });
  }
}
