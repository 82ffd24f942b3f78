/** How processes have the sessions of a store: by leases, which the clock of the store ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Claim, Lease, SessionNotice } from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { attachRequest, lease, newSession, openWithSession, resumed } from "./store-fixtures.ts";

const grace = 120_000;
/** The lease of another process. */
const other: Lease = { node: "another", ms: lease.ms };

/** What the process of `lease` learns from now on, and the process of `other`. */
function watchNotices({ sessions }: Store): Record<"notices" | "others", SessionNotice[]> {
  const [notices, others]: [SessionNotice[], SessionNotice[]] = [[], []];
  sessions.watch(lease.node, (notice) => notices.push(notice));
  sessions.watch(other.node, (notice) => others.push(notice));
  return { notices, others };
}

/** Tests the owners of sessions; `open` returns a new, empty store each time, whose clock is that of the process. */
export function testOwners(name: string, open: () => Promise<Store>): void {
  describe(`${name}: owners`, () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance"], now: 1_700_000_000_000 }));
    afterEach(() => void vi.useRealTimers());
    const pass = (ms: number): void => void vi.advanceTimersByTime(ms);

    test("no sweep changes a session whose lease holds", async () => {
      const { store, claim } = await openWithSession(open);
      for (let beats = 0; beats < 60; beats += 1) {
        pass(lease.ms - 1);
        expect(await store.sessions.sweep(0)).toBe(false);
        expect(await store.sessions.renew([claim], lease, [])).toEqual([]);
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
      expect(await store.sessions.renew([claim], lease, [])).toEqual([{ type: "removed", claim }]);
    });

    test("a process that was only slow leases its sessions again, and commits", async () => {
      const { store, claim } = await openWithSession(open);
      pass(lease.ms);
      await store.sessions.sweep(grace);
      expect(await store.sessions.renew([claim], lease, [])).toEqual([]);
      expect(await store.sessions.list()).toMatchObject([{ claim, owner: lease.node, endsAt: undefined }]);
      expect(await store.sessions.commit(claim, { note: "n" })).toBe(true);
    });

    test("attach does not wait for the lease of another process, which learns of it by renew", async () => {
      const { store, claim } = await openWithSession(open);
      const { claim: next } = resumed(await store.sessions.attach(attachRequest(claim, { lease: other })));
      expect(await store.sessions.renew([claim], lease, [])).toEqual([{ type: "taken", claim }]);
      expect(await store.sessions.renew([next], other, [])).toEqual([]);
      expect(await store.sessions.list()).toMatchObject([{ claim: next, owner: "another" }]);
    });

    test("a session that its process has detached stays detached, and the process learns that it has lost it", async () => {
      const { store, claim } = await openWithSession(open);
      const taken = await store.sessions.create({ ...newSession, sessionId: "t" });
      const removed = await store.sessions.create({ ...newSession, sessionId: "u" });
      const claims = [claim, taken, removed];
      for (const each of claims) await store.sessions.detach(each, 60_000);
      expect(await store.sessions.renew([], lease, claims)).toEqual([]);
      const detached = { owner: undefined, endsAt: Date.now() + 60_000 };
      expect(await store.sessions.list()).toMatchObject([detached, detached, detached]);
      await store.sessions.attach(attachRequest(taken, { lease: other }));
      await store.sessions.remove(removed);
      expect(await store.sessions.renew([], lease, claims)).toEqual([
        { type: "taken", claim: taken },
        { type: "removed", claim: removed },
      ]);
    });

    test.each([
      ["has", false],
      ["has detached", true],
    ])("a process learns when another attaches a session that it %s", async (_what, isDetached) => {
      const { store, claim } = await openWithSession(open);
      const { notices, others } = watchNotices(store);
      if (isDetached) await store.sessions.detach(claim, 60_000);
      const own = resumed(await store.sessions.attach(attachRequest(claim)));
      if (isDetached) await store.sessions.detach(own.claim, 60_000);
      await store.sessions.attach(attachRequest(own.claim, { attempt: 3, lease: other }));
      await vi.waitFor(() => expect(notices).toEqual([{ type: "taken", claim: own.claim }]), waitOptions);
      expect(others).toEqual([]);
    });

    test("a process learns when a session that it has, or had last, is removed, and how to close its client", async () => {
      const { store, claim } = await openWithSession(open);
      const second = await store.sessions.create({ ...newSession, sessionId: "t" });
      const third = await store.sessions.create({ ...newSession, sessionId: "u" });
      const { notices, others } = watchNotices(store);
      const close = { code: 4403, reason: "revoked" };
      expect(await store.sessions.remove({ ...claim, fence: 2 }, close)).toBe(false);
      await store.sessions.detach(second, 60_000);
      for (const each of [claim, second, third])
        expect(await store.sessions.remove(each, each === third ? undefined : close)).toBe(true);
      await vi.waitFor(() => expect(notices).toHaveLength(3), waitOptions);
      expect(notices).toEqual([
        { type: "removed", claim, close },
        { type: "removed", claim: second, close },
        { type: "removed", claim: third },
      ]);
      expect(others).toEqual([]);
    });

    test("a process that was slow for too long learns that its session has ended", async () => {
      const { store, claim } = await openWithSession(open);
      const { notices } = watchNotices(store);
      pass(lease.ms);
      await store.sessions.sweep(grace);
      pass(grace);
      await store.sessions.sweep(grace);
      await vi.waitFor(() => expect(notices).toEqual([{ type: "removed", claim }]), waitOptions);
    });

    test("a process that asks first waits for the one that has the session, which may finish what has arrived", async () => {
      const { store, claim } = await openWithSession(open);
      const { notices, others } = watchNotices(store);
      const asks = attachRequest(claim, { lease: other, asksFirst: true });
      expect(await store.sessions.attach({ ...asks, secretHash: "wrong" })).toMatchObject({
        type: "refused",
      });
      expect(await store.sessions.attach({ ...asks, attempt: 1 })).toEqual({ type: "stale" });
      expect(await store.sessions.attach({ ...asks, receivedUpTo: 1 })).toMatchObject({ type: "reset" });
      expect(await store.sessions.attach(asks)).toEqual({ type: "asked" });
      await vi.waitFor(() => expect(notices).toEqual([{ type: "wanted", claim }]), waitOptions);
      expect(await store.sessions.willRelease({ ...claim, fence: 2 })).toBe(false);
      expect(await store.sessions.willRelease(claim)).toBe(true);
      expect(await store.sessions.commit(claim, { received: { upTo: 1, pending: [] } })).toBe(true);
      expect(await store.sessions.release({ ...claim, fence: 2 }, 60_000)).toBe(false);
      expect(await store.sessions.release(claim, 60_000)).toBe(true);
      await vi.waitFor(() => expect(others).toHaveLength(2), waitOptions);
      expect(others).toEqual([
        { type: "promised", sessionId: claim.sessionId },
        { type: "released", sessionId: claim.sessionId },
      ]);
      expect(await store.sessions.list()).toMatchObject([{ owner: undefined, endsAt: expect.any(Number) }]);
      const { claim: next, state } = resumed(await store.sessions.attach(asks));
      expect(state.received).toEqual({ upTo: 1, pending: [] });
      expect(await store.sessions.list()).toMatchObject([{ claim: next, owner: "another" }]);
      expect(notices).toHaveLength(1);
    });

    const asked = { type: "asked" };
    test.each<[string, (store: Store, claim: Claim) => unknown, unknown]>([
      ["that this process has", () => {}, asked],
      ["that this process has detached", ({ sessions }, claim) => sessions.detach(claim, 60_000), asked],
      [
        "that this process has detached for longer than a lease, and renews",
        async ({ sessions }, claim) => {
          await sessions.detach(claim, 60_000);
          pass(lease.ms - 1);
          expect(await sessions.renew([], lease, [claim])).toEqual([]);
          pass(lease.ms - 1);
        },
        asked,
      ],
      ["whose lease has run out", () => pass(lease.ms), { type: "resumed" }],
      [
        "that this process has detached, but its lease has run out",
        async ({ sessions }, claim) => {
          await sessions.detach(claim, 60_000);
          pass(lease.ms);
        },
        { type: "resumed" },
      ],
      [
        "that this process has released",
        ({ sessions }, claim) => sessions.release(claim, 60_000),
        { type: "resumed" },
      ],
    ])("another process asks first for a session %s", async (_which, prepare, result) => {
      const { store, claim } = await openWithSession(open);
      await prepare(store, claim);
      const request = attachRequest(claim, { lease: other, asksFirst: true });
      expect(await store.sessions.attach(request)).toMatchObject(result as object);
    });

    test("a process asks itself for nothing, and learns that a session it wants has ended", async () => {
      const { store, claim } = await openWithSession(open);
      const { claim: next } = resumed(await store.sessions.attach(attachRequest(claim, { asksFirst: true })));
      const { others } = watchNotices(store);
      await store.sessions.attach(attachRequest(next, { attempt: 3, lease: other, asksFirst: true }));
      await store.sessions.remove(next);
      await vi.waitFor(() => expect(others).toEqual([{ type: "released", sessionId: "s" }]), waitOptions);
    });

    test("a listener may call the store, and is not called when it has unsubscribed", async () => {
      const { store, claim } = await openWithSession(open);
      const second = await store.sessions.create({ ...newSession, sessionId: "t" });
      const answers: unknown[] = [];
      const unsubscribe = store.sessions.watch(lease.node, () => {
        answers.push((async () => store.sessions.commit(claim, { note: "n" }))());
      });
      await store.sessions.attach(attachRequest(claim, { lease: other }));
      await vi.waitFor(() => expect(answers).toHaveLength(1), waitOptions);
      expect(await answers[0]).toBe(false);
      unsubscribe();
      unsubscribe();
      const { notices } = watchNotices(store);
      await store.sessions.attach(attachRequest(second, { lease: other }));
      await vi.waitFor(() => expect(notices).toHaveLength(1), waitOptions);
      expect(answers).toHaveLength(1);
    });

    test("a detached session ends when its time has passed, unless it is attached before", async () => {
      const { store, claim } = await openWithSession(open);
      const second = await store.sessions.create({ ...newSession, sessionId: "t" });
      for (const each of [claim, second]) await store.sessions.detach(each, 60_000);
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
      const listed = await store.sessions.list({ most: 2_000 });
      expect(listed).toHaveLength(ids.length);
      expect(listed.every(({ endsAt }) => endsAt !== undefined)).toBe(true);
    });
  });
}
