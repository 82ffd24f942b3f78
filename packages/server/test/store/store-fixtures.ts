/** Values and helpers for the tests of stores. */
import { afterEach, expect } from "vitest";
import type { Awaitable } from "../../src/store/awaitable.ts";
import type { Retention, RoomMessage, RoomWatcher } from "../../src/store/room-log.ts";
import type {
  AttachRequest,
  AttachResult,
  Claim,
  Lease,
  NewSession,
  SessionCommit,
  SessionState,
} from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";

/** The lease of a process. */
export const lease: Lease = { node: "node", ms: 15_000 };

/** A session that begins. */
export const newSession: NewSession = {
  sessionId: "s",
  secretHash: "hash of the secret",
  principal: "ada",
  service: "/chat/lobby",
  keyHash: "tab",
  attempt: 1,
  lease,
};

/** Opens a store, begins `newSession` in it, and commits a record without room messages. */
export async function openWithSession(
  open: () => Promise<Store>,
  record?: SessionCommit,
): Promise<{ readonly store: Store; readonly claim: Claim }> {
  const store = await open();
  const claim = await store.sessions.create(newSession);
  if (record !== undefined) expect(await store.sessions.commit(claim, record)).toBe(true);
  return { store, claim };
}

/** The request of a client that has received nothing and can send everything again. */
export function attachRequest(claim: Claim, changes: Partial<AttachRequest> = {}): AttachRequest {
  return {
    ...newSession,
    sessionId: claim.sessionId,
    epoch: claim.epoch,
    attempt: 2,
    receivedUpTo: 0,
    firstHeld: 1,
    ...changes,
  };
}

/** The claim and the state of a session that resumed. */
export function resumed(result: AttachResult): { readonly claim: Claim; readonly state: SessionState } {
  if (result.type !== "resumed") throw new Error(`the session did not resume: ${result.type}`);
  return result;
}

/** The state that a store has of a session. Reading it attaches the session. */
export async function readState({ sessions }: Store, claim: Claim, receivedUpTo = 0): Promise<SessionState> {
  return resumed(await sessions.attach(attachRequest(claim, { attempt: 99, receivedUpTo }))).state;
}

/** The epoch in which the sessions of a store begin. */
export async function epochOf({ sessions }: Store): Promise<string> {
  const claim = await sessions.create({ ...newSession, sessionId: crypto.randomUUID() });
  await sessions.remove(claim);
  return claim.epoch;
}

/** Three messages to the client. */
export const threeMessages = [1, 2, 3].map((sequence) => ({ sequence, data: `m${sequence}` }));

/** A message to a room. */
export function roomMessage(data: RoomMessage["data"], at = 0): RoomMessage {
  return { name: "line", data, at };
}

/** Watches a room of a store that never loses its connection. */
export function watcher(receive: RoomWatcher["receive"]): RoomWatcher {
  return { receive, missed: () => expect.unreachable("the store lost its connection") };
}

/** How much history a room retains; `ms` is the greatest age of a message. */
export function retain(messages: number, ms: number = 100_000): Retention {
  return { messages, ms };
}

/** Makes a call that may throw or reject; its promise rejects in both cases. */
export async function attempted<Value>(call: () => Awaitable<Value>): Promise<Value> {
  return call();
}

/** Returns a function that opens stores and closes them after the test. */
export function storeOpener(): (opening: Awaitable<Store>) => Promise<Store> {
  const opened = new Set<Store>();
  afterEach(async () => {
    for (const store of opened) await store.close?.();
    opened.clear();
  });
  return async (opening) => {
    const store = await opening;
    opened.add(store);
    return store;
  };
}
