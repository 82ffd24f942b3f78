/** What a client keeps of what its server sends. Beyond it, the client closes with 4400. */
export interface InboxOptions {
  /** Messages that wait for the application. @default 10,000 */
  readonly messages?: number;
  /** Bytes of these messages; the last one may exceed them. @default 16 MiB */
  readonly bytes?: number;
}

/** The reason of the close with 4400. */
export const inboxFull = "receive queue is full: raise the option inbox";

/**
 * Counts the messages that wait for the application. It is called with their number: when some of them are handled, and
 * for each new one, with its bytes. Returns false when a new one is too much.
 */
export function createInbox({ messages = 10_000, bytes = 2 ** 24 }: InboxOptions = {}): (
  count: number,
  size?: number,
) => boolean {
  /** The bytes of each message that waits, the oldest first. */
  const sizes: number[] = [];
  let used = 0;
  return (count, size = 0) => {
    while (sizes.length > count) used -= sizes.shift() ?? 0;
    if (sizes.length === count) return true;
    sizes.push(size);
    used += size;
    return count <= messages && used < bytes + size;
  };
}
