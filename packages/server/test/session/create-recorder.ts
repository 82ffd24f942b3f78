/** A recorder for tests, with its store. */
import type { Message } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { Recorder } from "../../src/session/recorder.ts";
import { StoredSessions } from "../../src/session/stored-sessions.ts";
import type { SessionCommit, SessionStore } from "../../src/store/session-store.ts";
import { Clock } from "../../src/timing/clock.ts";

/** How long a session waits for its client, in ms. */
const grace = 120_000;

/** A message to a room. */
export const roomMessage = (n: number) => ({
  room: "lobby",
  message: { name: "added", data: `{"n":${n}}`, at: 0 },
  keep: { messages: 10, ms: 60_000 },
});

/** A recorder whose store may have other methods, and what it commits, sends and reports. */
export async function createRecorder(change: (sessions: SessionStore) => Partial<SessionStore> = () => ({})) {
  const store = memoryStore();
  const commits: SessionCommit[] = [];
  const own = change(store.sessions);
  const sessions: SessionStore = {
    ...store.sessions,
    ...own,
    commit(claim, record) {
      commits.push(record);
      return { ...store.sessions, ...own }.commit(claim, record);
    },
  };
  const received = { upTo: 0, pending: [] as number[] };
  const note = { outgoing: [] as number[], streams: [], hasUnsent: false };
  const events: string[] = [];
  const lost: unknown[] = [];
  const clock = new Clock();
  const failures: unknown[] = [];
  const stored = new StoredSessions(sessions, clock, grace, (error) => failures.push(error));
  const claim = await stored.create({
    sessionId: "sessionId",
    secretHash: "hash",
    principal: undefined,
    service: "/",
    keyHash: "keyHash",
    attempt: 1,
  });
  const recorder = new Recorder(stored, claim, {
    received: () => received,
    note: () => note,
    isIdle: () => received.pending.length === 0,
    onLeaving: () => events.push("leaving"),
    onReleasable: () => events.push("releasable"),
    onLost: (loss) => lost.push(loss),
  });
  const sent: Message[] = [];
  recorder.wire = { send: (message: Message) => sent.push(message) } as unknown as Wire;
  const { epoch } = claim;
  return { store, epoch, recorder, clock, failures, received, note, events, commits, sent, lost };
}

/** Two turns of the event loop: a commit is made in the first. */
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** The request of a client that resumes the session in that epoch. */
export function attachRequest(epoch: string) {
  return {
    sessionId: "sessionId",
    secretHash: "hash",
    principal: undefined,
    service: "/",
    keyHash: "keyHash",
    attempt: 2,
    epoch,
    receivedUpTo: 0,
    firstHeld: 1,
  };
}
