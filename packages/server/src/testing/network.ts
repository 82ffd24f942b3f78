import { CloseCode, type Closed, type Message } from "@symbolon/protocol";
import { joinedWires, type Wire, WireEvents, type WireListener } from "@symbolon/protocol/internal";

/** Which half learns that a connection broke; the other one hears nothing any more, and finds out by itself. */
export type Side = "both" | "client" | "server";

/** How bad a network is. */
export interface ChaosOptions {
  /** The same seed makes the same storm, where the app and its clients do the same. */
  readonly seed: number;
  /** How likely a message breaks its connection, 0 to 1; whether it still arrives is up to chance. Default 0.05. */
  readonly cut?: number;
}

/** A network in memory that can fail. */
export class MemoryNetwork {
  readonly #links = new Set<Link>();
  #stalls = 0;
  #storm: { readonly random: () => number; readonly cut: number } | undefined;

  /** Joins two ends: the client's and the server's. */
  link(protocol: string): [client: Wire, server: Wire] {
    const ends = joinedWires(protocol);
    const link: Link = {
      client: new End(ends[0], () => this.#weather(link)),
      server: new End(ends[1], () => this.#weather(link)),
    };
    this.#links.add(link);
    link.client.gone = () => this.#links.delete(link);
    if (this.#stalls > 0) stall(link);
    return [link.client, link.server];
  }

  /** Every connection breaks. */
  drop(learns: Side = "both"): void {
    for (const link of this.#links) this.#cut(link, learns);
  }

  /** Nothing arrives, on connections of now and later, until the returned function is called. */
  stall(): () => void {
    this.#stalls += 1;
    for (const link of this.#links) stall(link);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#stalls -= 1;
      if (this.#stalls > 0) return;
      for (const { client, server } of this.#links) for (const end of [client, server]) end.stalled = false;
    };
  }

  /** Breaks connections by chance, until the returned function is called. */
  chaos({ seed, cut = 0.05 }: ChaosOptions): () => void {
    const storm = { random: chance(seed), cut };
    this.#storm = storm;
    return () => {
      if (this.#storm === storm) this.#storm = undefined;
    };
  }

  #cut(link: Link, learns: Side): void {
    this.#links.delete(link);
    if (learns === "both") return link.client.terminate();
    const { [learns]: told, [learns === "client" ? "server" : "client"]: deaf } = link;
    deaf.stalled = true;
    told.lose();
  }

  /** A message is to be sent: true when it is lost. */
  #weather(link: Link): boolean {
    if (this.#storm === undefined || !this.#links.has(link)) return false;
    const { random, cut } = this.#storm;
    if (random() >= cut) return false;
    const learns = (["both", "client", "server"] as const)[Math.floor(random() * 3)] ?? "both";
    const lost = random() < 0.5;
    // Later, when it has arrived.
    if (lost) this.#cut(link, learns);
    else
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => this.#cut(link, learns));
    return lost;
  }
}

interface Link {
  readonly client: End;
  readonly server: End;
}

function stall({ client, server }: Link): void {
  for (const end of [client, server]) end.stalled = true;
}

/** One end of a link: a wire that can be held up, and can be lost by one half alone. */
class End implements Wire {
  /** Told when it has ended. */
  gone: () => void = () => {};
  readonly #wire: Wire;
  readonly #lost: () => boolean;
  readonly #events = new WireEvents();
  #paused = false;
  #stalled = false;

  constructor(wire: Wire, lost: () => boolean) {
    this.#wire = wire;
    this.#lost = lost;
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

  get arrivals(): Wire["arrivals"] {
    return this.#events.arrivals;
  }

  /** Whether nothing arrives here. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    this.#flow();
  }

  send(message: Message): void {
    if (!this.#events.ended && !this.#lost()) this.#wire.send(message);
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

  /** It breaks, and only this half is told. */
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
    this.#flow();
  }

  resume(): void {
    this.#paused = false;
    this.#flow();
  }

  #flow(): void {
    if (this.#paused || this.#stalled) this.#wire.pause();
    else this.#wire.resume();
  }

  #closed(closed: Closed): void {
    this.gone();
    this.#events.closed(closed);
  }
}

/** Numbers from 0 to 1 that look like chance: Mulberry32, which is in the public domain. */
function chance(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
