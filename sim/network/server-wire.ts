import type { Message } from "@symbolon/protocol";
import { type Wire, WireEvents, type WireListener } from "@symbolon/protocol/internal";
import type { Network } from "./network.ts";
import type { Packet } from "./pipe.ts";
import { closeEnd, sendMessage, type VirtualWire, type WireEnd } from "./virtual-wire.ts";

/** A writer waits while so many bytes are unsent. */
const highWaterMark = 64 * 1024;
/** How long the server waits for the answer to its close frame, in ms. */
const closeTimeout = 2_000;

/** The server's end of a wire. */
export class ServerWire implements Wire, WireEnd {
  /** The accepted subprotocol. */
  readonly protocol: string;
  /** Whether the server has stopped reading. */
  paused = false;
  readonly #network: Network;
  readonly #wire: VirtualWire;
  readonly #events = new WireEvents();
  #closing = false;
  #cancelCloseTimeout = (): void => {};

  constructor(network: Network, wire: VirtualWire, protocol: string) {
    this.#network = network;
    this.#wire = wire;
    this.protocol = protocol;
  }

  /** The bytes that have not arrived at the client. */
  get bufferedAmount(): number {
    return this.#wire.down.bufferedAmount;
  }

  /** The received messages. */
  get arrivals(): Wire["arrivals"] {
    return this.#events;
  }

  /** Sends a message, unless the wire is closing. */
  send(message: Message): void {
    if (!this.#closing) sendMessage(this.#wire, "server", String(message), this.#network.trace);
  }

  /** Resolves when a writer may go on; undefined if it may now. */
  drained(): Promise<void> | undefined {
    // A closing wire drops what is sent, so it never drains: its writer waits for the end.
    const isDrained = (): boolean => !this.#closing && this.bufferedAmount < highWaterMark;
    if (this.#wire.closed.server || isDrained()) return undefined;
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#wire.closed.server || isDrained()) resolve();
        else this.#wire.down.onDrain(check);
      };
      check();
    });
  }

  /** Sends a close frame and waits for the client's answer. */
  close(code: number, reason: string): void {
    if (this.#closing || this.#wire.closed.server) return;
    this.#closing = true;
    this.#network.trace.add({ type: "closing", wire: this.#wire.id, code });
    this.#wire.down.send({ type: "close", code, reason });
    this.#cancelCloseTimeout = this.#network.scheduler.schedule("server", closeTimeout, () =>
      this.#end(1006, ""),
    );
  }

  /** Closes the wire without a close frame. */
  terminate(): void {
    this.#closing = true;
    this.#wire.down.break(this.#network.random.integer(0, 3), 0);
    this.#network.scheduler.schedule("server", 0, () => this.#end(1006, ""));
  }

  /** Sets the listener of messages and of the end. */
  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  /** Stops reading. */
  pause(): void {
    this.paused = true;
    this.#wire.up.block("reader paused");
  }

  /** Reads again. */
  resume(): void {
    this.paused = false;
    this.#wire.up.unblock("reader paused");
  }

  /** Called with each packet that arrives. */
  receive(packet: Packet): void {
    if (this.#wire.closed.server) return;
    if (packet.type === "message") {
      const { frame } = packet;
      this.#network.trace.add({ type: "frameReceived", wire: this.#wire.id, by: "server", frame });
      if (frame.t === "hello") this.#network.helloReceived(this.#wire);
      this.#events.message(packet.message);
    } else if (packet.type === "close") {
      if (!this.#closing) this.#wire.down.send({ type: "close", code: packet.code, reason: packet.reason });
      this.#end(packet.code, packet.reason);
    } else this.#end(1006, "");
  }

  #end(code: number, reason: string): void {
    this.#closing = true;
    this.#cancelCloseTimeout();
    if (!closeEnd(this.#wire, "server", code, this.#network.trace)) return;
    this.#network.serverEndClosed(this.#wire);
    this.#events.closed({ code, reason, wasClean: code !== 1006 });
    this.#wire.down.notifyDrain();
  }
}
