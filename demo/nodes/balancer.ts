import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from "node:net";
import { pipeline } from "node:stream";

/** Options of `Balancer.start`. */
export interface BalancerOptions {
  /** The port it listens on. @default a free one */
  readonly port?: number;
  /** The address it listens at. @default all addresses */
  readonly host?: string;
  /** Whether each connection to a target begins with the address of the client, by the PROXY protocol. @default false */
  readonly proxyProtocol?: boolean;
}

/** A TCP balancer: connections go to the targets in turn. It skips a target that does not accept a connection. */
export class Balancer {
  /** The port it listens on. */
  readonly port: number;
  readonly #targets: readonly NetConnectOpts[];
  readonly #server: Server;
  readonly #proxyProtocol: boolean;
  readonly #sockets = new Set<Socket>();
  /** The sockets to each target. */
  readonly #joined = new Map<NetConnectOpts, Set<Socket>>();
  /** The targets that get no connection while another one accepts it. */
  readonly #unhealthy = new Set<NetConnectOpts>();
  /** The target of the next connection. */
  #next = 0;

  private constructor(server: Server, targets: readonly NetConnectOpts[], proxyProtocol: boolean) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#targets = targets;
    this.#proxyProtocol = proxyProtocol;
    server.on("connection", (client) => void this.#forward(client));
  }

  /**
   * Starts a balancer in front of these targets: a port, or the path of a Unix socket. `close` has to be called.
   * @throws as a rejection: the system's error when it cannot listen, `EADDRINUSE` for a busy port.
   */
  static async start(
    targets: readonly NetConnectOpts[],
    { port = 0, host, proxyProtocol = false }: BalancerOptions = {},
  ): Promise<Balancer> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    await once(server.listen({ port, host }), "listening");
    return new Balancer(server, targets, proxyProtocol);
  }

  /** How many connections a target has: one of those that `start` was given. */
  connections(target: NetConnectOpts): number {
    return this.#joined.get(target)?.size ?? 0;
  }

  /** A health check has found out whether a target answers: one that does not gets a connection only if no other one accepts it. */
  setHealthy(target: NetConnectOpts, isHealthy: boolean): void {
    if (isHealthy) this.#unhealthy.delete(target);
    else this.#unhealthy.add(target);
  }

  /** Stops listening, and closes all connections. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Joins a client with the first target that accepts it; closes its connection when none does. */
  async #forward(client: Socket): Promise<void> {
    this.#track(client);
    const header = this.#proxyProtocol ? proxyHeader(client) : "";
    const target = await this.#connect();
    if (target === undefined || client.destroyed) {
      target?.destroy();
      client.destroy();
      return;
    }
    if (header !== "") target.write(header);
    // A connection that fails breaks the other one; one that ends lets the other one end what it still sends.
    pipeline(client, target, (error) => error && client.destroy());
    pipeline(target, client, (error) => error && target.destroy());
  }

  /** Connects to the next target that accepts. @returns undefined when none does. */
  async #connect(): Promise<Socket | undefined> {
    const first = this.#next;
    this.#next = (first + 1) % this.#targets.length;
    const inTurn = [...this.#targets.slice(first), ...this.#targets.slice(0, first)];
    const isUnhealthy = (target: NetConnectOpts): boolean => this.#unhealthy.has(target);
    const healthy = inTurn.filter((target) => !isUnhealthy(target));
    for (const target of [...healthy, ...inTurn.filter(isUnhealthy)]) {
      const socket = await this.#dial(target);
      if (socket) return this.#join(socket, target);
    }
    return undefined;
  }

  async #dial(target: NetConnectOpts): Promise<Socket | undefined> {
    const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#track(socket);
    try {
      await once(socket, "connect");
      return socket;
    } catch {
      return undefined;
    }
  }

  #join(socket: Socket, target: NetConnectOpts): Socket {
    const sockets = this.#joined.get(target) ?? new Set();
    this.#joined.set(target, sockets.add(socket));
    return socket.once("close", () => sockets.delete(socket));
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

/** The header of the PROXY protocol, version 1. A connection that is closed already has no addresses. */
function proxyHeader({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  const [client, server] = [remoteAddress, localAddress].map((address) => address?.replace("::ffff:", ""));
  if (client === undefined || server === undefined) return "PROXY UNKNOWN\r\n";
  return `PROXY ${client.includes(":") ? "TCP6" : "TCP4"} ${client} ${server} ${remotePort} ${localPort}\r\n`;
}
