import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** The direction of traffic: from the page to the server, or from the server to the page. */
export type Direction = "toServer" | "toPage";

/** A TCP proxy in front of a server. A test lets it close connections, drop their traffic, or refuse new ones. */
export class TcpProxy {
  /** The port that the proxy listens on. */
  readonly port: number;
  readonly #server: Server;
  /** Both sockets of each open connection, and the direction of what the proxy reads from them. */
  readonly #sockets = new Map<Socket, Direction>();
  #refuses = false;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (page) => {
      if (this.#refuses) page.destroy();
      else this.#forward(page, connect(targetPort, "localhost"));
    });
  }

  /** Starts a proxy, on a port of its own, in front of the server on `targetPort`. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TcpProxy(server, targetPort);
  }

  /** The address at which a page reaches the server through the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Closes each new connection at once, until `acceptConnections`. */
  refuseConnections(): void {
    this.#refuses = true;
  }

  /** Forwards new connections again. */
  acceptConnections(): void {
    this.#refuses = false;
  }

  /** Drops each byte of the open connections from now on, in one direction or in both, and keeps them open. */
  dropTraffic(direction?: Direction): void {
    for (const [socket, socketDirection] of this.#sockets) {
      if (direction !== undefined && socketDirection !== direction) continue;
      socket.unpipe();
      socket.removeAllListeners("close");
      socket.removeAllListeners("error"); // the page's connection stays open even if a killed server resets its own
      socket.on("error", () => {});
      socket.on("data", () => {});
    }
  }

  /** Closes the open connections. */
  closeConnections(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Stops the proxy and closes its connections. */
  close(): void {
    this.#server.close();
    this.closeConnections();
  }

  #forward(page: Socket, server: Socket): void {
    for (const [direction, from, to] of [
      ["toServer", page, server],
      ["toPage", server, page],
    ] as const) {
      this.#sockets.set(from, direction);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
