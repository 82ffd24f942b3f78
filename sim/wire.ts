import type { Message } from "@symbolon/protocol";
import { type Wire, WireEvents, type WireListener } from "@symbolon/protocol/internal";
import { type End, hangUp, type Line, say } from "./line.ts";
import type { Parcel } from "./lane.ts";
import type { Network } from "./network.ts";

/** So many bytes may be unsent before a writer is asked to wait. */
const room = 64 * 1024;
/** A server waits so long for the answer to its close frame, in ms. */
const closing = 2_000;

/** The server's end of a line. */
export class ServerWire implements Wire, End {
  readonly protocol: string;
  readonly #network: Network;
  readonly #line: Line;
  readonly #events = new WireEvents();
  #closing = false;
  #giveUp = (): void => {};

  constructor(network: Network, line: Line, protocol: string) {
    this.#network = network;
    this.#line = line;
    this.protocol = protocol;
  }

  get bufferedAmount(): number {
    return this.#line.down.bufferedAmount;
  }

  get arrivals(): Wire["arrivals"] {
    return this.#events.arrivals;
  }

  send(message: Message): void {
    if (!this.#closing) say(this.#line, "server", String(message), this.#network.trace);
  }

  drained(): Promise<void> | undefined {
    // What is sent while the wire closes is dropped: there is no room any more, only an end.
    const roomy = (): boolean => !this.#closing && this.bufferedAmount < room;
    if (this.#line.over.server || roomy()) return undefined;
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#line.over.server || roomy()) resolve();
        else this.#line.down.whenRoomy(look);
      };
      look();
    });
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#line.over.server) return;
    this.#closing = true;
    this.#line.down.put({ is: "close", code, reason });
    this.#giveUp = this.#network.agenda.plan("server", closing, () => this.#end(1006, ""));
  }

  terminate(): void {
    this.#closing = true;
    this.#line.down.break(this.#network.chance.whole(0, 3), 0);
    this.#network.agenda.plan("server", 0, () => this.#end(1006, ""));
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    this.#line.up.hold("not read");
  }

  resume(): void {
    this.#line.up.release("not read");
  }

  take(parcel: Parcel): void {
    if (this.#line.over.server) return;
    if (parcel.is === "message") {
      this.#network.trace.add({ is: "got", line: this.#line.id, by: "server", frame: parcel.frame });
      if (parcel.frame.t === "hello") this.#network.greeted(this.#line);
      this.#events.message(parcel.message);
    } else if (parcel.is === "close") {
      if (!this.#closing) this.#line.down.put({ is: "close", code: parcel.code, reason: parcel.reason });
      this.#end(parcel.code, parcel.reason);
    } else this.#end(1006, "");
  }

  #end(code: number, reason: string): void {
    this.#closing = true;
    this.#giveUp();
    if (!hangUp(this.#line, "server", code, this.#network.trace)) return;
    this.#network.left(this.#line);
    this.#events.closed({ code, reason, wasClean: code !== 1006 });
    this.#line.down.tellRoomy();
  }
}
