import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import { joinedWires, type Wire, WireEvents, type WireListener } from "@symbolon/protocol/internal";
import { nextTurn } from "../timing/next-turn.ts";

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
  #stalls = 0;
  #chaos: { readonly random: () => number; readonly cut: number } | undefined;

  /** Makes a connection and returns its two ends. */
  link(protocol: string): [client: Wire, server: Wire] {
    const wires = joinedWires(protocol);
    const link: Link = {
      client: new LinkEnd(wires[0], () => this.#breaks(link)),
      server: new LinkEnd(wires[1], () => this.#breaks(link)),
    };
    this.#links.add(link);
    link.client.onClosed = () => this.#links.delete(link);
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

/** One end of a link: a wire that can be stalled, and can break for one side alone. */
class LinkEnd implements Wire {
  /** Called when this end has closed. */
  onClosed: () => void = () => {};
  readonly nextTurn: () => Promise<void> = nextTurn;
  readonly #wire: Wire;
  /** Draws whether the next message is lost. */
  readonly #isLost: () => boolean;
  readonly #events = new WireEvents();
  #paused = false;
  #stalled = false;

  constructor(wire: Wire, isLost: () => boolean) {
    this.#wire = wire;
    this.#isLost = isLost;
    wire.listen({
      message: (message) => this.#events.message(message),
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
    return this.#events.arrivals;
  }

  /** While true, no message arrives here. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    this.#updateFlow();
  }

  send(message: Message): void {
    if (!this.#events.ended && !this.#isLost()) this.#wire.send(message);
  }

  drained(): Promise<void> | undefined {
    return this.#events.ended ? undefined : this.#wire.drained();
  }

  close(code: number, reason: string): void {
    this.#wire.close(code, reason);
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

  listen(listener: WireListener | undefined): void {
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

  #closed(closed: Closed): void {
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
