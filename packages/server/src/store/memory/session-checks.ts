import { timingSafeEqual } from "node:crypto";
import type { AttachRequest, Progress, StoredMessage } from "../session-store.ts";
import { findInvalidProgress } from "../session-record.ts";
import type { SessionIdentity, SessionProgress } from "./store-update.ts";

/** A session as of its newest decision. */
export interface DecidedSession {
  readonly identity: SessionIdentity;
  readonly progress: SessionProgress;
}

/** Compares in a time that depends on `given` alone. */
function equalInConstantTime(stored: string, given: string): boolean {
  const [storedBytes, givenBytes] = [Buffer.from(stored), Buffer.from(given)];
  const sameLength = storedBytes.length === givenBytes.length;
  return timingSafeEqual(sameLength ? storedBytes : givenBytes, givenBytes) && sameLength;
}

/** Whether the client sent the secrets of the session: its resume token and its key. */
export function matchesSecrets(
  identity: SessionIdentity | undefined,
  { secretHash, keyHash }: AttachRequest,
): boolean {
  return equalInConstantTime(`${identity?.secretHash} ${identity?.keyHash}`, `${secretHash} ${keyHash}`);
}

/** Whether the client has the principal, the codec and the path of the session. */
export function matchesIdentity(identity: SessionIdentity, { principal, service }: AttachRequest): boolean {
  return identity.principal === principal && identity.service === service;
}

/** Why the session cannot continue with what the client has; undefined when it can. */
export function findMismatch(
  session: DecidedSession,
  request: AttachRequest,
  epoch: string,
): string | undefined {
  const { identity, progress } = session;
  const { receivedUpTo, firstHeld } = request;
  const { lastSequence, acknowledged, received } = progress;
  if (identity.epoch !== epoch) return "the store lost part of the history of this session";
  if (request.epoch !== identity.epoch) return "the client has another epoch than the session";
  if (receivedUpTo > lastSequence)
    return `the client received up to ${receivedUpTo}, but the server sent up to ${lastSequence}`;
  if (receivedUpTo < acknowledged.upTo)
    return `the client received up to ${receivedUpTo}, but acknowledged up to ${acknowledged.upTo} before`;
  if (firstHeld > received.upTo + 1)
    return `the client holds messages from ${firstHeld} on, but the server received up to ${received.upTo}`;
  return undefined;
}

/**
 * The sequence of the last message.
 * @throws RangeError when the messages do not continue from `last`.
 */
export function lastOf(last: number, messages: readonly StoredMessage[]): number {
  for (const [index, { sequence }] of messages.entries())
    if (sequence !== last + index + 1)
      throw new RangeError(`outgoing: sequence ${sequence} must be ${last + index + 1}`);
  return last + messages.length;
}

/**
 * The progress after a commit.
 * @throws RangeError when `next` cannot follow `before`, or exceeds `max`.
 */
export function advance(
  field: string,
  before: Progress,
  next: Progress = before,
  max: number = Infinity,
): Progress {
  const { upTo, pending } = next;
  const invalid = findInvalidProgress(field, next);
  if (invalid !== undefined) throw new RangeError(invalid);
  if (upTo < before.upTo || upTo > max)
    throw new RangeError(`${field}: upTo ${upTo} must be from ${before.upTo} to ${max}`);
  return { upTo, pending: [...pending] };
}

/** The progress of a client that received everything up to `upTo`; whether it finished the new ones is unknown. */
export function receivedByClient(acknowledged: Progress, upTo: number): Progress {
  const pending = [...acknowledged.pending];
  for (let sequence = acknowledged.upTo + 1; sequence <= upTo; sequence += 1) pending.push(sequence);
  return { upTo, pending };
}
