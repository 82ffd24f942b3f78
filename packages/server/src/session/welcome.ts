import {
  type Credit,
  encodeWelcome,
  type Frame,
  type Session,
  type Welcome,
} from "@symbolon/protocol/internal";

/** The events of a client that may be unfinished at the server. */
export const window: Credit = { messages: 64, bytes: 2 ** 20 };

/** The `welcome` of a session; messages of `missing` were lost with another process, and have to arrive again. */
export function createWelcome(
  { receiver }: Session,
  {
    missing,
    ...welcome
  }: Omit<Welcome, "upTo" | "pending" | "credit"> & { readonly missing: Iterable<number> },
): Frame {
  const { upTo } = receiver.received;
  return encodeWelcome({ ...welcome, upTo, pending: [...missing], credit: window });
}
