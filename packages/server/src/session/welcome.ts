import {
  type Credit,
  encodeWelcome,
  type Frame,
  type Session,
  type Welcome,
} from "@symbolon/protocol/internal";

/** The events of a client that may be unfinished at the server. */
export const window: Credit = { messages: 64, bytes: 2 ** 20 };

/** The `welcome` of a session: what the server has received, and what of it was lost and has to arrive again. */
export function createWelcome({ receiver }: Session, welcome: Omit<Welcome, "received" | "credit">): Frame {
  const { received, missing } = receiver;
  return encodeWelcome({ ...welcome, received: { upTo: received.upTo, pending: missing }, credit: window });
}
