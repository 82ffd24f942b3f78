import { CloseCode, CloseError, type Closed, type Message, ProtocolError } from "@symbolon/protocol";
import {
  byteLength,
  callFrames,
  decodeAck,
  type Frame,
  type FrameTable,
  fromClient,
  jsonFrames,
  receiverOf,
  type Session,
  type Wire,
  type WireListener,
} from "@symbolon/protocol/internal";
import { startHeartbeat } from "../timing/heartbeat.ts";
import type { CredentialRenewal } from "./credential-renewal.ts";
import type { LinkListener, LinkOptions } from "./link.ts";
import type { Recorder } from "./recorder.ts";

/** What a wire needs of its session's link. */
export interface SessionWireOptions {
  readonly session: Session;
  readonly conversation: LinkListener;
  readonly renewal: CredentialRenewal;
  /** Records acknowledgements. @default nothing is recorded */
  readonly recorder: Recorder | undefined;
  /** A frame arrived. */
  readonly onFrame: () => void;
  /** The client sent a frame that is not allowed, or one whose predecessor is missing. */
  readonly onFault: (error: ProtocolError) => void;
  /** The wire ended. */
  readonly onClosed: (closed: Closed) => void;
}

/** One wire of a session: receives its frames until the session detaches it. */
export class SessionWire implements WireListener {
  readonly #wire: Wire;
  readonly #options: SessionWireOptions;
  readonly #frames: FrameTable;
  #stopped = false;
  #stopHeartbeat = (): void => {};

  constructor(wire: Wire, options: SessionWireOptions) {
    const { session, conversation, renewal } = options;
    this.#wire = wire;
    this.#options = options;
    this.#frames = {
      ...conversation.frames,
      ack: () => {}, // acknowledges like every frame
      ping: ({ n }) => {
        this.send({ t: "pong", n });
        session.receiver.flush();
      },
      pong: () => {},
      bye: () => conversation.closeGracefully(new CloseError(CloseCode.Normal)),
      auth: ({ token }) => void renewal.verify(token),
    };
  }

  /** Receives frames from now on, and pings a silent client. */
  listen({ clock, heartbeat }: LinkOptions): void {
    const ping = (): void => {
      this.send({ t: "ping", n: 1 });
      this.#options.session.receiver.flush();
    };
    this.#stopHeartbeat = startHeartbeat(this.#wire, clock, heartbeat, ping);
    this.#wire.listen(this);
  }

  message(message: Message): void {
    if (this.#stopped) return;
    const { session, recorder, onFrame, onFault } = this.#options;
    onFrame();
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
      else if (!receiver.accept(frame.s, bytes)) return;
      receiverOf(this.#frames, frame)(frame, bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      onFault(error);
    }
  }

  closed(closed: Closed): void {
    this.#stopHeartbeat();
    this.#options.onClosed(closed);
  }

  /** Sends a frame of the connection. */
  send(frame: Frame): void {
    this.#wire.send(jsonFrames.write(frame));
  }

  /** Ignores the frames that arrive from now on. */
  stop(): void {
    this.#stopped = true;
  }

  /** Starts the closing handshake. */
  close({ code, reason }: CloseError): void {
    this.#wire.close(code, reason);
  }

  /** Ends the wire at once. */
  terminate(): void {
    this.#wire.terminate();
  }
}

/**
 * Checks a frame without a sequence: of a conversation, only an event may have none, which makes it volatile.
 * @throws ProtocolError for a frame of a call, or an error: neither peer would notice its loss.
 */
function checkUnsequenced({ t }: Frame): void {
  if (callFrames.has(t) || t === "error") throw new ProtocolError(`"${t}" needs a sequence in a session`);
}
