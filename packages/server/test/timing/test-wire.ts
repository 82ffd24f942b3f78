import type { Message } from "@symbolon/protocol";
import { type Wire, WireEvents, type WireListener } from "@symbolon/protocol/internal";

/** A wire without a network: a test makes things happen by `events`, and reads in `calls` what was done to the wire. */
export class TestWire implements Wire {
  readonly protocol = "";
  readonly calls: string[] = [];
  readonly events = new WireEvents();
  bufferedAmount = 0;
  paused = false;

  get arrivals(): Wire["arrivals"] {
    return this.events.arrivals;
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
  listen(listener: WireListener | undefined): void {
    this.events.listen(listener);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}
