import type { Trace } from "../trace/trace.ts";
import type { Machine, Scheduler } from "../virtual/scheduler.ts";
import type { SeededRandom } from "../virtual/seeded-random.ts";
import { type NetworkConditions, Pipe } from "./pipe.ts";
import { closeEnd, type NetworkServer, sendMessage, type VirtualWire, type WireEnd } from "./virtual-wire.ts";

/** What happens to the dials of all clients. */
export interface DialBehavior {
  /** Whether the handshake reaches the server, fails, or is never answered. */
  answer: "accepted" | "refused" | "never answered";
  /** How much longer than other packets a handshake, or its failure, travels, in ms. */
  delay: number;
}

/** The network between the two machines, with all wires of a world. */
export class Network {
  /** Runs the deliveries. */
  readonly scheduler: Scheduler;
  /** Draws travel times and losses. */
  readonly random: SeededRandom;
  /** Records frames, dials and closes. */
  readonly trace: Trace;
  /** How packets travel. */
  readonly conditions: NetworkConditions;
  /** All wires, the oldest first: wire `id` is at index `id - 1`. */
  readonly wires: VirtualWire[] = [];
  /** The `peer.id` of the session of the latest `welcome` that each client received. */
  readonly peerIds = new Map<number, string>();
  /** What happens to dials now. */
  readonly dials: DialBehavior = { answer: "accepted", delay: 0 };
  /** The server processes that receive handshakes. */
  readonly servers = new Set<NetworkServer>();

  constructor(parts: {
    scheduler: Scheduler;
    random: SeededRandom;
    trace: Trace;
    conditions: NetworkConditions;
  }) {
    this.scheduler = parts.scheduler;
    this.random = parts.random;
    this.trace = parts.trace;
    this.conditions = parts.conditions;
  }

  /** The wires that are open at one end at least, the oldest first. */
  get openWires(): readonly VirtualWire[] {
    return this.wires.filter(({ closed }) => !closed.client || !closed.server);
  }

  /** Dials for a client, or for an attacker if `client` is undefined. */
  dial(client: number | undefined, protocols: readonly string[], clientEnd: WireEnd): VirtualWire {
    const beforeHandshake: WireEnd = {
      receive: ({ type }) =>
        type === "handshake" ? this.#deliverHandshake(wire, protocols) : this.serverEndClosed(wire),
    };
    const ends: Record<Machine, WireEnd> = { client: clientEnd, server: beforeHandshake };
    const pipeTo = (reader: Machine): Pipe =>
      new Pipe(this, reader, (packet) => ends[reader].receive(packet));
    const wire: VirtualWire = {
      id: this.wires.length + 1,
      client,
      up: pipeTo("server"),
      down: pipeTo("client"),
      ends,
      server: undefined,
      closed: { client: false, server: true },
    };
    this.wires.push(wire);
    this.trace.add({ type: "dial", wire: wire.id, client });
    const { answer, delay } = this.dials;
    if (answer === "accepted") wire.up.send({ type: "handshake" }, delay);
    else if (answer === "refused") wire.down.break(0, delay);
    return wire;
  }

  /** An attacker dials, sends a message, another one when the server has answered, and ignores what it receives. */
  dialAttacker(protocols: readonly string[], message: string, second?: string): VirtualWire {
    let next = second;
    const wire = this.dial(undefined, protocols, {
      receive: ({ type }) => {
        if (type === "accepted") sendMessage(wire, "client", message, this.trace);
        else if (type !== "message") closeEnd(wire, "client", 1006, this.trace);
        else if (next !== undefined) {
          sendMessage(wire, "client", next, this.trace);
          next = undefined;
        }
      },
    });
    return wire;
  }

  /** Closes the server's end of every wire of a process that ended; each client gets a notice after `noticeDelay()` ms. */
  serverEnded(server: NetworkServer | undefined, noticeDelay: () => number | undefined): void {
    if (server !== undefined) this.servers.delete(server);
    for (const wire of this.openWires) {
      if (wire.server !== server) continue;
      closeEnd(wire, "server", 1006, this.trace);
      wire.down.break(this.random.integer(0, 3), noticeDelay());
    }
  }

  /** Called when the server receives `hello` on a wire: soon after, a stale uplink of the same client delivers. */
  helloReceived({ id, client }: VirtualWire): void {
    for (const older of this.openWires)
      if (older.client === client && older.id < id)
        this.scheduler.schedule(undefined, this.random.between(0, 4 * this.conditions.latency), () =>
          older.up.unblock("stale uplink"),
        );
  }

  /** Called when the server's end of a wire is closed. */
  serverEndClosed(wire: VirtualWire): void {
    wire.server?.wireClosed(wire);
  }

  #deliverHandshake(wire: VirtualWire, protocols: readonly string[]): void {
    const servers = [...this.servers];
    const server = servers.length > 1 ? this.random.pick(servers) : servers[0];
    if (!server) return void wire.down.break(0, 0);
    wire.server = server;
    server.handshake(wire, protocols, (protocol, end) => {
      wire.ends.server = end;
      wire.closed.server = false;
      wire.down.send({ type: "accepted", protocol });
    });
  }
}
