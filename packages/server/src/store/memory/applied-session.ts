import type { Claim, StoredMessage, StoredSession } from "../session-store.ts";
import type { DecidedSession } from "./session-checks.ts";

/** A session as of its newest applied update. */
export interface AppliedSession extends DecidedSession {
  readonly unacknowledged: StoredMessage[];
  /** The size of the data in `unacknowledged`, in bytes. */
  readonly messageBytes: number;
}

/** The size of a session without its messages and its note, in bytes, estimated. */
const bytesPerSession = 1_024;
/** The size of a message without its data, in bytes, estimated. */
const bytesPerMessage = 32;

/** The newest claim of a session. */
export function claimOf(sessionId: string, { identity, progress }: DecidedSession): Claim {
  return { sessionId, epoch: identity.epoch, fence: progress.fence };
}

/** A session as `SessionStore.list` returns it; `node` is the process that has it, or has detached it. */
export function describe(
  sessionId: string,
  session: AppliedSession,
  node: string | undefined,
): StoredSession {
  const { service, principal, keyHash } = session.identity;
  const { endsAt } = session.progress;
  const owner = endsAt === undefined ? node : undefined;
  const claim = claimOf(sessionId, session);
  return { claim, service, principal, keyHash, owner, endsAt, bytes: session.messageBytes };
}

/** The size of the data of messages, in bytes: a text counts one byte for each UTF-16 code unit. */
export function dataBytes(messages: readonly StoredMessage[]): number {
  return messages.reduce((bytes, { data }) => bytes + data.length, 0);
}

/** The size of a session in bytes, estimated. */
export function sizeOf({ progress, unacknowledged, messageBytes }: AppliedSession): number {
  const noteBytes = progress.note?.length ?? 0;
  return bytesPerSession + noteBytes + bytesPerMessage * unacknowledged.length + messageBytes;
}
