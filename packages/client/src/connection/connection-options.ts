import type { CloseError, Message } from "@symbolon/protocol";
import type { NetworkScope } from "./network.ts";
import type { DialOptions } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";

/** Receives what happens on a connection. Its methods must not throw. */
export interface ConnectionListener {
  /** A wire opened: begin the conversation on it, and call `established` when that is done. Both may take 15 s. */
  opened(wire: SocketWire): void;
  /** A message arrived on the wire that opened last, or on the one that it is to replace. */
  message(message: Message): void;
  /** The wire that opened last has ended, from either side. A try that never opened is not reported. */
  lost(): void;
  /** The connection has ended for good. Called once, and nothing is reported after it. */
  ended(error: CloseError): void;
  /** Sends a message that the server has to answer. Without it the connection does not detect silence. */
  readonly probe?: () => void;
  /** The client is about to close the wire for good: the last time to send something on it. */
  readonly leaving?: () => void;
}

/** Where and how to connect. */
export interface ConnectionOptions extends DialOptions {
  /**
   * Gives a number from 0 to 1, for tests.
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * Where the network's events come from, for tests.
   * @default globalThis
   */
  readonly network?: NetworkScope;
}
