import type { CloseError, Message } from "@symbolon/protocol";
import type { ReconnectOptions } from "./backoff.ts";
import type { NetworkScope } from "./network.ts";
import type { DialOptions } from "./redialer.ts";
import type { SocketWire } from "./socket-wire.ts";
import type { ConnectionStatus, Subscribable } from "./status.ts";

/** Receives what happens on a connection. Its methods must not throw. */
export interface ConnectionListener {
  /** A wire opened: begin the conversation on it, and call `established` when that is done. The connection drops a wire that takes longer than 15 s for both, or than `established` has set. */
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
export interface ConnectionOptions extends Omit<DialOptions, "url" | "timeout"> {
  /** As in `DialOptions`. `refused`: the server has closed with 4401 since the conversation was last established. */
  readonly url: (refused: boolean) => ReturnType<DialOptions["url"]>;
  /** When to dial again. */
  readonly reconnect?: ReconnectOptions | undefined;
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

/** A connection that makes a new wire whenever one is lost, until it is closed for good. */
export interface ReconnectingConnection {
  /** The status; `connecting` also before `dial`. */
  readonly status: Subscribable<ConnectionStatus>;
  /** The wire that opened last, while it is open. */
  readonly wire: SocketWire | undefined;
  /** Starts to connect, in the next macrotask. A second call does nothing. */
  readonly dial: () => void;
  /**
   * The conversation on the wire that opened last is established; `resumed` if it continues the one before. After
   * `silenceLimit` ms without a message the connection drops the wire; shortly before, it calls `probe`. The server waits
   * `grace` ms for a client that it has lost: each later try may take a third of that, at least 3 s and at most 15 s.
   * @default silenceLimit Infinity, grace Infinity
   */
  readonly established: (silenceLimit?: number, resumed?: boolean, grace?: number) => void;
  /** Terminates the wire, without waiting for its end, and connects again. */
  readonly drop: (reason: string) => void;
  /**
   * Replaces the wire, in `within` ms; later, if wires before have died young. The conversation stays on the old wire until
   * it is established on the new one, so `lost` is not called; and as long as no new wire is accepted, it stays there.
   */
  readonly move: (within: number) => void;
  /** Ends a wait, but not before the time that the server asked for. An open connection moves to another wire. */
  readonly reconnect: () => void;
  /**
   * Ends the connection for good, after what was sent. The status is `closed`, and `ended` was called, when this
   * returns. The reason is cut to 123 UTF-8 bytes. A page can send only 1000 and 3000 to 4999: there 1001 goes without
   * a code, 1011 to 1014 go as 4500, and other codes as 4400.
   * @throws RangeError for a code that may not be sent.
   */
  readonly close: (code?: number, reason?: string) => void;
}
