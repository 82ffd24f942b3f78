/** How a store gives a session to a new owner: what it refuses, when it resets, and what an old claim can still do. */
import { describe, expect, test } from "vitest";
import type { Store } from "../../src/store/store.ts";
import {
  attachRequest,
  attempted,
  lease,
  newSession,
  openWithSession,
  readState,
  resumed,
  retain,
  roomMessage,
  threeMessages,
  watcher,
} from "./store-fixtures.ts";

/** Tests `attach` of a store; `open` returns a new, empty one each time. */
export function testAttach(name: string, open: () => Promise<Store>): void {
  describe(`${name}: attach`, () => {
    test.each([
      ["an unknown session", { sessionId: "other" }],
      ["a wrong secret", { secretHash: "another" }],
      ["a secret of the same length", { secretHash: newSession.secretHash.replace("h", "H") }],
      ["another client instance", { keyHash: "another" }],
      ["another principal", { principal: "eve" }],
      ["no principal", { principal: undefined }],
      ["another service", { service: "/chat/den" }],
      [
        "a wrong secret for a session that could not continue",
        { secretHash: "another", receivedUpTo: 99, epoch: "another" },
      ],
      ["a wrong secret with an old attempt", { secretHash: "another", attempt: 1 }],
    ])("%s is refused with the same result, and nothing changes", async (_, changes) => {
      const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
      const before = await store.sessions.list();
      const known = !("sessionId" in changes);
      expect(await store.sessions.attach(attachRequest(claim, changes))).toEqual({ type: "refused", known });
      expect(await store.sessions.list()).toEqual(before);
      expect(await readState(store, claim)).toMatchObject({
        unacknowledged: threeMessages,
        acknowledged: { upTo: 0, pending: [] },
      });
    });

    test("an anonymous session is refused to a principal", async () => {
      const { sessions } = await open();
      const claim = await sessions.create({ ...newSession, principal: undefined });
      expect(await sessions.attach(attachRequest(claim))).toEqual({ type: "refused", known: true });
      expect(await sessions.attach(attachRequest(claim, { principal: undefined }))).toMatchObject({
        type: "resumed",
      });
    });

    test.each([0, 1])(
      "attempt %i is not above the last one: it is stale, and nothing changes",
      async (attempt) => {
        const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
        expect(await store.sessions.attach(attachRequest(claim, { attempt, receivedUpTo: 99 }))).toEqual({
          type: "stale",
        });
        expect(await store.sessions.commit(claim, {})).toBe(true);
        expect((await readState(store, claim)).unacknowledged).toEqual(threeMessages);
      },
    );

    test.each([
      ["another epoch", { epoch: "another" }, "another epoch"],
      ["more received than the server sent", { receivedUpTo: 4 }, "received up to 4"],
      ["less received than the client acknowledged", { receivedUpTo: 0 }, "acknowledged up to 1"],
      ["lost messages that the server did not receive", { receivedUpTo: 1, firstHeld: 7 }, "from 7"],
    ])("%s resets, and nothing changes", async (_, changes, cause) => {
      const { store, claim } = await openWithSession(open, {
        outgoing: threeMessages,
        acknowledged: { upTo: 1, pending: [] },
        received: { upTo: 5, pending: [] },
      });
      const result = await store.sessions.attach(attachRequest(claim, { ...changes, attempt: 50 }));
      expect(result).toEqual({ type: "reset", reason: "lost", cause: expect.stringContaining(cause) });
      expect(await store.sessions.commit(claim, {})).toBe(true);
      expect(
        await store.sessions.attach(attachRequest(claim, { attempt: 2, receivedUpTo: 1, firstHeld: 6 })),
      ).toMatchObject({ type: "resumed", claim: { fence: 2 } });
    });

    test("a resumed session has a new fence and every message above the last received", async () => {
      const { store, claim } = await openWithSession(open, {
        outgoing: threeMessages,
        received: { upTo: 7, pending: [3, 5] },
        note: "n",
      });
      const { claim: next, state } = resumed(
        await store.sessions.attach(attachRequest(claim, { receivedUpTo: 1, firstHeld: 3 })),
      );
      expect(next).toEqual({ ...claim, fence: 2 });
      expect(state).toEqual({
        received: { upTo: 7, pending: [3, 5] },
        acknowledged: { upTo: 1, pending: [1] },
        lastSequence: 3,
        unacknowledged: threeMessages.slice(1),
        note: "n",
      });
    });

    test("a claim that is not the newest changes nothing", async () => {
      const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
      const received: string[] = [];
      const watch = store.rooms.watch(
        "r",
        watcher((entry) => received.push(entry.name)),
      );
      await watch.ready;
      const { claim: next } = resumed(await store.sessions.attach(attachRequest(claim)));
      const roomMessages = [{ room: "r", message: roomMessage(""), keep: retain(9) }];
      for (const other of [
        claim,
        { ...next, epoch: "another" },
        { ...next, fence: 3 },
        { ...next, sessionId: "other" },
      ]) {
        const record = { outgoing: [{ sequence: 9, data: "" }], roomMessages };
        expect(await store.sessions.commit(other, record)).toBe(false);
        expect(await store.sessions.detach(other, 5)).toBe(false);
        expect(await store.sessions.remove(other)).toBe(false);
      }
      expect(received).toEqual([]);
      expect((await store.rooms.position("r")).offset).toBe(0);
      expect(await store.sessions.list()).toMatchObject([
        { claim: next, owner: lease.node, endsAt: undefined },
      ]);
      expect((await readState(store, next)).unacknowledged).toEqual(threeMessages);
    });

    test("of two concurrent calls with the same attempt, one resumes", async () => {
      const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
      const calls = [1, 2].map(() => attempted(() => store.sessions.attach(attachRequest(claim))));
      expect((await Promise.all(calls)).map(({ type }) => type).sort()).toEqual(["resumed", "stale"]);
    });

    test("a commit just before attach is in the state, and a commit just after is refused", async () => {
      const { store, claim } = await openWithSession(open, {});
      const calls = [
        attempted(() => store.sessions.commit(claim, { outgoing: threeMessages })),
        attempted(() => store.sessions.attach(attachRequest(claim))),
        attempted(() => store.sessions.commit(claim, { outgoing: [{ sequence: 4, data: "late" }] })),
      ] as const;
      const [first, attached, late] = await Promise.all(calls);
      expect([first, late]).toEqual([true, false]);
      expect(resumed(attached).state).toMatchObject({ lastSequence: 3, unacknowledged: threeMessages });
    });
  });
}
