import type { WebSocketClass, WebSocketLike } from "@symbolon/client";
import { hangUp, type Line, say } from "./virtual-wire.ts";
import type { Parcel } from "./pipe.ts";
import type { Network } from "./network.ts";

type Told = (event: { readonly type: string }) => void;

/** A browser gives up on the closing handshake after so many ms. */
const closing = 30_000;

/** A class of WebSockets whose lines run through a network, for one client. Half of all worlds have Node's, which can be terminated. */
export function socketClass(network: Network, client: number, terminable: boolean): WebSocketClass {
  class Socket extends ClientSocket {
    constructor(_url: string, protocols: string[] = []) {
      super(network, client, protocols);
    }
  }
  if (terminable)
    Object.assign(Socket.prototype, {
      terminate(this: Socket) {
        this.terminated();
      },
    });
  return Socket;
}

/** The client's end of a line: a `WebSocket`, as far as the client needs one. */
class ClientSocket implements WebSocketLike {
  readyState = 0;
  protocol = "";
  binaryType = "blob";
  readonly #network: Network;
  readonly #line: Line;
  readonly #listeners: Record<string, Told[]> = {};
  #giveUp = (): void => {};

  constructor(network: Network, client: number, protocols: readonly string[]) {
    this.#network = network;
    this.#line = network.dial(client, protocols, { take: (parcel) => this.#take(parcel) });
  }

  get bufferedAmount(): number {
    return this.#line.up.bufferedAmount;
  }

  addEventListener(type: string, told: Told): void {
    (this.#listeners[type] ??= []).push(told);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState === 0) throw new Error("still connecting");
    if (this.readyState === 1) say(this.#line, "client", String(data), this.#network.trace);
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999))
      throw new Error(`a page may not close with ${code}`);
    if (this.readyState >= 2) return;
    const connecting = this.readyState === 0;
    this.readyState = 2;
    if (connecting) {
      this.#line.up.break(0, 0);
      this.#network.agenda.plan("client", 0, () => this.#fail());
    } else {
      // A close frame without a code is read as 1005 (RFC 6455 §7.1.5).
      this.#line.up.put({ is: "close", code: code ?? 1005, reason });
      this.#giveUp = this.#network.agenda.plan("client", closing, () => this.#end(1006, ""));
    }
  }

  protected terminated(): void {
    if (this.readyState === 3) return;
    this.readyState = 2;
    this.#line.up.break(this.#network.chance.whole(0, 3), 0);
    this.#network.agenda.plan("client", 0, () => this.#end(1006, ""));
  }

  #take(parcel: Parcel): void {
    if (this.readyState === 3) return;
    if (parcel.is === "open") {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.protocol = parcel.protocol;
      this.#tell({ type: "open" });
    } else if (parcel.is === "message") {
      if (this.readyState !== 1) return; // a page's socket that is closing tells of no message any more
      this.#network.trace.add({ is: "got", line: this.#line.id, by: "client", frame: parcel.frame });
      const { t, sid } = parcel.frame;
      if (t === "welcome" && this.#line.client) this.#network.sids.set(this.#line.client, String(sid));
      this.#tell({ type: "message", data: parcel.message });
    } else if (parcel.is === "close") {
      this.#line.up.put({ is: "close", code: parcel.code, reason: parcel.reason });
      this.#end(parcel.code, parcel.reason);
    } else this.#fail();
  }

  #fail(): void {
    if (this.readyState === 3) return;
    this.#tell({ type: "error" });
    this.#end(1006, "");
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#giveUp();
    hangUp(this.#line, "client", code, this.#network.trace);
    this.#tell({ type: "close", code, reason, wasClean: code !== 1006 });
  }

  #tell(event: { readonly type: string; readonly [field: string]: unknown }): void {
    for (const told of this.#listeners[event.type] ?? []) told(event);
  }
}
