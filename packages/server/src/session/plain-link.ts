import { type Closed, CloseCode, CloseError, type Message, ProtocolError } from "@symbolon/protocol";
import { byteLength, type Frame, fromClient, jsonFrames, type Wire } from "@symbolon/protocol/internal";
import { randomUUID } from "node:crypto";
import type { Exchange } from "../request/exchange.ts";
import { RoomMemberships } from "../rooms/memberships.ts";
import { Heartbeat } from "../timing/heartbeat.ts";
import { MessageRate } from "../timing/message-rate.ts";
import { PacedReader } from "../timing/paced-reader.ts";
import type { ClientLink, LinkListener, LinkOptions } from "./link.ts";
import { PlainOutbox } from "./plain-outbox.ts";
import { type SessionChange, SessionSubscribers } from "./session-change.ts";

/** How many invalid frames a client may send: one that writes them by hand may make a mistake. */
const maxInvalid = 3;

type LinkState =
  /** The handshake is not done yet. */
  | { readonly type: "connecting" }
  /** The wire is there; frames are received once there is a listener. */
  | { readonly type: "open"; readonly wire: Wire }
  /** Ends receiving, and closes the connection when the received messages are handled. */
  | { readonly type: "closing"; readonly wire: Wire }
  /** Nothing more is sent or received. */
  | { readonly type: "ended"; readonly wire: Wire | undefined };

/** The one wire of a client without a session: messages arrive at most once, in order, until it is closed. */
export class PlainLink implements ClientLink {
  readonly outbox: PlainOutbox = new PlainOutbox();
  readonly receiver = undefined;
  readonly id: string = randomUUID();
  readonly memberships: RoomMemberships;
  readonly acknowledged = false;
  readonly detached = false;
  readonly account: string;
  readonly #subscribers = new SessionSubscribers();
  readonly #options: LinkOptions;
  #state: LinkState = { type: "connecting" };
  #reader: PacedReader | undefined;
  #invalid = 0;

  constructor(options: LinkOptions, { account, principal }: Pick<Exchange, "account" | "principal">) {
    this.memberships = new RoomMemberships(this.id, undefined, principal);
    this.#options = options;
    this.account = account;
    const sink = {
      send: (message: Message) => void this.outbox.send(message),
      drained: () => undefined, // the heartbeat closes a client that reads too slowly
    };
    const drop = (error: CloseError): void => this.close(error);
    this.memberships.attach({ codec: jsonFrames, plain: true, sink, drop }, undefined);
  }

  /** Whether nothing is sent or received any more. */
  get ended(): boolean {
    return this.#state.type === "ended";
  }

  /** The handshake is done. */
  attach(wire: Wire): void {
    this.#state = { type: this.ended ? "ended" : "open", wire };
  }

  subscribe(subscriber: (change: SessionChange) => void): () => void {
    return this.#subscribers.add(subscriber);
  }

  open(listener: LinkListener): Promise<Closed> {
    const { clock, heartbeat } = this.#options;
    const rate = new MessageRate(clock, this.#options.rate);
    const wire = this.#wire as Wire; // the handshake is done
    const send = (frame: Frame): void => wire.send(jsonFrames.write(frame));
    const leave = (error: CloseError): void => {
      this.#state = { type: "closing", wire };
      listener.closeGracefully(error);
    };
    const message = (received: Message): void => {
      if (this.#state.type !== "open") return;
      try {
        const frame = jsonFrames.read(received, fromClient);
        if (frame.s !== undefined || frame.a !== undefined)
          throw new ProtocolError("a plain client's frame has neither s nor a");
        const bytes = byteLength(received);
        rate.takeFrame(frame, bytes);
        if (frame.t === "ping") send({ t: "pong", n: frame.n });
        else if (frame.t === "bye") leave(new CloseError(CloseCode.Normal));
        else if (frame.t !== "pong") listener.receive(frame, bytes);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#invalid += 1;
        send({ t: "error", code: error.code, message: error.message });
        if (this.#invalid >= maxInvalid)
          leave(new CloseError(CloseCode.PolicyViolation, "three invalid frames"));
      }
    };
    this.outbox.attach(wire);
    const pings = new Heartbeat(wire, clock, heartbeat);
    return new Promise((resolve) => {
      const closed = (end: Closed): void => {
        pings.stop();
        resolve(end);
      };
      this.#reader = new PacedReader(wire, rate);
      this.#reader.listen({ message, closed });
    });
  }

  close(error: CloseError): void {
    const wire = this.#wire;
    if (!this.ended) {
      this.#state = { type: "ended", wire };
      this.memberships.detach();
      this.outbox.end(error);
      this.#subscribers.emit({ type: "ended", undelivered: 0 });
    }
    wire?.close(error.code, error.reason);
  }

  goAway(): boolean {
    return false;
  }

  terminate(): void {
    this.#wire?.terminate();
  }

  recordRoomMessages(): boolean {
    return false;
  }

  overflow(): void {} // a plain client gets each message at most once

  pause(paused: boolean): void {
    if (paused) this.#reader?.pause();
    else this.#reader?.resume();
  }

  get #wire(): Wire | undefined {
    return "wire" in this.#state ? this.#state.wire : undefined;
  }
}
