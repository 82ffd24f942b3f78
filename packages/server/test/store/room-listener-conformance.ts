/** How a store calls the listeners of rooms. */
import { describe, expect, test } from "vitest";
import type { RoomEntry, RoomPlace } from "../../src/store/room-log.ts";
import type { Store } from "../../src/store/store.ts";
import { retain, roomMessage } from "./store-fixtures.ts";

const keep = retain(100);

/** Tests `subscribe` of a store; `open` returns a new, empty one each time. */
export function testRoomListeners(name: string, open: () => Promise<Store>): void {
  describe(`${name}: room listeners`, () => {
    test("a listener receives its own room until it unsubscribes; it may subscribe twice", async () => {
      const { rooms } = await open();
      const received: unknown[] = [];
      const listener = ({ data }: RoomEntry): void => void received.push(data);
      const unsubscribes = [rooms.subscribe("r", listener), rooms.subscribe("r", listener)];
      await rooms.append("q", roomMessage("elsewhere"), keep);
      await rooms.append("r", roomMessage("both"), keep);
      unsubscribes[0]?.();
      unsubscribes[0]?.();
      await rooms.append("r", roomMessage("one"), keep);
      unsubscribes[1]?.();
      await rooms.append("r", roomMessage("none"), keep);
      expect(received).toEqual(["both", "both", "one"]);
    });

    test("a listener has received a message, with the epoch of the room, when append settles", async () => {
      const { rooms } = await open();
      const received: unknown[] = [];
      rooms.subscribe("r", ({ offset }, epoch) => received.push({ epoch, offset }));
      const { offset } = await rooms.append("r", roomMessage("a"), keep);
      expect(received).toEqual([{ epoch: (await rooms.position("r")).epoch, offset }]);
    });

    test("all listeners receive a message that a listener appends after the present one", async () => {
      const { rooms } = await open();
      const received: string[][] = [[], []];
      let reply: Promise<RoomPlace> | undefined;
      const subscribe = (index: number): void => {
        rooms.subscribe("r", ({ data }) => {
          if (data === "ask" && index === 0)
            reply = (async () => rooms.append("r", roomMessage("reply"), keep))();
          received[index]?.push(String(data));
        });
      };
      subscribe(0);
      subscribe(1);
      await rooms.append("r", roomMessage("ask"), keep);
      await reply;
      expect(received).toEqual([
        ["ask", "reply"],
        ["ask", "reply"],
      ]);
    });
  });
}
