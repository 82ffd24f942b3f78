import { CloseCode, CloseError, type Closed, type Message, ProtocolError } from "@symbolon/protocol";
import {
  byteLength,
  callFrames,
  decodeAck,
  type Frame,
  fromClient,
  jsonFrames,
  type MessageSink,
  type Session,
  type Stamp,
  type Wire,
} from "@symbolon/protocol/internal";
import type { RoomMemberships } from "../rooms/memberships.ts";
import { Heartbeat } from "../timing/heartbeat.ts";
import type { MessageRate } from "../timing/message-rate.ts";
import type { PacedListener } from "../timing/paced-reader.ts";
import type { CredentialRenewal } from "./credential-renewal.ts";
import type { LinkListener, LinkOptions } from "./link.ts";
import type { Recorder } from "./recorder.ts";

/** What a wire needs of its session's link. */
export interface SessionWireOptions {
  readonly session: Session;
  readonly conversation: LinkListener;
  readonly renewal: CredentialRenewal;
  /** How fast the client may send. Beyond that its handlers start later. */
  readonly rate: MessageRate;
  /** Records acknowledgements. @default nothing is recorded */
  readonly recorder: Recorder | undefined;
  readonly link: SessionWireListener;
}

/** The link of a session, as its wires inform it. */
interface SessionWireListener {
  /** The rooms of the client. */
  readonly memberships: RoomMemberships;
  /** A frame arrived. */
  onFrame(): void;
  /** The client sent a frame that is not allowed, or one whose predecessor is missing. */
  onFault(error: ProtocolError, wire: SessionWire): void;
  /** The wire ended. */
  onClosed(closed: Closed, wire: SessionWire): void;
}

/** The next microtask: a handler that is done at once has finished its message by then. */
const endOfTick = Promise.resolve();

/** One wire of a session: receives its frames until the session detaches it, and sends in the order in which it was asked. */
export class SessionWire implements PacedListener, MessageSink {
  readonly #wire: Wire;
  readonly #options: SessionWireOptions;
  #stopped = false;
  /** Writes the message that is sent before the next one. */
  #held: (() => Message) | undefined;
  /** Whether it is sent in the next microtask. */
  #releasing = false;
  /** The newest ping that is not answered yet, since the client sends too fast. */
  #unanswered: number | undefined;
  #heartbeat: Heartbeat | undefined;

  constructor(wire: Wire, options: SessionWireOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  /** Receives frames from now on, and pings a silent client. */
  listen({ clock, heartbeat }: LinkOptions): void {
    this.#heartbeat = new Heartbeat(this.#wire, clock, heartbeat, this);
    this.#wire.listen(this);
  }

  /** Pings the client by a frame: a page cannot see the pings of a WebSocket. */
  ping(): void {
    this.sendFrame({ t: "ping", n: 1 });
    this.#options.session.receiver.flush();
  }

  message(message: Message): void {
    if (this.#stopped) return;
    const { session, conversation, renewal, recorder, link } = this.#options;
    link.onFrame();
    try {
      const { sender, receiver } = session;
      const frame = sender.codec.read(message, fromClient);
      const acknowledged = decodeAck(frame);
      if (acknowledged !== undefined) {
        sender.acknowledge(acknowledged);
        recorder?.acknowledged(acknowledged.upTo, acknowledged.pending);
      }
      const bytes = byteLength(message);
      if (frame.s === undefined) checkUnsequenced(frame);
      if (!this.#admit(frame, bytes)) return;
      if (frame.s !== undefined && !receiver.accept(frame.s, bytes)) return;
      if (frame.t === "ping") this.#answer(frame.n);
      else if (frame.t === "bye") conversation.closeGracefully(new CloseError(CloseCode.Normal));
      else if (frame.t === "presence") link.memberships.receivePresence(frame, bytes);
      else if (frame.t === "auth") void renewal.verify(frame.token);
      else if (frame.t !== "ack" && frame.t !== "pong") conversation.receive(frame, bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      link.onFault(error, this);
    }
  }

  pinged(): void {
    if (this.#options.rate.allows) this.#options.rate.take(0);
  }

  closed(closed: Closed): void {
    this.#heartbeat?.stop();
    this.#options.link.onClosed(closed, this);
  }

  /** Sends a frame of the connection. */
  sendFrame(frame: Frame): void {
    this.send(jsonFrames.write(frame));
  }

  send(message: Message): void {
    this.#released().send(message);
  }

  hold(write: () => Message): void {
    this.#released();
    this.#held = write;
    if (this.#releasing) return;
    this.#releasing = true;
    void endOfTick.then(() => {
      this.#releasing = false;
      this.#released();
    });
  }

  drained(): Promise<void> | undefined {
    return this.#wire.drained();
  }

  /** Ignores the frames that arrive from now on. */
  stop(): void {
    this.#stopped = true;
  }

  /** Starts the closing handshake. */
  close({ code, reason }: CloseError): void {
    this.#released().close(code, reason);
  }

  /** Ends the wire at once. */
  terminate(): void {
    this.#wire.terminate();
  }

  /** The wire, once the message that is held is on it. */
  #released(): Wire {
    const write = this.#held;
    this.#held = undefined;
    if (write !== undefined) this.#wire.send(write());
    return this.#wire;
  }

  /**
   * Counts a frame. One without a sequence waits for no handler: it is not counted while the client sends too fast, so that
   * it holds no handler back for ever. A volatile event is dropped then, and a ping is answered later.
   * @returns whether the frame is received now.
   */
  #admit(frame: Frame & Stamp, bytes: number): boolean {
    const { rate } = this.#options;
    if (frame.s !== undefined || rate.allows) {
      rate.takeFrame(frame, bytes);
      return true;
    }
    if (frame.t === "ping") this.#answerLater(frame.n);
    return frame.t !== "event" && frame.t !== "ping";
  }

  #answer(n: number): void {
    this.sendFrame({ t: "pong", n });
    this.#options.session.receiver.flush();
  }

  /** Answers the newest ping alone, once the client may send again. */
  #answerLater(n: number): void {
    const isWaiting = this.#unanswered !== undefined;
    this.#unanswered = n;
    if (isWaiting) return;
    void this.#options.rate.whenAllowed().then(() => {
      const newest = this.#unanswered ?? n;
      this.#unanswered = undefined;
      this.#options.rate.take(0);
      if (!this.#stopped) this.#answer(newest);
    });
  }
}

/**
 * Checks a frame without a sequence: of a conversation, only an event may have none, which makes it volatile.
 * @throws ProtocolError for a frame of a call, or an error: neither peer would notice its loss.
 */
function checkUnsequenced({ t }: Frame): void {
  if (callFrames.has(t) || t === "error") throw new ProtocolError(`"${t}" needs a sequence in a session`);
}
