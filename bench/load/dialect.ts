import type { Connection, Target } from "./connection.ts";
import type { Tally } from "./tally.ts";

/** One client that sends messages and checks each answer. */
export interface EchoClient {
  /** Whether each answer is followed by another message at once. */
  repeat: boolean;
  /** Sends so many messages. */
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
  /** Makes a client of an open connection. */
  readonly echo: (connection: Connection, tally: Tally) => EchoClient;
}
