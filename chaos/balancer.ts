import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP balancer: each new connection goes to the next node, and to the one after it when a node refuses. */
export class Balancer {
  readonly #server: Server;
  readonly #targets: readonly number[];
  /** The sockets of open connections, with the port of the node of each. */
  readonly #sockets = new Map<Socket, number>();
  #next = 0;

  private constructor(server: Server, targets: readonly number[]) {
    this.#server = server;
    this.#targets = targets;
    server.on("connection", (client) => void this.#accept(client));
  }

  /** Starts a balancer on a free port; `targets` are the ports of the nodes. */
  static async open(targets: readonly number[]): Promise<Balancer> {
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return new Balancer(server, targets);
  }

  /** The port that clients connect to. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections a node has, by its port. */
  connections(target: number): number {
    return [...this.#sockets.values()].filter((port) => port === target).length / 2;
  }

  /** Stops listening, and cuts all connections. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async #accept(client: Socket): Promise<void> {
    client.on("error", () => {}); // "close" follows
    const node = await this.#connect();
    if (node === undefined || client.destroyed) {
      node?.socket.destroy();
      client.resetAndDestroy();
      return;
    }
    join(client, node.socket);
    for (const socket of [client, node.socket]) {
      this.#sockets.set(socket, node.port);
      socket.once("close", () => this.#sockets.delete(socket));
    }
  }

  /** Connects to the next node that does not refuse; returns undefined when all do. */
  async #connect(): Promise<{ readonly socket: Socket; readonly port: number } | undefined> {
    const first = this.#next;
    this.#next += 1;
    for (let tried = 0; tried < this.#targets.length; tried += 1) {
      const port = this.#targets[(first + tried) % this.#targets.length] ?? 0;
      const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
      try {
        await once(socket, "connect");
        return { socket, port };
      } catch {
        socket.destroy();
      }
    }
    return undefined;
  }
}

/** Passes on what each of two sockets sends, and how it ends. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.resetAndDestroy());
    from.once("close", () => to.destroySoon());
    from.pipe(to);
  }
}
