import type { Message } from "@symbolon/protocol";
import { type Wire, WireEvents } from "@symbolon/protocol/internal";
import type { PacedListener } from "../../src/timing/paced-reader.ts";

/** A wire without a network: a test makes things happen by `events`, and reads in `calls` what was done to the wire. */
export class TestWire implements Wire {
  readonly protocol = "";
  readonly calls: string[] = [];
  readonly events = new WireEvents();
  bufferedAmount = 0;
  progress = 0;
  paused = false;
  #listener: PacedListener | undefined;

  get arrivals(): Wire["arrivals"] {
    return this.events;
  }

  send(message: Message): void {
    this.calls.push(`send ${String(message)}`);
  }
  drained(): undefined {
    return undefined;
  }
  close(code: number, reason: string): void {
    this.calls.push(`close ${code} ${reason}`);
  }
  terminate(): void {
    this.calls.push("terminate");
    this.events.closed({ code: 1006, reason: "", wasClean: false });
  }
  listen(listener: PacedListener | undefined): void {
    this.#listener = listener;
    this.events.listen(listener);
  }
  /** The client pings. */
  receivePing(): void {
    this.#listener?.pinged?.();
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}
