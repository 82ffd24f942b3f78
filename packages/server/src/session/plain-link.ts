import { type Closed, CloseCode, CloseError, type Message, ProtocolError } from "@symbolon/protocol";
import { jsonFrames, type Wire } from "@symbolon/protocol/internal";
import { randomUUID } from "node:crypto";
import { readFrame } from "./read-frame.ts";
import { startHeartbeat } from "../timing/heartbeat.ts";
import type { ClientLink, LinkListener, LinkOptions } from "./link.ts";
import { PlainOutbox } from "./plain-outbox.ts";
import { RoomMemberships } from "../rooms/memberships.ts";
import { type SessionChange, SessionSubscribers } from "./session-change.ts";

/** Frames that are none, after which a client is closed: one written by hand may have a slip. */
const strikes = 3;

/** The one wire of a client that speaks by hand: at most once, in order, and gone when it is lost. */
export class PlainLink implements ClientLink {
  readonly outbox: PlainOutbox = new PlainOutbox();
  readonly id: string = randomUUID();
  readonly memberships: RoomMemberships = new RoomMemberships(this.id);
  readonly acknowledged = false;
  readonly detached = false;
  readonly #watchers = new SessionSubscribers();
  readonly #options: LinkOptions;
  #wire: Wire | undefined;
  #strikes = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    const sink = {
      send: (message: Message) => void this.outbox.send(message),
      drained: () => undefined, // the heartbeat closes a client that reads too slowly
    };
    const drop = (error: CloseError): void => this.close(error);
    this.memberships.attach({ codec: jsonFrames, plain: true, sink, drop }, undefined);
  }

  /** The client was accepted. */
  attach(wire: Wire): void {
    this.#wire = wire;
  }

  subscribe(watcher: (change: SessionChange) => void): () => void {
    return this.#watchers.add(watcher);
  }

  open(listener: LinkListener): Promise<Closed> {
    const { clock, heartbeat } = this.#options;
    const wire = this.#wire as Wire; // it was accepted first
    this.outbox.attach(wire);
    const stopHeartbeat = startHeartbeat(wire, clock, heartbeat, wire.ping && (() => wire.ping?.()));
    return new Promise((resolve) =>
      wire.listen({
        message: (message) => this.#hear(message, wire, listener),
        closed: (closed) => {
          stopHeartbeat();
          resolve(closed);
        },
      }),
    );
  }

  close(error: CloseError): void {
    this.memberships.detach();
    this.outbox.end(error);
    this.#watchers.emit({ type: "ended", undelivered: 0 });
    this.#wire?.close(error.code, error.reason);
  }

  goAway(): boolean {
    return false;
  }

  terminate(): void {
    this.#wire?.terminate();
  }

  readonly recordRoomMessages = (): boolean => false;

  overflow(): void {} // at most once is all that it was promised

  pause(paused: boolean): void {
    if (paused) this.#wire?.pause();
    else this.#wire?.resume();
  }

  #hear(message: Message, wire: Wire, listener: LinkListener): void {
    if (this.#strikes >= strikes) return;
    try {
      const frame = readFrame(message, jsonFrames);
      if (listener.receive(frame, message.length) || frame.t === "pong") return;
      if (frame.t === "ping") wire.send(jsonFrames.write({ t: "pong", n: frame.n }));
      else if (frame.t === "bye") listener.closeGracefully(new CloseError(CloseCode.Normal));
      else throw new ProtocolError(`${JSON.stringify(frame.t)} has no place here`);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#strikes += 1;
      wire.send(jsonFrames.write({ t: "error", code: error.code, message: error.message }));
      if (this.#strikes >= strikes)
        listener.closeGracefully(new CloseError(CloseCode.PolicyViolation, "three messages were no frames"));
    }
  }
}
