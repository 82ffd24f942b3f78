/** When a store forgets rooms. */
import { describe, expect, test } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { retain, roomMessage, watcher } from "./store-fixtures.ts";

const tenSeconds = retain(100, 10_000);

/** Tests `sweep` of a store; `open` returns a new, empty one each time. */
export function testRoomSweep(name: string, open: () => Promise<Store>): void {
  describe(`${name}: sweep`, () => {
    test("a room without messages and listeners is forgotten, and begins again with a new epoch", async () => {
      const { rooms } = await open();
      await rooms.append("r", roomMessage("a", 0), tenSeconds);
      const before = await rooms.position("r");
      for (const now of [10_000, 14_999]) {
        await rooms.sweep(now, 5_000);
        expect(await rooms.position("r")).toEqual(before);
      }
      await rooms.sweep(15_000, 5_000);
      const after = await rooms.position("r");
      expect(after.epoch).not.toBe(before.epoch);
      expect(await rooms.read("r", before, 10)).toEqual({
        ...after,
        gap: { from: before.offset, to: after.offset },
        entries: [],
      });
      await rooms.sweep(15_001, 5_000);
      expect(await rooms.position("r")).toEqual(after);
    });

    test("a message that is appended before the sweep of an idle room keeps the room", async () => {
      const { rooms } = await open();
      const before = await rooms.position("r");
      await rooms.sweep(0, 5_000);
      const append = (async () => rooms.append("r", roomMessage("a", 5_000), retain(100)))();
      const sweep = (async () => rooms.sweep(5_000, 5_000))();
      const [place] = await Promise.all([append, sweep]);
      expect(place).toMatchObject({ previous: before.offset });
      expect(await rooms.read("r", before, 9)).toMatchObject({ epoch: before.epoch, entries: [place] });
    });

    test("a room with a watcher, or with a new message, is not forgotten", async () => {
      const { rooms } = await open();
      const [withWatcher, withMessage] = [await rooms.position("l"), await rooms.position("m")];
      const watch = rooms.watch(
        "l",
        watcher(() => {}),
      );
      await rooms.sweep(0, 5_000);
      await rooms.append("m", roomMessage("a", 4_000), tenSeconds);
      await rooms.sweep(5_000, 5_000);
      watch.stop();
      await rooms.sweep(14_000, 5_000);
      await rooms.sweep(18_999, 5_000);
      expect(await rooms.position("l")).toEqual(withWatcher);
      expect((await rooms.position("m")).epoch).toBe(withMessage.epoch);
    });
  });
}
