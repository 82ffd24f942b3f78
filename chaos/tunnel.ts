import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Fault, Plan } from "./connection-plan.ts";

/** The options of a tunnel. */
export interface TunnelOptions {
  readonly plan: Plan;
  readonly random: SeededRandom;
  /** Called when the fault happens. */
  readonly onFault: (fault: Fault) => void;
}

/** `up` is from the client to the server. */
type Direction = "up" | "down";

/** One connection through the proxy: it passes the bytes between the client's socket and the server's. */
export class Tunnel {
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<unknown>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #options: TunnelOptions;
  readonly #dropped = new Set<Direction>();
  #stalled: Promise<unknown> | undefined;
  #torn = false;
  #calm = false;

  constructor(client: Socket, server: Socket, options: TunnelOptions) {
    this.#client = client;
    this.#server = server;
    this.#options = options;
    const untilClosed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
    this.closed = Promise.all([untilClosed(client), untilClosed(server)]);
    // The loop that reads a socket receives its error too; a write to a closed socket only emits it.
    for (const socket of [client, server]) socket.on("error", () => {});
    void this.#carry("up");
    void this.#carry("down");
    const { fault } = options.plan;
    if (fault) void setTimeout(fault.after, undefined, { ref: false }).then(() => this.#break(fault));
  }

  /** Prevents further faults, and cuts the connection if it drops bytes. */
  calm(): void {
    this.#calm = true;
    if (this.#dropped.size > 0) this.cut();
  }

  /** Resets both sockets. */
  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #break({ type, lasts }: NonNullable<Plan["fault"]>): void {
    if (this.#calm || this.#client.destroyed || this.#server.destroyed) return;
    this.#options.onFault(type);
    if (type === "reset") this.cut();
    else if (type === "end") for (const socket of [this.#client, this.#server]) socket.destroySoon();
    else if (type === "torn") this.#torn = true;
    else if (type === "stall") this.#stalled = setTimeout(lasts);
    else if (type === "hole up") this.#dropped.add("up");
    else if (type === "hole down") this.#dropped.add("down");
    else {
      this.#dropped.add("up").add("down");
      this.#client.resetAndDestroy();
    }
  }

  async #carry(direction: Direction): Promise<void> {
    const [from, to] = direction === "up" ? [this.#client, this.#server] : [this.#server, this.#client];
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) await this.#pass(direction, chunk, to);
      if (!this.#dropped.has(direction)) to.end();
    } catch {
      if (!this.#dropped.has(direction)) to.resetAndDestroy();
    }
  }

  async #pass(direction: Direction, chunk: Buffer, to: Socket): Promise<void> {
    const { plan, random } = this.#options;
    if (plan.shape === "delay") await setTimeout(random.between(5, 60));
    if (plan.shape === "lumps") await setTimeout(random.between(100, 200));
    const maxLength = plan.shape === "pieces" ? Math.max(7, chunk.length / 50) : chunk.length;
    for (let at = 0; at < chunk.length;) {
      await this.#stalled;
      const length = plan.shape === "pieces" ? random.integer(1, Math.ceil(maxLength)) : maxLength;
      const piece = chunk.subarray(at, at + length);
      at += length;
      if (this.#dropped.has(direction)) continue;
      if (this.#torn) return this.#tear(piece, to);
      if (!to.destroyed && !to.write(piece)) await drained(to);
      if (plan.shape === "pieces") await setTimeout(0);
    }
  }

  /** Passes half of the piece, and cuts the connection. */
  #tear(piece: Buffer, to: Socket): void {
    this.#dropped.add("up").add("down");
    to.end(piece.subarray(0, Math.ceil(piece.length / 2)));
    (to === this.#client ? this.#server : this.#client).resetAndDestroy();
  }
}

/** Resolves when a socket has drained or closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.once("drain", done).once("close", done);
  });
}
