/** What a store must do whose data several processes have open at the same time. */
import { describe, expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import type { Awaitable } from "../../src/store/awaitable.ts";
import type { RoomEntry } from "../../src/store/room-log.ts";
import type { Store } from "../../src/store/store.ts";
import type { StoreData } from "./handover-conformance.ts";
import {
  attachRequest,
  newSession,
  resumed,
  retain,
  roomMessage,
  storeOpener,
  threeMessages,
  watcher,
} from "./store-fixtures.ts";

const keep = retain(100);

/** Tests a store that several processes share; `create` returns new, empty data each time. */
export function testSharedStore(name: string, create: () => Awaitable<StoreData>): void {
  describe(`${name}: shared`, () => {
    const opener = storeOpener();
    const openTwo = async (): Promise<readonly [Store, Store]> => {
      const data = await create();
      return [await opener(data.open()), await opener(data.open())];
    };

    test("of two concurrent calls with the same attempt at two stores, one resumes", async () => {
      const stores = await openTwo();
      const claim = await stores[0].sessions.create(newSession);
      const results = await Promise.all(
        stores.map(async (store) => store.sessions.attach(attachRequest(claim))),
      );
      expect(results.map(({ type }) => type).sort()).toEqual(["resumed", "stale"]);
    });

    test("a commit during an attach at another store is recorded as a whole, or refused", async () => {
      const [one, other] = await openTwo();
      const claim = await one.sessions.create(newSession);
      const roomMessages = [{ room: "r", message: roomMessage("with it"), keep }];
      const calls = [
        (async () => one.sessions.commit(claim, { outgoing: threeMessages, roomMessages }))(),
        (async () => other.sessions.attach(attachRequest(claim)))(),
      ] as const;
      const [isCommitted, attached] = await Promise.all(calls);
      expect(resumed(attached).state.unacknowledged).toEqual(isCommitted ? threeMessages : []);
      expect(await one.sessions.commit(claim, {})).toBe(false);
      await other.rooms.append("r", roomMessage("after it"), keep);
      await vi.waitFor(async () => {
        const { entries } = await other.rooms.read("r", {}, 9);
        expect(entries).toHaveLength(isCommitted ? 2 : 1);
      }, waitOptions);
    });

    test("of two concurrent calls of remove, one removes the session", async () => {
      const stores = await openTwo();
      const claim = await stores[0].sessions.create(newSession);
      const removed = await Promise.all(stores.map(async (store) => store.sessions.remove(claim)));
      expect(removed.filter(Boolean)).toEqual([true]);
      for (const { sessions } of stores) expect(await sessions.list()).toEqual([]);
    });

    test("a ticket that one store keeps is returned once by all of them", async () => {
      const [one, other] = await openTwo();
      const ticket = {
        principal: "ada",
        origin: undefined,
        expiresAt: 30_000,
        credentialExpiresAt: undefined,
      };
      await one.tickets.put("a", ticket, 0);
      const taken = await Promise.all([one, other, other].map(async ({ tickets }) => tickets.take("a")));
      expect(taken.filter((found) => found !== undefined)).toEqual([ticket]);
    });

    test("messages that all stores append concurrently have one order for readers and watchers", async () => {
      const stores = await openTwo();
      const texts = ["a", "b", "c", "d"];
      const ready: Promise<unknown>[] = [];
      const receivedByEach = stores.map(
        ({ rooms }) =>
          new Promise<readonly RoomEntry[]>((resolve) => {
            const received: RoomEntry[] = [];
            const watch = rooms.watch(
              "r",
              watcher((entry) => received.push(entry) === 2 * texts.length && resolve(received)),
            );
            ready.push(Promise.resolve(watch.ready));
          }),
      );
      await Promise.all(ready);
      const appends = texts.flatMap((text) =>
        stores.map(async ({ rooms }) => rooms.append("r", roomMessage(text), keep)),
      );
      const places = await Promise.all(appends);
      expect(new Set(places.map(({ offset }) => offset)).size).toBe(places.length);
      const parts = await Promise.all(stores.map(async ({ rooms }) => rooms.read("r", {}, 9)));
      expect(parts[1]).toEqual(parts[0]);
      for (const received of await Promise.all(receivedByEach)) expect(received).toEqual(parts[0]?.entries);
    });
  });
}
