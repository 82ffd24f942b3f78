import { timingSafeEqual } from "node:crypto";
import type { AttachRequest } from "./session-store.ts";
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
