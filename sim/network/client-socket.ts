import type { WebSocketClass, WebSocketLike } from "@symbolon/client";
import { peerIdOf } from "../trace/frames.ts";
import type { Network } from "./network.ts";
import type { Packet } from "./pipe.ts";
import { closeEnd, sendMessage, type VirtualWire } from "./virtual-wire.ts";

type SocketListener = (event: { readonly type: string }) => void;

/** How long a browser waits for the answer to its close frame, in ms. */
const closeTimeout = 30_000;

/**
 * Makes a class of WebSockets whose wires run through a network, for one client. With `terminable` the sockets have
 * `terminate`, as those of Node's `ws` have; those of browsers do not.
 */
export function makeSocketClass(network: Network, client: number, terminable: boolean): WebSocketClass {
  class Socket extends ClientSocket {
    constructor(_url: string, protocols: string[] = []) {
      super(network, client, protocols);
    }
  }
  if (terminable)
    Object.assign(Socket.prototype, {
      terminate(this: Socket) {
        this.terminateNow();
      },
    });
  return Socket;
}

/** The client's end of a wire: the part of `WebSocket` that the client uses. */
class ClientSocket implements WebSocketLike {
  readyState = 0;
  protocol = "";
  binaryType = "blob";
  readonly #network: Network;
  readonly #wire: VirtualWire;
  readonly #listeners: Record<string, SocketListener[]> = {};
  #cancelCloseTimeout = (): void => {};

  constructor(network: Network, client: number, protocols: readonly string[]) {
    this.#network = network;
    this.#wire = network.dial(client, protocols, { receive: (packet) => this.#receive(packet) });
  }

  get bufferedAmount(): number {
    return this.#wire.up.bufferedAmount;
  }

  addEventListener(type: string, listener: SocketListener): void {
    (this.#listeners[type] ??= []).push(listener);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState === 0) throw new Error("the socket is still connecting");
    if (this.readyState === 1) sendMessage(this.#wire, "client", String(data), this.#network.trace);
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999))
      throw new Error(`close code must be 1000 or between 3000 and 4999, not ${code}`);
    if (this.readyState >= 2) return;
    const connecting = this.readyState === 0;
    this.readyState = 2;
    if (connecting) {
      this.#wire.up.break(0, 0);
      this.#network.scheduler.schedule("client", 0, () => this.#fail());
    } else {
      // The receiver reads a close frame without a code as 1005 (RFC 6455 §7.1.5).
      this.#wire.up.send({ type: "close", code: code ?? 1005, reason });
      this.#cancelCloseTimeout = this.#network.scheduler.schedule("client", closeTimeout, () =>
        this.#end(1006, ""),
      );
    }
  }

  protected terminateNow(): void {
    if (this.readyState === 3) return;
    this.readyState = 2;
    this.#wire.up.break(this.#network.random.integer(0, 3), 0);
    this.#network.scheduler.schedule("client", 0, () => this.#end(1006, ""));
  }

  #receive(packet: Packet): void {
    if (this.readyState === 3) return;
    if (packet.type === "accepted") {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.protocol = packet.protocol;
      this.#dispatch({ type: "open" });
    } else if (packet.type === "message") {
      if (this.readyState !== 1) return; // a browser's socket fires no message event after close()
      const { frame } = packet;
      this.#network.trace.add({ type: "frameReceived", wire: this.#wire.id, by: "client", frame });
      if (frame.t === "welcome" && this.#wire.client)
        this.#network.peerIds.set(this.#wire.client, peerIdOf(frame["sid"]));
      this.#dispatch({ type: "message", data: packet.message });
    } else if (packet.type === "close") {
      this.#wire.up.send({ type: "close", code: packet.code, reason: packet.reason });
      this.#end(packet.code, packet.reason);
    } else this.#fail();
  }

  #fail(): void {
    if (this.readyState === 3) return;
    this.#dispatch({ type: "error" });
    this.#end(1006, "");
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#cancelCloseTimeout();
    closeEnd(this.#wire, "client", code, this.#network.trace);
    this.#dispatch({ type: "close", code, reason, wasClean: code !== 1006 });
  }

  #dispatch(event: { readonly type: string; readonly [field: string]: unknown }): void {
    for (const listener of this.#listeners[event.type] ?? []) listener(event);
  }
}
