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
  #allowance = Infinity;
  #sinceBreak = 0;
  #breaks = 0;

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
        socket.on("data", ({ length }) => forwarder.#passed(length));
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

  /** Breaks all connections. */
  break(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Breaks all connections whenever so many bytes have passed since the last time. Each time it lets a quarter more pass, so that
   * a client which sends much again still comes to its end.
   */
  breakAfter(bytes: number): void {
    this.#allowance = bytes;
  }

  /** How often `breakAfter` has broken the connections. */
  get breaks(): number {
    return this.#breaks;
  }

  #passed(bytes: number): void {
    this.#sinceBreak += bytes;
    if (this.#sinceBreak < this.#allowance) return;
    this.#allowance *= 1.25;
    this.#sinceBreak = 0;
    this.#breaks += 1;
    this.break();
  }

  close(): void {
    this.#server.close();
    this.break();
  }
}
