/** How a store calls the watchers of rooms. */
import { describe, expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import type { RoomLog, RoomPlace, RoomWatch, RoomWatcher } from "../../src/store/room-log.ts";
import type { Store } from "../../src/store/store.ts";
import { retain, roomMessage, watcher } from "./store-fixtures.ts";

const keep = retain(100);

/** Watches a room from now on. */
async function watch(rooms: RoomLog, room: string, by: RoomWatcher): Promise<RoomWatch> {
  const started = rooms.watch(room, by);
  await started.ready;
  return started;
}

/** Tests `watch` of a store; `open` returns a new, empty one each time. */
export function testRoomWatches(name: string, open: () => Promise<Store>): void {
  describe(`${name}: room watches`, () => {
    test("a watcher receives its own room until its watch is stopped; it may watch twice", async () => {
      const { rooms } = await open();
      const received: unknown[] = [];
      const both = watcher(({ data }) => received.push(data));
      const watches = [await watch(rooms, "r", both), await watch(rooms, "r", both)];
      await rooms.append("q", roomMessage("elsewhere"), keep);
      await rooms.append("r", roomMessage("both"), keep);
      await vi.waitFor(() => expect(received).toEqual(["both", "both"]), waitOptions);
      watches[0]?.stop();
      watches[0]?.stop();
      await rooms.append("r", roomMessage("one"), keep);
      await vi.waitFor(() => expect(received).toEqual(["both", "both", "one"]), waitOptions);
      watches[1]?.stop();
      const next = await watch(
        rooms,
        "r",
        watcher(({ data }) => received.push(`next ${String(data)}`)),
      );
      await rooms.append("r", roomMessage("two"), keep);
      await vi.waitFor(() => expect(received).toEqual(["both", "both", "one", "next two"]), waitOptions);
      next.stop();
    });

    test("a watcher receives a message with its place and the epoch of the room", async () => {
      const { rooms } = await open();
      const received: unknown[] = [];
      await watch(
        rooms,
        "r",
        watcher((entry, epoch) => received.push({ epoch, entry })),
      );
      await rooms.append("r", roomMessage("a"), keep);
      const { epoch, entries } = await rooms.read("r", {}, 9);
      await vi.waitFor(() => expect(received).toEqual([{ epoch, entry: entries[0] }]), waitOptions);
    });

    test("all watchers receive a message that one of them appends after the present one", async () => {
      const { rooms } = await open();
      const received: string[][] = [[], []];
      let reply: Promise<RoomPlace> | undefined;
      for (const index of [0, 1])
        await watch(
          rooms,
          "r",
          watcher(({ data }) => {
            if (data === "ask" && index === 0)
              reply = (async () => rooms.append("r", roomMessage("reply"), keep))();
            received[index]?.push(String(data));
          }),
        );
      await rooms.append("r", roomMessage("ask"), keep);
      await vi.waitFor(() => expect(received.flat()).toHaveLength(4), waitOptions);
      await reply;
      expect(received).toEqual([
        ["ask", "reply"],
        ["ask", "reply"],
      ]);
    });
  });
}
