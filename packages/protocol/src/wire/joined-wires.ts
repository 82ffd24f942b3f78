import { DrainSignal } from "../async/drain.ts";
import type { Closed } from "../errors.ts";
import { CloseCode } from "./close.ts";
import { type Arrivals, type Message, type Wire, WireEvents, type WireListener } from "./wire.ts";

/** One end of two wires that are joined in memory; a message arrives in a later microtask, as on a network. */
class JoinedWire implements Wire {
  readonly protocol: string;
  readonly bufferedAmount = 0;
  /** Writers at the other end wait for it while this end does not read. */
  readonly reading = new DrainSignal();
  readonly #events = new WireEvents();
  #remote: JoinedWire | undefined;
  #closing = false;

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  get paused(): boolean {
    return this.reading.waiting !== undefined;
  }

  get arrivals(): Arrivals {
    return this.#events;
  }

  join(remote: JoinedWire): void {
    this.#remote = remote;
  }

  send(message: Message): void {
    if (this.#closing || this.#events.ended) return;
    this.#later((remote) => remote.#events.message(message));
  }

  drained(): Promise<void> | undefined {
    return this.#events.ended ? undefined : this.#remote?.reading.waiting;
  }

  close(code: number, reason: string): void {
    if (this.#closing || this.#events.ended) return;
    this.#closing = true;
    const closed = { code, reason, wasClean: true };
    this.#later((remote) => {
      remote.#end(closed);
      void Promise.resolve().then(() => this.#end(closed));
    });
  }

  terminate(): void {
    const broken = { code: CloseCode.Abnormal, reason: "", wasClean: false };
    for (const end of this.#remote === undefined ? [this] : [this, this.#remote]) {
      end.resume();
      void Promise.resolve().then(() => end.#end(broken));
    }
  }

  listen(listener: WireListener | undefined): void {
    this.#events.listen(listener);
  }

  pause(): void {
    void this.reading.wait();
  }

  resume(): void {
    this.reading.release();
  }

  #end(closed: Closed): void {
    this.resume(); // writers do not wait for a wire that has ended
    this.#events.closed(closed);
  }

  #later(event: (remote: JoinedWire) => void): void {
    const remote = this.#remote;
    if (remote === undefined) return;
    const paused = remote.reading.waiting ?? Promise.resolve();
    void paused.then(() => event(remote));
  }
}

/** Makes two wires that are joined in memory: each receives what the other sends. */
export function joinedWires(protocol = ""): [Wire, Wire] {
  const one = new JoinedWire(protocol);
  const two = new JoinedWire(protocol);
  one.join(two);
  two.join(one);
  return [one, two];
}
