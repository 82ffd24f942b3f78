/** How a store begins, lists, detaches and ends sessions. */
import { describe, expect, test } from "vitest";
import type { Claim, SessionQuery } from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  attachRequest,
  attempted,
  epochOf,
  lease,
  newSession,
  openWithSession,
  readState,
  resumed,
  threeMessages,
} from "./store-fixtures.ts";

/** Tests the sessions of a store; `open` returns a new, empty one each time. */
export function testSessions(name: string, open: () => Promise<Store>): void {
  describe(`${name}: sessions`, () => {
    test("create returns the first fence, and list has the session", async () => {
      const { store, claim } = await openWithSession(open);
      expect(claim).toEqual({ sessionId: "s", epoch: expect.any(String), fence: 1 });
      const { service, principal, keyHash } = newSession;
      expect(await store.sessions.list()).toEqual([
        { claim, service, principal, keyHash, owner: lease.node, endsAt: undefined, bytes: 0 },
      ]);
    });

    test("two stores never have the same epoch", async () => {
      expect(await epochOf(await open())).not.toBe(await epochOf(await open()));
    });

    test("create throws for a session that exists, and the session stays as it is", async () => {
      const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
      await expect(
        attempted(() => store.sessions.create({ ...newSession, secretHash: "another" })),
      ).rejects.toThrow('session "s" already exists');
      expect((await readState(store, claim)).unacknowledged).toEqual(threeMessages);
    });

    test("list has the owner, and none from detach until the session is attached", async () => {
      const { store, claim } = await openWithSession(open);
      expect(await store.sessions.detach(claim, 60_000)).toBe(true);
      expect(await store.sessions.list()).toMatchObject([{ owner: undefined, endsAt: expect.any(Number) }]);
      const other = { node: "another", ms: 15_000 };
      const { claim: next } = resumed(await store.sessions.attach(attachRequest(claim, { lease: other })));
      expect(await store.sessions.list()).toMatchObject([
        { claim: next, owner: "another", endsAt: undefined },
      ]);
    });

    test("list has the sessions of a principal, in parts, in the order of their ids", async () => {
      const store = await open();
      const create = async (sessionId: string, principal: string | undefined): Promise<Claim> =>
        store.sessions.create({ ...newSession, sessionId, principal });
      for (const id of ["c", "a", "É", "b", "B"]) await create(id, "ada");
      const last = await create("d", "bob");
      await create("e", undefined);
      const ids = async (query: SessionQuery): Promise<string[]> =>
        (await store.sessions.list(query)).map(({ claim }) => claim.sessionId);
      expect(await ids({})).toEqual(["B", "a", "b", "c", "d", "e", "É"]);
      expect(await ids({ most: 2 })).toEqual(["B", "a"]);
      expect(await ids({ after: "b", most: 2 })).toEqual(["c", "d"]);
      expect(await ids({ principal: "ada" })).toEqual(["B", "a", "b", "c", "É"]);
      expect(await ids({ principal: "ada", after: "a", most: 2 })).toEqual(["b", "c"]);
      expect(await ids({ principal: "ada", after: "aa", most: 1 })).toEqual(["b"]);
      expect(await ids({ principal: "ada", after: "É" })).toEqual([]);
      expect(await ids({ principal: "eve" })).toEqual([]);
      await store.sessions.remove(last);
      expect(await ids({ principal: "bob" })).toEqual([]);
    });

    test("after remove the session does not exist", async () => {
      const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
      expect(await store.sessions.remove(claim)).toBe(true);
      expect(await store.sessions.list()).toEqual([]);
      expect(await store.sessions.attach(attachRequest(claim))).toEqual({ type: "refused", known: false });
      expect(await store.sessions.commit(claim, {})).toBe(false);
      expect(await store.sessions.remove(claim)).toBe(false);
    });
  });
}
