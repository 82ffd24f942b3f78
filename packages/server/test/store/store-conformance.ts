/** What every store of sessions and rooms must do: whoever writes one runs this over it, unchanged. */
import { afterEach, describe, expect, test } from "vitest";
import type {
  AttachResult,
  AttachRequest,
  Claim,
  SessionCommit,
  NewSession,
  SessionState,
  Store,
} from "../../src/store/store.ts";
import { logsRooms } from "./store-rooms.ts";

/** A session that begins. */
export const beginning: NewSession = {
  sessionId: "s",
  secret: "hash of the secret",
  principal: "ada",
  service: "/chat/lobby",
  clientId: "tab",
  attempt: 1,
};

/** What a client brings that has received nothing and has lost nothing. */
export function bringing(claim: Claim, changes: Partial<AttachRequest> = {}): AttachRequest {
  const { clientId: _, ...known } = beginning;
  return {
    ...known,
    sessionId: claim.sessionId,
    epoch: claim.epoch,
    attempt: 2,
    receivedUpTo: 0,
    firstHeld: 1,
    ...changes,
  };
}

/** The claim and the state of an attempt that succeeded. */
export function resumed(attached: AttachResult): { readonly claim: Claim; readonly state: SessionState } {
  if (attached.type !== "resumed") throw new Error(`not resumed, pending ${attached.type}`);
  return attached;
}

const three = [1, 2, 3].map((sequence) => ({ sequence, data: `m${sequence}` }));
const empty = { upTo: 0, pending: [] };

/** What a store keeps of a session, found out by a client that comes back. */
async function left({ sessions }: Store, claim: Claim, receivedUpTo = 0): Promise<SessionState> {
  return resumed(await sessions.attach(bringing(claim, { attempt: 99, receivedUpTo }))).state;
}

/** A call as a promise: a store may throw or reject. */
const trying = async <Value>(call: () => Value | Promise<Value>): Promise<Value> => call();

/** Tests a store; `open` gives a new, empty one each time. */
export function keepsPromises(name: string, open: () => Store | Promise<Store>): void {
  const opened: Store[] = [];
  const opening = async (): Promise<Store> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  const begun = async (record?: SessionCommit): Promise<{ readonly store: Store; readonly claim: Claim }> => {
    const store = await opening();
    const claim = await store.sessions.create(beginning);
    if (record !== undefined) expect(await store.sessions.commit(claim, record)).toEqual([]);
    return { store, claim };
  };

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close?.();
  });

  describe(`${name}: sessions`, () => {
    test("a session begins with the first fence in the store's epoch, and is listed", async () => {
      const { store, claim } = await begun();
      expect(claim).toEqual({ sessionId: "s", epoch: store.epoch, fence: 1 });
      const { service, principal, clientId } = beginning;
      expect(await store.sessions.list()).toEqual([
        { claim, service, principal, clientId, detachedAt: undefined, bytes: 0 },
      ]);
    });

    test("two stores never have the same epoch", async () => {
      expect((await opening()).epoch).not.toBe((await opening()).epoch);
    });

    test("a session cannot begin twice", async () => {
      const { store, claim } = await begun({ outgoing: three });
      await expect(trying(() => store.sessions.create({ ...beginning, secret: "another" }))).rejects.toThrow(
        'there is a session "s"',
      );
      expect((await left(store, claim)).unacknowledged).toEqual(three);
    });

    test.each([
      ["an unknown session", { sessionId: "other" }],
      ["a wrong secret", { secret: "another" }],
      ["a secret of the same length", { secret: beginning.secret.replace("h", "H") }],
      ["another principal", { principal: "eve" }],
      ["no principal", { principal: undefined }],
      ["another service", { service: "/chat/den" }],
      [
        "a wrong secret for a session that could not go on",
        { secret: "another", receivedUpTo: 99, epoch: "another" },
      ],
      ["a wrong secret with an old attempt", { secret: "another", attempt: 1 }],
    ])("%s is refused in the same words, and nothing changes", async (_, changes) => {
      const { store, claim } = await begun({ outgoing: three });
      const before = await store.sessions.list();
      expect(await store.sessions.attach(bringing(claim, changes))).toEqual({ type: "refused" });
      expect(await store.sessions.list()).toEqual(before);
      expect(await left(store, claim)).toMatchObject({ unacknowledged: three, acknowledged: empty });
    });

    test("an anonymous session is not resumed by somebody", async () => {
      const { sessions } = await opening();
      const claim = await sessions.create({ ...beginning, principal: undefined });
      expect(await sessions.attach(bringing(claim))).toEqual({ type: "refused" });
      expect(await sessions.attach(bringing(claim, { principal: undefined }))).toMatchObject({
        type: "resumed",
      });
    });

    test.each([0, 1])(
      "the attempt %i, not above the last, is stale, and nothing changes",
      async (attempt) => {
        const { store, claim } = await begun({ outgoing: three });
        expect(await store.sessions.attach(bringing(claim, { attempt, receivedUpTo: 99 }))).toEqual({
          type: "stale",
        });
        expect(await store.sessions.commit(claim, {})).toEqual([]);
        expect((await left(store, claim)).unacknowledged).toEqual(three);
      },
    );

    test.each([
      ["another epoch", { epoch: "another" }, "another history"],
      ["more received than was sent", { receivedUpTo: 4 }, "received 4"],
      ["less received than was acknowledged", { receivedUpTo: 0 }, "acknowledged 1"],
      ["something lost that was not received", { receivedUpTo: 1, firstHeld: 7 }, "holds from 7"],
    ])("%s resets, and nothing changes", async (_, changes, cause) => {
      const record = {
        outgoing: three,
        acknowledged: { upTo: 1, pending: [] },
        received: { upTo: 5, pending: [] },
      };
      const { store, claim } = await begun(record);
      const attached = await store.sessions.attach(bringing(claim, { ...changes, attempt: 50 }));
      expect(attached).toEqual({ type: "reset", reason: "lost", cause: expect.stringContaining(cause) });
      expect(await store.sessions.commit(claim, {})).toEqual([]);
      expect(
        await store.sessions.attach(bringing(claim, { attempt: 2, receivedUpTo: 1, firstHeld: 6 })),
      ).toMatchObject({
        type: "resumed",
        claim: { fence: 2 },
      });
    });

    test("a broken session drops its messages, takes more, and never resumes", async () => {
      const { store, claim } = await begun({ outgoing: three });
      expect(await store.sessions.commit(claim, { broken: true })).toEqual([]);
      expect(await store.sessions.commit(claim, { outgoing: [{ sequence: 4, data: "more" }] })).toEqual([]);
      expect(await store.sessions.list()).toMatchObject([{ claim, bytes: 0 }]);
      expect(await store.sessions.attach(bringing(claim))).toMatchObject({
        type: "reset",
        reason: "overflow",
      });
      expect(await store.sessions.commit(claim, {})).toEqual([]);
    });

    test("who comes back gets a new fence and everything that is not acknowledged", async () => {
      const { store, claim } = await begun({
        outgoing: three,
        received: { upTo: 7, pending: [3, 5] },
        note: "n",
      });
      const { claim: next, state } = resumed(
        await store.sessions.attach(bringing(claim, { receivedUpTo: 1, firstHeld: 3 })),
      );
      expect(next).toEqual({ ...claim, fence: 2 });
      expect(state).toEqual({
        received: { upTo: 7, pending: [3, 5] },
        acknowledged: { upTo: 1, pending: [1] },
        lastSequence: 3,
        unacknowledged: three.slice(1),
        note: "n",
      });
    });

    test("an old owner changes nothing", async () => {
      const { store, claim } = await begun({ outgoing: three });
      const heard: string[] = [];
      store.rooms.subscribe("r", ({ name }) => heard.push(name));
      const { claim: next } = resumed(await store.sessions.attach(bringing(claim)));
      const said = [{ room: "r", message: { name: "n", data: "", at: 0 }, keep: { messages: 9, ms: 9_000 } }];
      for (const old of [
        claim,
        { ...next, epoch: "another" },
        { ...next, fence: 3 },
        { ...next, sessionId: "other" },
      ]) {
        expect(
          await store.sessions.commit(old, {
            outgoing: [{ sequence: 9, data: "" }],
            roomMessages: said,
            broken: true,
          }),
        ).toBe(false);
        expect(await store.sessions.detach(old, 5)).toBe(false);
        expect(await store.sessions.remove(old)).toBe(false);
      }
      expect(heard).toEqual([]);
      expect((await store.rooms.position("r")).offset).toBe(0);
      expect(await store.sessions.list()).toMatchObject([{ claim: next, detachedAt: undefined }]);
      expect((await left(store, next)).unacknowledged).toEqual(three);
    });

    test("of two that come back with one attempt, one succeeds", async () => {
      const { store, claim } = await begun({ outgoing: three });
      const attempts = [1, 2].map(() => trying(() => store.sessions.attach(bringing(claim))));
      expect((await Promise.all(attempts)).map(({ type: is }) => is).sort()).toEqual(["resumed", "stale"]);
    });

    test("what is committed just before somebody comes back is there, and what comes just after is not", async () => {
      const { store, claim } = await begun();
      const calls = [
        trying(() => store.sessions.commit(claim, { outgoing: three })),
        trying(() => store.sessions.attach(bringing(claim))),
        trying(() => store.sessions.commit(claim, { outgoing: [{ sequence: 4, data: "late" }] })),
      ] as const;
      const [first, attached, late] = await Promise.all(calls);
      expect([first, late]).toEqual([[], false]);
      expect(resumed(attached).state).toMatchObject({ lastSequence: 3, unacknowledged: three });
    });

    test("an acknowledgement drops what it covers, and says what is not finished", async () => {
      const { store, claim } = await begun({ outgoing: three });
      await store.sessions.commit(claim, { acknowledged: { upTo: 2, pending: [1] } });
      expect(await store.sessions.list()).toMatchObject([{ bytes: 2 }]);
      expect(await left(store, claim, 2)).toMatchObject({
        acknowledged: { upTo: 2, pending: [1] },
        unacknowledged: three.slice(2),
      });
    });

    test("one record says all that a tick did", async () => {
      const { store, claim } = await begun();
      const record = {
        outgoing: three,
        acknowledged: { upTo: 3, pending: [2, 3] },
        received: { upTo: 4, pending: [4] },
        note: new Uint8Array([1, 2]),
      };
      expect(await store.sessions.commit(claim, record)).toEqual([]);
      const { outgoing: _, ...rest } = record;
      expect(await left(store, claim, 3)).toEqual({ ...rest, lastSequence: 3, unacknowledged: [] });
    });

    test.each<[string, SessionCommit]>([
      ["a sequence twice", { outgoing: [{ sequence: 3, data: "" }] }],
      ["a sequence left out", { outgoing: [{ sequence: 5, data: "" }] }],
      ["an acknowledgement of what was not sent", { acknowledged: { upTo: 4, pending: [] } }],
      ["an acknowledgement that goes back", { acknowledged: { upTo: 0, pending: [] } }],
      ["a receipt that goes back", { received: { upTo: 1, pending: [] } }],
      ["exceptions above the mark", { received: { upTo: 2, pending: [3] } }],
      ["exceptions in disorder", { received: { upTo: 3, pending: [2, 1] } }],
      ["an exception that is no sequence", { received: { upTo: 3, pending: [0] } }],
      ["a mark that is no number", { received: { upTo: Number.NaN, pending: [] } }],
    ])("%s cannot follow, and nothing changes", async (_, record) => {
      const { store, claim } = await begun({
        outgoing: three,
        acknowledged: { upTo: 1, pending: [] },
        received: { upTo: 2, pending: [1] },
      });
      const said = [{ room: "r", message: { name: "n", data: "", at: 0 }, keep: { messages: 9, ms: 9_000 } }];
      const commit = trying(() =>
        store.sessions.commit(claim, { note: "no", roomMessages: said, ...record }),
      );
      await expect(commit).rejects.toThrow(RangeError);
      expect((await store.rooms.position("r")).offset).toBe(0);
      expect(await left(store, claim, 1)).toEqual({
        received: { upTo: 2, pending: [1] },
        acknowledged: { upTo: 1, pending: [] },
        lastSequence: 3,
        unacknowledged: three.slice(1),
        note: undefined,
      });
    });

    test("room messages are said with their record", async () => {
      const { store, claim } = await begun();
      const heard: unknown[] = [];
      store.rooms.subscribe("r", ({ offset, data }) => heard.push([offset, data]));
      const said = ["r", "q", "r"].map((room) => ({
        room,
        message: { name: "n", data: `to ${room}`, at: 0 },
        keep: { messages: 9, ms: 9_000 },
      }));
      const first = { offset: 1, previous: 0 };
      expect(await store.sessions.commit(claim, { roomMessages: said })).toEqual([
        first,
        first,
        { offset: 2, previous: 1 },
      ]);
      expect(heard).toEqual([1, 2].map((offset) => [offset, "to r"]));
    });

    test("texts stay texts and bytes stay bytes", async () => {
      const data = ["", "é🙂\u0000", "x".repeat(70_000), new Uint8Array(), new Uint8Array([0, 255, 13, 10])];
      const out = data.map((one, index) => ({ sequence: index + 1, data: one }));
      const { store, claim } = await begun({ outgoing: out });
      expect((await left(store, claim)).unacknowledged.map(({ data }) => data)).toEqual(data);
    });

    test("a parked session says detachedAt when, until it is attached", async () => {
      const { store, claim } = await begun();
      expect(await store.sessions.detach(claim, 1_700_000_000_000)).toBe(true);
      expect(await store.sessions.list()).toMatchObject([{ detachedAt: 1_700_000_000_000 }]);
      const { claim: next } = resumed(await store.sessions.attach(bringing(claim)));
      expect(await store.sessions.list()).toMatchObject([{ claim: next, detachedAt: undefined }]);
    });

    test("a session that was removed is as if it had never been", async () => {
      const { store, claim } = await begun({ outgoing: three });
      expect(await store.sessions.remove(claim)).toBe(true);
      expect(await store.sessions.list()).toEqual([]);
      expect(await store.sessions.attach(bringing(claim))).toEqual({ type: "refused" });
      expect(await store.sessions.commit(claim, {})).toBe(false);
      expect(await store.sessions.remove(claim)).toBe(false);
    });
  });

  logsRooms(name, opening);
}
