import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Fault, Plan } from "./connection-plan.ts";

/** What a link goes through. */
export interface LinkOptions {
  readonly plan: Plan;
  readonly random: SeededRandom;
  /** Told when the fault happens. */
  readonly fault: (kind: Fault) => void;
}

/** The way from the client to the server, and back. */
type Way = "up" | "down";

/** A connection through the proxy, from the client's socket to the server's and back. */
export class Link {
  /** Resolves when both sockets are closed. */
  readonly over: Promise<unknown>;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #options: LinkOptions;
  readonly #swallowed = new Set<Way>();
  #stalled: Promise<unknown> | undefined;
  #torn = false;
  #quiet = false;

  constructor(near: Socket, far: Socket, options: LinkOptions) {
    this.#near = near;
    this.#far = far;
    this.#options = options;
    const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));
    this.over = Promise.all([closed(near), closed(far)]);
    // What went wrong is seen by who reads; who writes to a socket that is gone is told as well.
    for (const socket of [near, far]) socket.on("error", () => {});
    void this.#carry("up");
    void this.#carry("down");
    const { fault } = options.plan;
    if (fault) void setTimeout(fault.after, undefined, { ref: false }).then(() => this.#break(fault));
  }

  /** Nothing more breaks; where nothing passes, it is cut. */
  calm(): void {
    this.#quiet = true;
    if (this.#swallowed.size > 0) this.cut();
  }

  /** Ends both halves at once. */
  cut(): void {
    this.#near.resetAndDestroy();
    this.#far.resetAndDestroy();
  }

  #break({ kind, lasts }: NonNullable<Plan["fault"]>): void {
    if (this.#quiet || this.#near.destroyed || this.#far.destroyed) return;
    this.#options.fault(kind);
    if (kind === "reset") this.cut();
    else if (kind === "end") for (const socket of [this.#near, this.#far]) socket.destroySoon();
    else if (kind === "torn") this.#torn = true;
    else if (kind === "stall") this.#stalled = setTimeout(lasts);
    else if (kind === "hole up") this.#swallowed.add("up");
    else if (kind === "hole down") this.#swallowed.add("down");
    else {
      this.#swallowed.add("up").add("down");
      this.#near.resetAndDestroy();
    }
  }

  async #carry(way: Way): Promise<void> {
    const [from, to] = way === "up" ? [this.#near, this.#far] : [this.#far, this.#near];
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) await this.#pass(way, chunk, to);
      if (!this.#swallowed.has(way)) to.end();
    } catch {
      if (!this.#swallowed.has(way)) to.resetAndDestroy();
    }
  }

  async #pass(way: Way, chunk: Buffer, to: Socket): Promise<void> {
    const { plan, random } = this.#options;
    if (plan.shape === "delay") await setTimeout(random.between(5, 60));
    if (plan.shape === "lumps") await setTimeout(random.between(100, 200));
    const most = plan.shape === "pieces" ? Math.max(7, chunk.length / 50) : chunk.length;
    for (let at = 0; at < chunk.length;) {
      await this.#stalled;
      const length = plan.shape === "pieces" ? random.integer(1, Math.ceil(most)) : most;
      const piece = chunk.subarray(at, at + length);
      at += length;
      if (this.#swallowed.has(way)) continue;
      if (this.#torn) return this.#tear(piece, to);
      if (!to.destroyed && !to.write(piece)) await roomIn(to);
      if (plan.shape === "pieces") await setTimeout(0);
    }
  }

  /** Passes half of it, and cuts. */
  #tear(piece: Buffer, to: Socket): void {
    this.#swallowed.add("up").add("down");
    to.end(piece.subarray(0, Math.ceil(piece.length / 2)));
    (to === this.#near ? this.#far : this.#near).resetAndDestroy();
  }
}

/** Resolves when a socket takes more, or nothing any more. */
function roomIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.once("drain", done).once("close", done);
  });
}
