import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import { joinedWires, type Wire, WireEvents } from "@symbolon/protocol/internal";
import { nextTurn } from "../timing/next-turn.ts";
import type { PacedListener } from "../timing/paced-reader.ts";

/** The real function: a test may replace the global one. */
const { setImmediate: afterImmediates } = globalThis;

/** How many turns of the event loop the server's answer to a close waits for a handler that takes no message: the time of a test may stand still. */
const maxTurns = 100;

/** Which side notices that a connection broke. The other side receives nothing any more and must detect it by itself. */
export type Side = "both" | "client" | "server";

/** How unreliable a network is. */
export interface ChaosOptions {
  /** The same seed breaks the same connections, if the app and its clients do the same. */
  readonly seed: number;
  /**
   * The probability that a message breaks its connection, 0 to 1; by chance the message still arrives.
   * @default 0.05
   */
  readonly cut?: number;
}

/** A network in memory that can fail. */
export class MemoryNetwork {
  readonly #links = new Set<Link>();
  /** The closes that a server has received and not answered. */
  readonly #answers = new Set<Promise<void>>();
  #stalls = 0;
  #chaos: { readonly random: () => number; readonly cut: number } | undefined;

  /** Resolves when the closes that servers have received are answered; undefined when all are. */
  get answered(): Promise<unknown> | undefined {
    return this.#answers.size === 0 ? undefined : Promise.all(this.#answers);
  }

  /** Makes a connection and returns its two ends. */
  link(protocol: string): [client: Wire, server: Wire] {
    const wires = joinedWires(protocol);
    const link: Link = {
      client: new LinkEnd(wires[0], () => this.#breaks(link)),
      server: new LinkEnd(wires[1], () => this.#breaks(link)),
    };
    this.#links.add(link);
    link.client.onClosed = () => this.#links.delete(link);
    link.server.answerable = (listener) => {
      const answer = answerable(listener);
      this.#answers.add(answer);
      return answer.finally(() => this.#answers.delete(answer));
    };
    if (this.#stalls > 0) setStalled(link, true);
    return [link.client, link.server];
  }

  /** Breaks every connection. */
  drop(noticedBy: Side = "both"): void {
    for (const link of this.#links) this.#cut(link, noticedBy);
  }

  /** Holds all messages back, on present and later connections, until the returned function is called. */
  stall(): () => void {
    this.#stalls += 1;
    for (const link of this.#links) setStalled(link, true);
    let resumed = false;
    return () => {
      if (resumed) return;
      resumed = true;
      this.#stalls -= 1;
      if (this.#stalls === 0) for (const link of this.#links) setStalled(link, false);
    };
  }

  /** Breaks connections at random until the returned function is called. */
  chaos({ seed, cut = 0.05 }: ChaosOptions): () => void {
    const chaos = { random: randomNumbers(seed), cut };
    this.#chaos = chaos;
    return () => {
      if (this.#chaos === chaos) this.#chaos = undefined;
    };
  }

  #cut(link: Link, noticedBy: Side): void {
    this.#links.delete(link);
    if (noticedBy === "both") return link.client.terminate();
    const { [noticedBy]: noticing, [noticedBy === "client" ? "server" : "client"]: other } = link;
    other.stalled = true;
    noticing.lose();
  }

  /** Draws whether the next message breaks its link. Returns whether the message is lost. */
  #breaks(link: Link): boolean {
    if (this.#chaos === undefined || !this.#links.has(link)) return false;
    const { random, cut } = this.#chaos;
    if (random() >= cut) return false;
    const noticedBy = (["both", "client", "server"] as const)[Math.floor(random() * 3)] ?? "both";
    const lost = random() < 0.5;
    // A message that is not lost arrives two microtasks later, before the link breaks.
    if (lost) this.#cut(link, noticedBy);
    else
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => this.#cut(link, noticedBy));
    return lost;
  }
}

interface Link {
  readonly client: LinkEnd;
  readonly server: LinkEnd;
}

function setStalled({ client, server }: Link, stalled: boolean): void {
  for (const end of [client, server]) end.stalled = stalled;
}

/** A close frame in memory: it arrives in order with the messages. */
class CloseFrame extends Uint8Array {
  readonly closed: Closed;

  constructor(closed: Closed) {
    super(0);
    this.closed = closed;
  }
}

/** As on a real wire: what came before a close reaches its handler, which may reply. */
async function answerable(listener: () => PacedListener | undefined): Promise<void> {
  await new Promise<void>(afterImmediates);
  const handled = listener()?.closing?.();
  if (handled === undefined) return;
  await Promise.race([handled, pass(maxTurns)]);
  await new Promise<void>(afterImmediates);
}

async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>(afterImmediates);
}

/** One end of a link: a wire that can be stalled, and can break for one side alone. */
class LinkEnd implements Wire {
  /** Called when this end has closed. */
  onClosed: () => void = () => {};
  /** Resolves when a close may be answered that has arrived for a listener which knows of it; the others answer at once. */
  answerable: ((listener: () => PacedListener | undefined) => Promise<void>) | undefined;
  readonly nextTurn: () => Promise<void> = nextTurn;
  readonly #wire: Wire;
  /** Draws whether the next message is lost. */
  readonly #isLost: () => boolean;
  readonly #events = new WireEvents();
  #listener: PacedListener | undefined;
  #closing = false;
  /** Sends the answer that waits. */
  #answer: (() => void) | undefined;
  #paused = false;
  #stalled = false;

  constructor(wire: Wire, isLost: () => boolean) {
    this.#wire = wire;
    this.#isLost = isLost;
    wire.listen({
      message: (message) => {
        if (message instanceof CloseFrame) this.#receiveClose(message);
        else this.#events.message(message);
      },
      closed: (closed) => this.#closed(closed),
    });
  }

  get protocol(): string {
    return this.#wire.protocol;
  }

  get bufferedAmount(): number {
    return this.#wire.bufferedAmount;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events;
  }

  /** While true, no message arrives here. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    this.#updateFlow();
  }

  send(message: Message): void {
    if (this.#closing || this.#events.ended || this.#isLost()) return;
    this.#wire.send(typeof message === "string" ? message : message.slice()); // the sender may change its bytes
  }

  drained(): Promise<void> | undefined {
    return this.#events.ended ? undefined : this.#wire.drained();
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#events.ended) return;
    if (this.#answer !== undefined) return this.#answer();
    this.#sendClose({ code, reason, wasClean: true });
  }

  terminate(): void {
    if (!this.#events.ended) this.#wire.terminate();
  }

  /** Breaks the wire for this side alone. */
  lose(): void {
    void Promise.resolve().then(() =>
      this.#closed({ code: CloseCode.Abnormal, reason: "", wasClean: false }),
    );
  }

  listen(listener: PacedListener | undefined): void {
    this.#listener = listener;
    this.#events.listen(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#updateFlow();
  }

  resume(): void {
    this.#paused = false;
    this.#updateFlow();
  }

  #updateFlow(): void {
    if (this.#paused || this.#stalled) this.#wire.pause();
    else this.#wire.resume();
  }

  #sendClose(closed: Closed): void {
    this.#closing = true;
    this.#wire.send(new CloseFrame(closed));
  }

  #receiveClose({ closed }: CloseFrame): void {
    if (this.#events.ended) return this.#wire.terminate(); // no answer comes from a side that has lost the wire
    if (this.#closing) return this.#closed(closed);
    this.#answer = () => {
      this.#answer = undefined;
      this.#closed(closed); // first, as a server knows of the end before its client does
      this.#sendClose(closed);
    };
    const { answerable } = this;
    const isAtOnce = this.#listener !== undefined && this.#listener.closing === undefined;
    if (answerable === undefined || isAtOnce) return this.#answer();
    void answerable(() => this.#listener).then(() => this.#answer?.());
  }

  #closed(closed: Closed): void {
    this.#wire.resume(); // writers do not wait for a wire that has ended
    this.onClosed();
    this.#events.closed(closed);
  }
}

/** Pseudo-random numbers from 0 to 1 by Mulberry32, which is in the public domain. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
