/** What every store's logs of rooms must do. */
import { describe, expect, test } from "vitest";
import type { Retention, RoomPlace, RoomEntry, RoomMessage, Store } from "../../src/store/store.ts";

const keep: Retention = { messages: 100, ms: 100_000 };
const said = (data: RoomMessage["data"], at = 0): RoomMessage => ({ name: "line", data, at });

/** Says texts in a room, one after the other. */
async function say({ rooms }: Store, room: string, texts: readonly string[], bounds = keep): Promise<void> {
  for (const text of texts) await rooms.append(room, said(text), bounds);
}

const texts = (entries: readonly RoomEntry[]): unknown[] => entries.map(({ data }) => data);

/** Tests the rooms of a store; `open` gives a new, empty one each time. */
export function logsRooms(name: string, open: () => Promise<Store>): void {
  describe(`${name}: rooms`, () => {
    test("each message has an offset of its own and names the one before", async () => {
      const store = await open();
      const placed: RoomPlace[] = [];
      for (const text of ["a", "b", "c"]) placed.push(await store.rooms.append("r", said(text), keep));
      expect(placed.map(({ previous }) => previous)).toEqual([
        0,
        ...placed.slice(0, 2).map(({ offset }) => offset),
      ]);
      expect(placed.every(({ offset, previous }) => offset > previous)).toBe(true);
      expect(await store.rooms.append("q", said("d"), keep)).toMatchObject({ previous: 0 });
    });

    test("messages said at the same time have one order, whoever reads or watches", async () => {
      const store = await open();
      const heard: RoomEntry[] = [];
      store.rooms.subscribe("r", (entry) => heard.push(entry));
      const all = ["a", "b", "c", "d"].map(async (text) => store.rooms.append("r", said(text), keep));
      const placed = await Promise.all(all);
      const { entries } = await store.rooms.read("r", undefined, 10);
      expect(heard).toEqual(entries);
      expect(entries.map(({ offset, previous }) => ({ offset, previous }))).toEqual(
        placed
          .sort((one, other) => one.offset - other.offset)
          .map(({ offset, previous }) => ({ offset, previous })),
      );
      for (const [index, { previous }] of entries.entries())
        expect(previous).toBe(entries[index - 1]?.offset ?? 0);
    });

    test("an entry has everything that was said", async () => {
      const store = await open();
      const message = {
        name: "line",
        data: new Uint8Array([7, 0]),
        except: "sessionId",
        at: 1_700_000_000_000,
      };
      const placed = await store.rooms.append("r", message, { messages: 2, ms: 100_000 });
      const plain = await store.rooms.append("r", said("é🙂", message.at), keep);
      const { entries } = await store.rooms.read("r", undefined, 10);
      expect(entries).toStrictEqual([
        { ...placed, ...message },
        { ...plain, ...said("é🙂", message.at) },
      ]);
    });

    test("a room begins when it is asked for, and keeps its epoch", async () => {
      const store = await open();
      const joined = await store.rooms.position("r");
      expect(joined.offset).toBe(0);
      await say(store, "r", ["a"]);
      const { epoch, gap, entries } = await store.rooms.read("r", joined, 10);
      expect({ epoch, gap, roomMessages: texts(entries) }).toEqual({
        epoch: joined.epoch,
        roomMessages: ["a"],
      });
      expect(await store.rooms.position("r")).toEqual({ epoch, offset: entries[0]?.offset });
      expect((await store.rooms.position("q")).epoch).not.toBe(epoch);
    });

    test("a room that nobody knows has nothing to read", async () => {
      const store = await open();
      expect(await store.rooms.read("r", undefined, 10)).toMatchObject({ offset: 0, entries: [] });
    });

    test("a reader goes on from its last entry, part by part", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      await say(store, "r", ["a", "b", "c", "d", "e"]);
      const read: unknown[] = [];
      for (let after = start; ;) {
        const { epoch, offset, entries, gap } = await store.rooms.read("r", after, 2);
        expect(gap).toBeUndefined();
        read.push(texts(entries));
        after = { epoch, offset: entries.at(-1)?.offset ?? after.offset };
        if (after.offset === offset) break;
      }
      expect(read).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    });

    test("who is behind what is kept is told of the gap, and goes on after it", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      await say(store, "r", ["a", "b", "c", "d"], { messages: 2, ms: 100_000 });
      const { entries, gap } = await store.rooms.read("r", start, 10);
      expect(texts(entries)).toEqual(["c", "d"]);
      expect(gap).toEqual({ from: 0, to: entries[0]?.previous });
      const last = { epoch: start.epoch, offset: entries[0]?.previous ?? -1 };
      expect(await store.rooms.read("r", last, 10)).toStrictEqual({
        ...(await store.rooms.position("r")),
        entries,
      });
    });

    test("without a position one reads what is kept, and there is no gap", async () => {
      const store = await open();
      await say(store, "r", ["a", "b", "c"], { messages: 2, ms: 100_000 });
      const { entries, gap } = await store.rooms.read("r", undefined, 10);
      expect({ roomMessages: texts(entries), gap }).toEqual({ roomMessages: ["b", "c"], gap: undefined });
    });

    test("a room that keeps nothing still has an order, and a gap for those behind", async () => {
      const store = await open();
      const start = await store.rooms.position("r");
      await say(store, "r", ["a", "b"], { messages: 0, ms: 100_000 });
      const { offset, gap, entries } = await store.rooms.read("r", start, 10);
      expect({ gap, entries }).toEqual({ gap: { from: 0, to: offset }, entries: [] });
      expect(await store.rooms.append("r", said("c"), keep)).toMatchObject({ previous: offset });
    });

    test("messages grow too old, when something is said and when the room is swept", async () => {
      const store = await open();
      const bounds = { messages: 100, ms: 10_000 };
      const start = await store.rooms.position("r");
      for (const at of [1_000, 6_000, 11_000]) await store.rooms.append("r", said(`${at}`, at), bounds);
      expect(texts((await store.rooms.read("r", undefined, 10)).entries)).toEqual(["6000", "11000"]);
      await store.rooms.sweep(15_999, 1e9);
      expect(texts((await store.rooms.read("r", undefined, 10)).entries)).toEqual(["6000", "11000"]);
      await store.rooms.sweep(16_000, 1e9);
      const { entries, gap } = await store.rooms.read("r", start, 10);
      expect(texts(entries)).toEqual(["11000"]);
      expect(gap).toEqual({ from: 0, to: entries[0]?.previous });
    });

    test.each([
      ["of another history", "another", 1],
      ["beyond the newest", undefined, 1_000],
    ])("a position %s gives a gap up to the newest", async (_, epoch, offset) => {
      const store = await open();
      await say(store, "r", ["a", "b"]);
      const now = await store.rooms.position("r");
      const part = await store.rooms.read("r", { epoch: epoch ?? now.epoch, offset }, 10);
      expect(part).toEqual({ ...now, gap: { from: offset, to: now.offset }, entries: [] });
    });

    test("a watcher hears its room alone, until it stops; the same listener may watch twice", async () => {
      const store = await open();
      const heard: unknown[] = [];
      const listener = ({ data }: RoomEntry): void => void heard.push(data);
      const stops = [store.rooms.subscribe("r", listener), store.rooms.subscribe("r", listener)];
      await say(store, "q", ["elsewhere"]);
      await say(store, "r", ["both"]);
      stops[0]?.();
      stops[0]?.();
      await say(store, "r", ["one"]);
      stops[1]?.();
      await say(store, "r", ["none"]);
      expect(heard).toEqual(["both", "both", "one"]);
    });

    test("a watcher has heard a message when its append settles, with the epoch of the room", async () => {
      const store = await open();
      const heard: unknown[] = [];
      store.rooms.subscribe("r", ({ offset }, epoch) => heard.push({ epoch, offset }));
      const { offset } = await store.rooms.append("r", said("a"), keep);
      expect(heard).toEqual([{ epoch: (await store.rooms.position("r")).epoch, offset }]);
    });

    test("what a watcher answers is heard by all behind what they hear now", async () => {
      const store = await open();
      const heard: string[][] = [[], []];
      let answered: Promise<RoomPlace> | undefined;
      const listening = (index: number): void => {
        store.rooms.subscribe("r", ({ data }) => {
          if (data === "ask" && index === 0)
            answered = (async () => store.rooms.append("r", said("answer"), keep))();
          heard[index]?.push(String(data));
        });
      };
      listening(0);
      listening(1);
      await store.rooms.append("r", said("ask"), keep);
      await answered;
      expect(heard).toEqual([
        ["ask", "answer"],
        ["ask", "answer"],
      ]);
    });

    test("a room that was long empty and unwatched is forgotten, and begins again with a new epoch", async () => {
      const store = await open();
      const bounds = { messages: 100, ms: 10_000 };
      await store.rooms.append("r", said("a", 0), bounds);
      const before = await store.rooms.position("r");
      for (const now of [10_000, 14_999]) {
        await store.rooms.sweep(now, 5_000);
        expect(await store.rooms.position("r")).toEqual(before);
      }
      await store.rooms.sweep(15_000, 5_000);
      const after = await store.rooms.position("r");
      expect(after.epoch).not.toBe(before.epoch);
      expect(await store.rooms.read("r", before, 10)).toEqual({
        ...after,
        gap: { from: before.offset, to: after.offset },
        entries: [],
      });
      await store.rooms.sweep(15_001, 5_000);
      expect(await store.rooms.position("r")).toEqual(after);
    });

    test("what is said while a room is about to be forgotten is said in the room that was there", async () => {
      const store = await open();
      const before = await store.rooms.position("r");
      await store.rooms.sweep(0, 5_000);
      const append = (async () => store.rooms.append("r", said("a", 5_000), keep))();
      const sweep = (async () => store.rooms.sweep(5_000, 5_000))();
      const [placed] = await Promise.all([append, sweep]);
      expect(placed).toMatchObject({ previous: before.offset });
      expect(await store.rooms.read("r", before, 9)).toMatchObject({
        epoch: before.epoch,
        entries: [placed],
      });
    });

    test("a room that somebody watches, or in which something was said, is not forgotten", async () => {
      const store = await open();
      const bounds = { messages: 100, ms: 10_000 };
      const [watched, spoken] = [await store.rooms.position("w"), await store.rooms.position("s")];
      const stop = store.rooms.subscribe("w", () => {});
      await store.rooms.sweep(0, 5_000);
      await store.rooms.append("s", said("a", 4_000), bounds);
      await store.rooms.sweep(5_000, 5_000);
      stop();
      await store.rooms.sweep(14_000, 5_000);
      await store.rooms.sweep(18_999, 5_000);
      expect(await store.rooms.position("w")).toEqual(watched);
      expect((await store.rooms.position("s")).epoch).toBe(spoken.epoch);
    });
  });
}
