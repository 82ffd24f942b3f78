import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** From the page to the server, or back. */
type Way = "up" | "down";

/** A way to a server that can cut the connections it has, or swallow every byte of them, and can refuse new ones. */
export class BlackHole {
  readonly port: number;
  readonly #server: Server;
  /** The present connections' halves, and which way what is read from each goes. */
  readonly #sockets = new Map<Socket, Way>();
  #shut = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near) => {
      if (this.#shut) near.destroy();
      else this.#join(near, connect(target, "localhost"));
    });
  }

  #join(near: Socket, far: Socket): void {
    for (const [way, from, to] of [
      ["up", near, far],
      ["down", far, near],
    ] as const) {
      this.#sockets.set(from, way);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
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

  /** From now on nothing of the present connections arrives, or nothing one way, though they all stay open. */
  swallow(only?: Way): void {
    for (const [socket, way] of this.#sockets) {
      if (only !== undefined && way !== only) continue;
      socket.unpipe();
      socket.removeAllListeners("close");
      socket.removeAllListeners("error"); // a killed server may reset its half: the other stays open
      socket.on("error", () => {});
      socket.on("data", () => {});
    }
  }

  /** Ends the present connections. */
  cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Ends it with all its connections. */
  close(): void {
    this.#server.close();
    this.cut();
  }
}
