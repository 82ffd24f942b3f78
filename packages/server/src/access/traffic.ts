import type { Closed, Message } from "@symbolon/protocol";
import { byteLength, type Wire } from "@symbolon/protocol/internal";
import type { Accept } from "../request/acceptance.ts";
import type { PacedListener } from "../timing/paced-reader.ts";

/** What has passed on the connections of a route. */
export interface RouteTraffic {
  /** Connections that were accepted. */
  connections: number;
  /** Messages of the clients. */
  received: number;
  receivedBytes: number;
  /** Messages of the server. */
  sent: number;
  sentBytes: number;
  /** How often a connection has ended with each close code. */
  readonly closes: Map<number, number>;
  /** How often a handshake was refused with each status. */
  readonly refusals: Map<number, number>;
}

/** The route of a path that the app does not have. */
const unknownRoute = "unknown";

/** Counts what passes on the connections of an app, by route. It costs nothing until it counts. */
export class Traffic {
  /** By the path as it was declared. */
  readonly routes: Map<string, RouteTraffic> = new Map();
  /** How many clients each check of the server has refused. */
  readonly checks: Map<string, number> = new Map();
  /** Whether connections that are accepted from now on are counted. */
  isCounting: boolean = false;

  /** How a transport accepts a handshake, with its connection counted. */
  counted(route: string | undefined, accept: Accept): Accept {
    return async (init) => {
      const wire = await accept(init);
      const traffic = this.#of(route);
      traffic.connections += 1;
      return new CountedWire(wire, traffic);
    };
  }

  /** A handshake was refused. */
  refused(route: string | undefined, status: number): void {
    increment(this.#of(route).refusals, status);
  }

  /** A check of the server has refused a client. */
  refusedBy(check: string): void {
    if (this.isCounting) increment(this.checks, check);
  }

  #of(route = unknownRoute): RouteTraffic {
    let traffic = this.routes.get(route);
    if (traffic === undefined) {
      const counts = { connections: 0, received: 0, receivedBytes: 0, sent: 0, sentBytes: 0 };
      traffic = { ...counts, closes: new Map(), refusals: new Map() };
      this.routes.set(route, traffic);
    }
    return traffic;
  }
}

/** A wire whose messages are counted. */
class CountedWire implements Wire {
  // Not every wire has these, and the user of a wire asks whether it has them.
  readonly nextTurn?: NonNullable<Wire["nextTurn"]>;
  readonly ping?: () => void;
  readonly #wire: Wire;
  readonly #traffic: RouteTraffic;

  constructor(wire: Wire, traffic: RouteTraffic) {
    this.#wire = wire;
    this.#traffic = traffic;
    if (wire.nextTurn !== undefined) this.nextTurn = wire.nextTurn;
    if (wire.ping !== undefined) this.ping = () => wire.ping?.();
  }

  get protocol(): string {
    return this.#wire.protocol;
  }

  get bufferedAmount(): number {
    return this.#wire.bufferedAmount;
  }

  get progress(): number | undefined {
    return this.#wire.progress;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#wire.arrivals;
  }

  get paused(): boolean {
    return this.#wire.paused;
  }

  send(message: Message): void {
    this.#traffic.sent += 1;
    this.#traffic.sentBytes += byteLength(message);
    this.#wire.send(message);
  }

  drained(): Promise<void> | undefined {
    return this.#wire.drained();
  }

  close(code: number, reason: string): void {
    this.#wire.close(code, reason);
  }

  terminate(): void {
    this.#wire.terminate();
  }

  listen(listener: PacedListener | undefined): void {
    this.#wire.listen(listener && new CountedListener(listener, this.#traffic));
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }
}

class CountedListener implements PacedListener {
  readonly #listener: PacedListener;
  readonly #traffic: RouteTraffic;

  constructor(listener: PacedListener, traffic: RouteTraffic) {
    this.#listener = listener;
    this.#traffic = traffic;
  }

  message(message: Message): void {
    this.#traffic.received += 1;
    this.#traffic.receivedBytes += byteLength(message);
    this.#listener.message(message);
  }

  closed(closed: Closed): void {
    increment(this.#traffic.closes, closed.code);
    this.#listener.closed(closed);
  }

  pinged(): void {
    this.#listener.pinged?.();
  }

  closing(): Promise<void> | undefined {
    return this.#listener.closing?.();
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
