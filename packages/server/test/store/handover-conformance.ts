/** What a store must do whose data outlive it: the next store that opens them continues where the one before ended. */
import { describe, expect, test } from "vitest";
import type { Awaitable } from "../../src/store/awaitable.ts";
import type { Store } from "../../src/store/store.ts";
import {
  attachRequest,
  attempted,
  epochOf,
  newSession,
  resumed,
  retain,
  roomMessage,
  storeOpener,
  threeMessages,
} from "./store-fixtures.ts";

/** The data that stores open, one after another or at the same time. */
export interface StoreData {
  /** Opens the data as another process does. It may close the store that was opened before. */
  readonly open: () => Awaitable<Store>;
  /** The same, after part of what settled is lost, or may be. */
  readonly lose: () => Awaitable<Store>;
}

const keep = retain(100);

/** Tests a store whose data go from one process to the next; `create` returns new, empty data each time. */
export function testHandover(name: string, create: () => Awaitable<StoreData>): void {
  describe(`${name}: handover`, () => {
    const opener = storeOpener();
    const createData = async () => {
      const data = await create();
      return { open: () => opener(data.open()), lose: () => opener(data.lose()) };
    };

    test("the next store has the same epoch, and lists the sessions of the one before", async () => {
      const { open } = await createData();
      const first = await open();
      const claim = await first.sessions.create(newSession);
      await first.sessions.detach(claim, 60_000);
      const next = await open();
      expect(await epochOf(next)).toBe(claim.epoch);
      expect(await next.sessions.list()).toMatchObject([{ claim, endsAt: expect.any(Number) }]);
      expect(await next.sessions.list({ principal: "ada" })).toMatchObject([{ claim }]);
      expect(await next.sessions.list({ principal: "bob" })).toEqual([]);
      const again = attempted(() => next.sessions.create({ ...newSession, secretHash: "another" }));
      await expect(again).rejects.toThrow('session "s" already exists');
    });

    test("the next store does not return a ticket that was taken before", async () => {
      const { open } = await createData();
      const { tickets } = await open();
      const ticket = {
        principal: "ada",
        origin: undefined,
        expiresAt: 9_000,
        credentialExpiresAt: undefined,
      };
      await tickets.put("a", ticket, 0);
      expect(await tickets.take("a")).toEqual(ticket);
      expect(await (await open()).tickets.take("a")).toBeUndefined();
    });

    test("the next store continues with the recorded state, and an old attempt is stale", async () => {
      const { open } = await createData();
      const { sessions } = await open();
      const claim = await sessions.create(newSession);
      const record = {
        acknowledged: { upTo: 1, pending: [1] },
        received: { upTo: 7, pending: [3, 5] },
        note: "n",
      };
      expect(await sessions.commit(claim, { ...record, outgoing: threeMessages })).toBe(true);
      const next = await open();
      const { claim: newest, state } = resumed(
        await next.sessions.attach(attachRequest(claim, { receivedUpTo: 1 })),
      );
      expect(newest).toEqual({ ...claim, fence: 2 });
      expect(state).toEqual({ ...record, lastSequence: 3, unacknowledged: threeMessages.slice(1) });
      const third = await open();
      expect(await third.sessions.attach(attachRequest(claim, { receivedUpTo: 1 }))).toEqual({
        type: "stale",
      });
    });

    test("every store refuses an old claim, and accepts the newest one", async () => {
      const { open } = await createData();
      const old = await (await open()).sessions.create(newSession);
      const { claim } = resumed(await (await open()).sessions.attach(attachRequest(old)));
      const third = await open();
      expect(await third.sessions.commit(old, { outgoing: threeMessages })).toBe(false);
      expect(await third.sessions.detach(old, 60_000)).toBe(false);
      expect(await third.sessions.remove(old)).toBe(false);
      expect(await third.sessions.list()).toMatchObject([{ claim, endsAt: undefined, bytes: 0 }]);
      expect(await (await open()).sessions.commit(claim, { outgoing: threeMessages })).toBe(true);
      expect(await (await open()).sessions.remove(claim)).toBe(true);
      const { sessions } = await open();
      expect(await sessions.list()).toEqual([]);
      expect(await sessions.attach(attachRequest(claim, { attempt: 3 }))).toEqual({
        type: "refused",
        known: false,
      });
    });

    test("a room continues at its position", async () => {
      const { open } = await createData();
      const { rooms } = await open();
      const start = await rooms.position("r");
      const one = await rooms.append("r", roomMessage("one"), keep);
      const two = await (await open()).rooms.append("r", roomMessage("two"), keep);
      expect(two.previous).toBe(one.offset);
      expect(await (await open()).rooms.read("r", start, 9)).toEqual({
        epoch: start.epoch,
        offset: two.offset,
        entries: [
          { ...one, ...roomMessage("one") },
          { ...two, ...roomMessage("two") },
        ],
      });
    });

    test("after a loss the epoch is new for good: no session resumes, and every room has a gap", async () => {
      const { open, lose } = await createData();
      const first = await open();
      const claim = await first.sessions.create(newSession);
      await first.rooms.append("r", roomMessage("one"), keep);
      const position = await first.rooms.position("r");
      const next = await lose();
      const epoch = await epochOf(next);
      expect(epoch).not.toBe(claim.epoch);
      for (const known of [claim.epoch, epoch]) {
        const { type } = await next.sessions.attach(attachRequest({ ...claim, epoch: known }));
        expect(type).toMatch(/^(refused|reset)$/);
      }
      const part = await next.rooms.read("r", position, 9);
      expect(part).toMatchObject({ gap: { from: position.offset, to: part.offset }, entries: [] });
      expect(part.epoch).not.toBe(position.epoch);
      expect(await next.sessions.create({ ...newSession, sessionId: "t" })).toMatchObject({
        epoch,
      });
      expect(await epochOf(await open())).toBe(epoch);
    });
  });
}
