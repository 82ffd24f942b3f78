import type { Connection, Target } from "./connection.ts";
import type { Tally } from "./tally.ts";

/** One client that sends messages and checks each answer. */
export interface EchoClient {
  /** Whether each answer is followed by another message at once. */
  repeat: boolean;
  /** How many messages have no answer yet. */
  readonly inFlight: number;
  /** Sends so many messages; at most as many as differ may be in flight. */
  send(count: number, now?: number): void;
  /** Ends the connection. */
  stop(): void;
}

/** How a server is reached: its path, its first frames, its messages. */
export interface Dialect {
  /** The path and the subprotocol. */
  readonly target: Omit<Target, "port">;
  /** The first frames, until messages may be sent. @default none */
  readonly open?: (connection: Connection) => Promise<void>;
  /**
   * Makes a client of an open connection. Members of a room share `sentAt`, the times when the messages of the ring were
   * sent: each receives what one of them sends.
   */
  readonly echo: (connection: Connection, tally: Tally, sentAt?: Float64Array) => EchoClient;
}
