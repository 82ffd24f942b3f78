import { ProtocolError } from "@symbolon/protocol";

/** What a client keeps of what its server sends. Beyond it, the client closes with 4400. */
export interface InboxOptions {
  /** Messages that wait for the application. @default 10,000 */
  readonly messages?: number;
  /** Bytes of these messages; the last one may exceed them. @default 16 MiB */
  readonly bytes?: number;
}

/** The server has sent more than the client keeps, as this member of the option allows. */
export function inboxFull(member: "messages" | "bytes" | "rooms"): ProtocolError {
  return new ProtocolError(`server sent more than inbox.${member} allows`);
}

/**
 * Counts the messages that wait for the application. It is called for each new one, with their number and its bytes.
 * @throws ProtocolError when the new one is too much.
 */
export function createInbox({ messages = 10_000, bytes = 2 ** 24 }: InboxOptions = {}): (
  waiting: number,
  size: number,
) => void {
  /** The bytes of each message that waits, the oldest first. */
  const sizes: number[] = [];
  let used = 0;
  return (waiting, size) => {
    while (sizes.length >= waiting) used -= Number(sizes.shift());
    if (waiting > messages) throw inboxFull("messages");
    if (used >= bytes) throw inboxFull("bytes");
    sizes.push(size);
    used += size;
  };
}
