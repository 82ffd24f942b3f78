/** What every store must do whose data more than one can have: one process after another, or several at the same time. */
import { afterEach, describe, expect, test } from "vitest";
import type { Retention, RoomEntry, RoomMessage, Store } from "../../src/store/store.ts";
import { beginning, bringing, resumed } from "./store-conformance.ts";

/** The data of a store, and who has them. */
export interface SharedData {
  /** Opens them for one more, as another process would. Those who had them before may be done with them then. */
  readonly open: () => Store | Promise<Store>;
  /** The same, when part of what had settled is lost, or may be. */
  readonly lose: () => Store | Promise<Store>;
}

const keep: Retention = { messages: 100, ms: 100_000 };
const line = (data: string): RoomMessage => ({ name: "line", data, at: 0 });
const three = [1, 2, 3].map((sequence) => ({ sequence, data: `m${sequence}` }));

/** Gives data and those who have them; they are closed when the test has finished. */
function opening(begin: () => SharedData | Promise<SharedData>) {
  const opened = new Set<Store>();
  afterEach(async () => {
    for (const store of opened) await store.close?.();
    opened.clear();
  });
  return async () => {
    const data = await begin();
    const kept = async (asked: Store | Promise<Store>): Promise<Store> => {
      const store = await asked;
      opened.add(store);
      return store;
    };
    return { open: () => kept(data.open()), lose: () => kept(data.lose()) };
  };
}

/** Tests a store whose data go from one to another; `begin` gives new, empty data each time. */
export function handsOver(name: string, begin: () => SharedData | Promise<SharedData>): void {
  describe(`${name}: handed over`, () => {
    const begun = opening(begin);

    test("the next one has the same epoch, and lists what was begun before", async () => {
      const { open } = await begun();
      const first = await open();
      const claim = await first.sessions.create(beginning);
      await first.sessions.detach(claim, 5);
      const next = await open();
      expect(next.epoch).toBe(first.epoch);
      expect(await next.sessions.list()).toMatchObject([{ claim, detachedAt: 5 }]);
      const again = async (): Promise<unknown> => next.sessions.create({ ...beginning, secret: "another" });
      await expect(again()).rejects.toThrow('there is a session "s"');
    });

    test("the next one goes on with what was recorded before, and who is late is stale", async () => {
      const { open } = await begun();
      const { sessions } = await open();
      const claim = await sessions.create(beginning);
      const record = {
        acknowledged: { upTo: 1, pending: [1] },
        received: { upTo: 7, pending: [3, 5] },
        note: "n",
      };
      expect(await sessions.commit(claim, { ...record, outgoing: three })).toEqual([]);
      const next = await open();
      const { claim: newest, state } = resumed(
        await next.sessions.attach(bringing(claim, { receivedUpTo: 1 })),
      );
      expect(newest).toEqual({ ...claim, fence: 2 });
      expect(state).toEqual({ ...record, lastSequence: 3, unacknowledged: three.slice(1) });
      const third = await open();
      expect(await third.sessions.attach(bringing(claim, { receivedUpTo: 1 }))).toEqual({ type: "stale" });
    });

    test("the fence refuses the elder claim, whoever brings it; the newest one is as good for all", async () => {
      const { open } = await begun();
      const elder = await (await open()).sessions.create(beginning);
      const { claim } = resumed(await (await open()).sessions.attach(bringing(elder)));
      const third = await open();
      expect(await third.sessions.commit(elder, { outgoing: three })).toBe(false);
      expect(await third.sessions.detach(elder, 5)).toBe(false);
      expect(await third.sessions.remove(elder)).toBe(false);
      expect(await third.sessions.list()).toMatchObject([{ claim, detachedAt: undefined, bytes: 0 }]);
      expect(await (await open()).sessions.commit(claim, { outgoing: three })).toEqual([]);
      expect(await (await open()).sessions.remove(claim)).toBe(true);
      const { sessions } = await open();
      expect(await sessions.list()).toEqual([]);
      expect(await sessions.attach(bringing(claim, { attempt: 3 }))).toEqual({ type: "refused" });
    });

    test("a room goes on where it was", async () => {
      const { open } = await begun();
      const { rooms } = await open();
      const start = await rooms.position("r");
      const one = await rooms.append("r", line("one"), keep);
      const two = await (await open()).rooms.append("r", line("two"), keep);
      expect(two.previous).toBe(one.offset);
      expect(await (await open()).rooms.read("r", start, 9)).toEqual({
        epoch: start.epoch,
        offset: two.offset,
        entries: [
          { ...one, ...line("one") },
          { ...two, ...line("two") },
        ],
      });
    });

    test("a history that is lost is a new epoch, for good: no session goes on, and rooms have a gap", async () => {
      const { open, lose } = await begun();
      const first = await open();
      const claim = await first.sessions.create(beginning);
      await first.rooms.append("r", line("one"), keep);
      const position = await first.rooms.position("r");
      const next = await lose();
      expect(next.epoch).not.toBe(first.epoch);
      for (const epoch of [first.epoch, next.epoch]) {
        const { type: is } = await next.sessions.attach(bringing({ ...claim, epoch }));
        expect(is).toMatch(/^(refused|reset)$/);
      }
      const part = await next.rooms.read("r", position, 9);
      expect(part).toMatchObject({ gap: { from: position.offset, to: part.offset }, entries: [] });
      expect(part.epoch).not.toBe(position.epoch);
      expect(await next.sessions.create({ ...beginning, sessionId: "t" })).toMatchObject({
        epoch: next.epoch,
      });
      expect((await open()).epoch).toBe(next.epoch);
    });
  });
}

/** Tests a store whose data several have at the same time. */
export function isShared(name: string, begin: () => SharedData | Promise<SharedData>): void {
  describe(`${name}: shared`, () => {
    const begun = opening(begin);
    const both = async (): Promise<readonly [Store, Store]> => {
      const { open } = await begun();
      return [await open(), await open()];
    };

    test("of two that come back with one attempt, each to another, one succeeds", async () => {
      const stores = await both();
      const claim = await stores[0].sessions.create(beginning);
      const attached = await Promise.all(stores.map(async (one) => one.sessions.attach(bringing(claim))));
      expect(attached.map(({ type: is }) => is).sort()).toEqual(["resumed", "stale"]);
    });

    test("what is recorded while another takes over is there as a whole, or refused", async () => {
      const [one, other] = await both();
      const claim = await one.sessions.create(beginning);
      const said = [{ room: "r", message: line("with it"), keep }];
      const calls = [
        (async () => one.sessions.commit(claim, { outgoing: three, roomMessages: said }))(),
        (async () => other.sessions.attach(bringing(claim)))(),
      ] as const;
      const [placed, attached] = await Promise.all(calls);
      expect(resumed(attached).state.unacknowledged).toEqual(placed === false ? [] : three);
      expect((await other.rooms.read("r", undefined, 9)).entries).toHaveLength(placed === false ? 0 : 1);
      expect(await one.sessions.commit(claim, {})).toBe(false);
    });

    test("of two that remove a session, one does", async () => {
      const stores = await both();
      const claim = await stores[0].sessions.create(beginning);
      const removed = await Promise.all(stores.map(async (one) => one.sessions.remove(claim)));
      expect(removed.filter(Boolean)).toEqual([true]);
      for (const { sessions } of stores) expect(await sessions.list()).toEqual([]);
    });

    test("messages said to all at the same time have one order, whoever reads or watches", async () => {
      const stores = await both();
      const texts = ["a", "b", "c", "d"];
      const hearing = stores.map(
        ({ rooms }) =>
          new Promise<readonly RoomEntry[]>((resolve) => {
            const heard: RoomEntry[] = [];
            rooms.subscribe("r", (entry) => heard.push(entry) === 2 * texts.length && resolve(heard));
          }),
      );
      const all = texts.flatMap((text) =>
        stores.map(async ({ rooms }) => rooms.append("r", line(text), keep)),
      );
      const placed = await Promise.all(all);
      expect(new Set(placed.map(({ offset }) => offset)).size).toBe(placed.length);
      const parts = await Promise.all(stores.map(async ({ rooms }) => rooms.read("r", undefined, 9)));
      expect(parts[1]).toEqual(parts[0]);
      for (const heard of await Promise.all(hearing)) expect(heard).toEqual(parts[0]?.entries);
    });
  });
}
