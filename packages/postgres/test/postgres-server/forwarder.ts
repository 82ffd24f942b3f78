import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Forwards TCP connections to a port, which may change, and breaks them. */
export class Forwarder {
  /** The port that clients connect to. */
  readonly port: number;
  /** The port that connections go to. */
  target: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, port: number, target: number, sockets: Set<Socket>) {
    this.#server = server;
    this.port = port;
    this.target = target;
    this.#sockets = sockets;
  }

  /** Forwards to a port until the end of the test. */
  static async start(target: number): Promise<Forwarder> {
    const sockets = new Set<Socket>();
    const server = createServer((incoming) => {
      const outgoing = connect(forwarder.target, "127.0.0.1");
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on("error", () => {});
        socket.on("close", () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const forwarder = new Forwarder(server, address.port, target, sockets);
    onTestFinished(() => forwarder.close());
    return forwarder;
  }

  /** The address for a client of PostgreSQL. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Breaks all connections. */
  break(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.break();
  }
}
