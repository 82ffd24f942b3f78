/** How a store keeps the history of rooms, and how a reader goes through it. */
import { describe, expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import type { RoomEntry, RoomPlace, RoomSelection } from "../../src/store/room-log.ts";
import type { Store } from "../../src/store/store.ts";
import { retain, roomMessage, watcher } from "./store-fixtures.ts";

const keep = retain(100);

/** Appends texts to a room, one after the other. */
async function appendAll({ rooms }: Store, room: string, texts: readonly string[], bounds = keep) {
  for (const text of texts) await rooms.append(room, roomMessage(text), bounds);
}

const dataOf = (entries: readonly RoomEntry[]): unknown[] => entries.map(({ data }) => data);

/** Tests the rooms of a store; `open` returns a new, empty one each time. */
export function testRoomHistory(name: string, open: () => Promise<Store>): void {
  describe(`${name}: room history`, () => {
    test("each message has a greater offset, and the offset of the message before", async () => {
      const store = await open();
      const places: RoomPlace[] = [];
      for (const text of ["a", "b", "c"]) places.push(await store.rooms.append("r", roomMessage(text), keep));
      expect(places.map(({ previous }) => previous)).toEqual([
        0,
        ...places.slice(0, 2).map(({ offset }) => offset),
      ]);
      expect(places.every(({ offset, previous }) => offset > previous)).toBe(true);
      expect(await store.rooms.append("q", roomMessage("d"), keep)).toMatchObject({ previous: 0 });
    });

    test("messages that are appended concurrently have one order for readers and watchers", async () => {
      const store = await open();
      const received: RoomEntry[] = [];
      const watch = store.rooms.watch(
        "r",
        watcher((entry) => received.push(entry)),
      );
      await watch.ready;
      const appends = ["a", "b", "c", "d"].map(async (text) =>
        store.rooms.append("r", roomMessage(text), keep),
      );
      const places = await Promise.all(appends);
      const { entries } = await store.rooms.read("r", {}, 10);
      await vi.waitFor(() => expect(received).toEqual(entries), waitOptions);
      expect(entries.map(({ offset, previous }) => ({ offset, previous }))).toEqual(
        places
          .sort((one, other) => one.offset - other.offset)
          .map(({ offset, previous }) => ({ offset, previous })),
      );
      for (const [index, { previous }] of entries.entries())
        expect(previous).toBe(entries[index - 1]?.offset ?? 0);
    });

    test("a room retains so many bytes, and always its newest message; a reader receives a gap for the others", async () => {
      const store = await open();
      const bounds = { ...keep, bytes: 10 };
      await appendAll(store, "r", ["aaaa", "bbbb", "cc"], bounds);
      const { epoch, entries } = await store.rooms.read("r", {}, 10);
      expect(dataOf(entries)).toEqual(["aaaa", "bbbb", "cc"]);
      await appendAll(store, "r", ["d"], bounds);
      expect(dataOf((await store.rooms.read("r", {}, 10)).entries)).toEqual(["bbbb", "cc", "d"]);
      await appendAll(store, "r", ["e".repeat(11)], bounds);
      const rest = await store.rooms.read("r", { epoch, offset: entries[0]?.offset ?? 0 }, 10);
      expect(dataOf(rest.entries)).toEqual(["e".repeat(11)]);
      expect(rest.gap).toEqual({ from: entries[0]?.offset, to: rest.entries[0]?.previous });
    });

    test("a room that retains nothing counts its messages and calls its watchers; a reader receives a gap", async () => {
      const store = await open();
      const received: unknown[] = [];
      const watch = store.rooms.watch(
        "r",
        watcher(({ data }) => received.push(data)),
      );
      await watch.ready;
      const nothing = retain(0, 0);
      const start = await store.rooms.position("r");
      await appendAll(store, "r", ["a"]);
      await appendAll(store, "r", ["b", "c"], nothing);
      const { epoch, offset } = await store.rooms.position("r");
      await vi.waitFor(() => expect(received).toEqual(["a", "b", "c"]), waitOptions);
      expect(await store.rooms.read("r", start, 10)).toStrictEqual({
        epoch: start.epoch,
        offset,
        gap: { from: start.offset, to: offset },
        entries: [],
      });
      expect(await store.rooms.read("r", {}, 10)).toStrictEqual({ epoch, offset, entries: [] });
    });

    test("an entry has every field of its message", async () => {
      const store = await open();
      const message = {
        name: "line",
        data: new Uint8Array([7, 0]),
        except: "sessionId",
        at: 1_700_000_000_000,
      };
      const place = await store.rooms.append("r", message, retain(2));
      const plain = await store.rooms.append("r", roomMessage("é🙂", message.at), keep);
      const { entries } = await store.rooms.read("r", {}, 10);
      expect(entries).toStrictEqual([
        { ...place, ...message },
        { ...plain, ...roomMessage("é🙂", message.at) },
      ]);
    });

    test("a room begins with its first use, and keeps its epoch", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      expect(start.offset).toBe(0);
      await appendAll(store, "r", ["a"]);
      const { epoch, gap, entries } = await store.rooms.read("r", start, 10);
      expect({ epoch, gap, data: dataOf(entries) }).toEqual({ epoch: start.epoch, data: ["a"] });
      expect(await store.rooms.position("r")).toEqual({ epoch, offset: entries[0]?.offset });
      expect((await store.rooms.position("q")).epoch).not.toBe(epoch);
    });

    test("a room that does not exist has nothing to read", async () => {
      const store = await open();
      expect(await store.rooms.read("r", {}, 10)).toMatchObject({ offset: 0, entries: [] });
    });

    test("a reader continues from its last entry, part by part", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      await appendAll(store, "r", ["a", "b", "c", "d", "e"]);
      const parts: unknown[] = [];
      for (let after = start; ;) {
        const { epoch, offset, entries, gap } = await store.rooms.read("r", after, 2);
        expect(gap).toBeUndefined();
        parts.push(dataOf(entries));
        after = { epoch, offset: entries.at(-1)?.offset ?? after.offset };
        if (after.offset === offset) break;
      }
      expect(parts).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    });

    test("a reader behind the retained history gets a gap, and continues after it", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      await appendAll(store, "r", ["a", "b", "c", "d"], retain(2));
      const { entries, gap } = await store.rooms.read("r", start, 10);
      expect(dataOf(entries)).toEqual(["c", "d"]);
      expect(gap).toEqual({ from: 0, to: entries[0]?.previous });
      const afterGap = { epoch: start.epoch, offset: entries[0]?.previous ?? -1 };
      expect(await store.rooms.read("r", afterGap, 10)).toStrictEqual({
        ...(await store.rooms.position("r")),
        entries,
      });
    });

    test("a selection of all returns the retained history, and no gap", async () => {
      const store = await open();
      await appendAll(store, "r", ["a", "b", "c"], retain(2));
      const { entries, gap } = await store.rooms.read("r", {}, 10);
      expect({ data: dataOf(entries), gap }).toEqual({ data: ["b", "c"], gap: undefined });
    });

    test.each<[string, RoomSelection, readonly string[]]>([
      ["every message", {}, ["1", "2", "3", "4", "5"]],
      ["the newest ones", { last: 2 }, ["4", "5"]],
      ["no message", { last: 0 }, []],
      ["those after a time", { since: 3_000 }, ["4", "5"]],
      ["the newest ones, of these those after a time", { last: 4, since: 3_000 }, ["4", "5"]],
      ["the newest ones before a time, and all later ones", { last: 1, until: 4_000 }, ["3", "4", "5"]],
      ["all from a time on", { last: 0, until: 4_000 }, ["4", "5"]],
      ["all from a time on, when none before it is new enough", { since: 3_500, until: 4_000 }, ["4", "5"]],
      ["no message, after the last one", { since: 5_000, until: 6_000 }, []],
    ])("a selection chooses %s, without a gap", async (_, selection, expected) => {
      const { rooms } = await open();
      for (const at of [0, 1, 2, 3, 4, 5])
        await rooms.append("r", roomMessage(`${at}`, at * 1_000), retain(5, 1e9));
      const position = await rooms.position("r");
      const part = await rooms.read("r", selection, 9);
      expect({ ...part, entries: dataOf(part.entries) }).toStrictEqual({ ...position, entries: expected });
      expect(dataOf((await rooms.read("r", selection, 1)).entries)).toEqual(expected.slice(0, 1));
    });

    test("a room that retains nothing still has an order, and a gap for a reader that is behind", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      await appendAll(store, "r", ["a", "b"], retain(0));
      const { offset, gap, entries } = await store.rooms.read("r", start, 10);
      expect({ gap, entries }).toEqual({ gap: { from: 0, to: offset }, entries: [] });
      expect(await store.rooms.append("r", roomMessage("c"), keep)).toMatchObject({ previous: offset });
    });

    test("append and sweep drop messages that are too old", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      for (const at of [1_000, 6_000, 11_000])
        await store.rooms.append("r", roomMessage(`${at}`, at), retain(100, 10_000));
      expect(dataOf((await store.rooms.read("r", {}, 10)).entries)).toEqual(["6000", "11000"]);
      await store.rooms.sweep(15_999, 1e9);
      expect(dataOf((await store.rooms.read("r", {}, 10)).entries)).toEqual(["6000", "11000"]);
      await store.rooms.sweep(16_000, 1e9);
      const { entries, gap } = await store.rooms.read("r", start, 10);
      expect(dataOf(entries)).toEqual(["11000"]);
      expect(gap).toEqual({ from: 0, to: entries[0]?.previous });
    });

    test.each([
      ["of another epoch", "another", 1],
      ["beyond the newest message", undefined, 1_000],
    ])("a position %s gives a gap up to the newest message", async (_, epoch, offset) => {
      const store = await open();
      await appendAll(store, "r", ["a", "b"]);
      const newest = await store.rooms.position("r");
      const part = await store.rooms.read("r", { epoch: epoch ?? newest.epoch, offset }, 10);
      expect(part).toEqual({ ...newest, gap: { from: offset, to: newest.offset }, entries: [] });
    });
  });
}
