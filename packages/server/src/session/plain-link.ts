import {
  type Closed,
  CloseCode,
  CloseError,
  jsonFrames,
  type Message,
  ProtocolError,
  type Wire,
} from "@symbolon/protocol";
import { randomUUID } from "node:crypto";
import { readFrame } from "./read-frame.ts";
import { beating } from "../timing/heartbeat.ts";
import type { Line, LineListener, LineOptions } from "./link.ts";
import { PlainOutbox } from "./plain-outbox.ts";
import { Seat } from "../rooms/memberships.ts";
import { type SessionChange, SessionWatchers } from "./session-change.ts";

/** Frames that are none, after which a client is closed: one written by hand may have a slip. */
const strikes = 3;

/** The one wire of a client that speaks by hand: at most once, in order, and gone when it is lost. */
export class PlainLine implements Line {
  readonly outbox: PlainOutbox = new PlainOutbox();
  readonly id: string = randomUUID();
  readonly seat: Seat = new Seat(this.id);
  readonly acknowledged = false;
  readonly parked = false;
  readonly #watchers = new SessionWatchers();
  readonly #options: LineOptions;
  #wire: Wire | undefined;
  #strikes = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.seat.here({
      codec: jsonFrames,
      plain: true,
      send: (message) => void this.outbox.send(message),
      drained: () => undefined, // who reads too slowly is let go by the heartbeat
      drop: (error) => this.close(error),
    });
  }

  /** The client was accepted. */
  attach(wire: Wire): void {
    this.#wire = wire;
  }

  watch(watcher: (change: SessionChange) => void): () => void {
    return this.#watchers.add(watcher);
  }

  open(listener: LineListener): Promise<Closed> {
    const { clock, heartbeat } = this.#options;
    const wire = this.#wire as Wire; // it was accepted first
    this.outbox.live(wire);
    return new Promise((closed) => {
      const told = { message: (message: Message) => this.#hear(message, wire, listener), closed };
      wire.listen(beating(told, wire, clock, heartbeat, wire.ping && (() => wire.ping?.())));
    });
  }

  close(error: CloseError): void {
    this.seat.away();
    this.outbox.end(error);
    this.#watchers.tell({ is: "ended", undelivered: 0 });
    this.#wire?.close(error.code, error.reason);
  }

  move(): boolean {
    return false;
  }

  terminate(): void {
    this.#wire?.terminate();
  }

  readonly said = (): boolean => false;

  overflow(): void {} // at most once is all that it was promised

  pause(paused: boolean): void {
    if (paused) this.#wire?.pause();
    else this.#wire?.resume();
  }

  #hear(message: Message, wire: Wire, listener: LineListener): void {
    if (this.#strikes >= strikes) return;
    try {
      const frame = readFrame(message, jsonFrames);
      if (listener.take(frame, message.length) || frame.t === "pong") return;
      if (frame.t === "ping") wire.send(jsonFrames.write({ t: "pong", n: frame.n }));
      else if (frame.t === "bye") listener.leave(new CloseError(CloseCode.Normal));
      else throw new ProtocolError(`${JSON.stringify(frame.t)} has no place here`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#strikes += 1;
      wire.send(jsonFrames.write({ t: "error", code: error.code, message: error.message }));
      if (this.#strikes >= strikes)
        listener.leave(new CloseError(CloseCode.PolicyViolation, "three messages were no frames"));
    }
  }
}
