/** How processes have the sessions of a store: by leases, which the clock of the store ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { attachRequest, lease, newSession, openWithSession, resumed } from "./store-fixtures.ts";

const grace = 120_000;

/** Tests the owners of sessions; `open` returns a new, empty store each time, whose clock is `Date.now`. */
export function testOwners(name: string, open: () => Promise<Store>): void {
  describe(`${name}: owners`, () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 }));
    afterEach(() => void vi.useRealTimers());
    const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

    test("no sweep changes a session whose lease holds", async () => {
      const { store, claim } = await openWithSession(open);
      for (let beats = 0; beats < 60; beats += 1) {
        pass(lease.ms - 1);
        expect(await store.sessions.sweep(0)).toBe(false);
        expect(await store.sessions.renew([claim], lease)).toEqual([]);
      }
      expect(await store.sessions.list()).toMatchObject([{ claim, owner: lease.node, endsAt: undefined }]);
    });

    test("a session whose lease has run out waits for its client, from the end of the lease on", async () => {
      const { store, claim } = await openWithSession(open);
      const end = Date.now() + lease.ms;
      pass(lease.ms + 3_000);
      expect(await store.sessions.sweep(grace)).toBe(false);
      expect(await store.sessions.list()).toMatchObject([{ claim, owner: undefined, endsAt: end + grace }]);
      pass(grace - 3_001);
      await store.sessions.sweep(grace);
      expect(await store.sessions.list()).toHaveLength(1);
      pass(1);
      await store.sessions.sweep(grace);
      expect(await store.sessions.list()).toEqual([]);
      expect(await store.sessions.renew([claim], lease)).toEqual([claim]);
    });

    test("a process that was only slow leases its sessions again, and commits", async () => {
      const { store, claim } = await openWithSession(open);
      pass(lease.ms);
      await store.sessions.sweep(grace);
      expect(await store.sessions.renew([claim], lease)).toEqual([]);
      expect(await store.sessions.list()).toMatchObject([{ claim, owner: lease.node, endsAt: undefined }]);
      expect(await store.sessions.commit(claim, { note: "n" })).toEqual([]);
    });

    test("attach does not wait for the lease of another process, which learns of it by renew", async () => {
      const { store, claim } = await openWithSession(open);
      const other = { node: "another", ms: lease.ms };
      const { claim: next } = resumed(await store.sessions.attach(attachRequest(claim, { lease: other })));
      expect(await store.sessions.renew([claim], lease)).toEqual([claim]);
      expect(await store.sessions.renew([next], other)).toEqual([]);
      expect(await store.sessions.list()).toMatchObject([{ claim: next, owner: "another" }]);
    });

    test("a detached session ends when its time has passed, unless it is attached before", async () => {
      const { store, claim } = await openWithSession(open);
      const other = await store.sessions.create({ ...newSession, sessionId: "t" });
      for (const each of [claim, other]) await store.sessions.detach(each, 60_000);
      pass(59_999);
      await store.sessions.sweep(grace);
      expect(await store.sessions.list()).toHaveLength(2);
      const { claim: next } = resumed(await store.sessions.attach(attachRequest(claim)));
      pass(1);
      await store.sessions.sweep(grace);
      expect(await store.sessions.list()).toMatchObject([{ claim: next }]);
    });

    test("a sweep that has much to do returns whether there is more", async () => {
      const store = await open();
      const ids = Array.from({ length: 1_200 }, (_, n) => `s${n}`);
      await Promise.all(ids.map(async (sessionId) => store.sessions.create({ ...newSession, sessionId })));
      pass(lease.ms);
      let calls = 1;
      while (await store.sessions.sweep(grace)) calls += 1;
      expect(calls).toBeLessThanOrEqual(ids.length);
      const listed = await store.sessions.list();
      expect(listed).toHaveLength(ids.length);
      expect(listed.every(({ endsAt }) => endsAt !== undefined)).toBe(true);
    });
  });
}
