/** A call whose answer has not been given to its caller, or that is on its way. */
export interface PendingCall {
  /** The operation and its arguments, as JSON. */
  readonly text: string;
  readonly bytes: number;
  readonly isNumbered: boolean;
  /** The sessions and the rooms that the call changes. */
  readonly sessions: readonly string[];
  readonly rooms: readonly string[];
  readonly deadline: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Whether its caller has an answer. */
  isSettled: boolean;
}

/** Calls that run in one transaction. */
export interface Batch {
  /** Grows with every batch of numbered calls; undefined for a call that may run twice. */
  readonly number: number | undefined;
  readonly calls: readonly PendingCall[];
}

/** The answer to a batch. */
export interface BatchReply {
  /** The answer to each call. */
  readonly replies: readonly unknown[];
  /** Whether the batch has written notices for processes. */
  readonly isNotified: boolean;
}

/** How many calls a batch has at most, and their size, in bytes: other processes wait for what it locks. */
const [batchSize, batchBytes] = [50, 1_000_000];

/** The first of the calls that can run in one transaction: numbered ones, or one that is not. */
export function nextBatch(calls: readonly PendingCall[], most: number): readonly PendingCall[] {
  let bytes = 0;
  const end = calls.findIndex((call, index) => {
    bytes += call.bytes;
    return index > 0 && (!call.isNumbered || !calls[0]?.isNumbered || bytes > batchBytes);
  });
  return calls.slice(0, Math.min(batchSize, most, end === -1 ? calls.length : end));
}
