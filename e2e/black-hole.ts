import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A way to a server that can cut the connections it has, or swallow every byte of them, and can refuse new ones. */
export class BlackHole {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #shut = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near) => {
      if (this.#shut) {
        near.destroy();
        return;
      }
      const far = connect(target, "localhost");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }

  /** Listens on a port of its own in front of `target`. */
  static async inFrontOf(target: number): Promise<BlackHole> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new BlackHole(server, target);
  }

  /** Where a page reaches the server through it. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on new connections are refused, until `open`. */
  shut(): void {
    this.#shut = true;
  }

  /** New connections pass again. */
  open(): void {
    this.#shut = false;
  }

  /** From now on nothing of the present connections arrives anywhere, though they all stay open. */
  swallow(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.removeAllListeners("close");
      socket.on("data", () => {});
    }
  }

  /** Ends the present connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends it with all its connections. */
  close(): void {
    this.#server.close();
    this.cut();
  }
}
