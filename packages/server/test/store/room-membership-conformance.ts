import { describe, expect, test } from "vitest";
import type { Store } from "../../src/store/store.ts";

/** Tests `RoomLog.membership` and `RoomLog.endMembership` of the stores that `open` makes. */
export function testRoomMemberships(name: string, open: () => Promise<Store>): void {
  describe(`${name}: room memberships`, () => {
    test("a member's membership is 0 at first, and another number after each end", async () => {
      const { rooms } = await open();
      await rooms.position("r");
      const numbers = [await rooms.membership("r", "ada")];
      for (let ended = 0; ended < 3; ended += 1) {
        await rooms.endMembership("r", "ada");
        numbers.push(await rooms.membership("r", "ada"));
      }
      expect(numbers[0]).toBe(0);
      expect(new Set(numbers).size).toBe(4);
    });

    test("the end of a membership affects no other member and no other room, and no message", async () => {
      const { rooms } = await open();
      const before = await rooms.position("r");
      await rooms.position("q");
      await rooms.endMembership("r", "ada");
      expect(await rooms.membership("r", "bob")).toBe(0);
      expect(await rooms.membership("q", "ada")).toBe(0);
      expect(await rooms.position("r")).toEqual(before);
    });

    test("a room that does not exist has no memberships, and does not begin by asking or ending", async () => {
      const { rooms } = await open();
      await rooms.endMembership("r", "ada");
      expect(await rooms.membership("r", "ada")).toBe(0);
    });

    test("a room that was forgotten and begins again has another epoch, whatever its memberships are", async () => {
      const { rooms } = await open();
      const { epoch } = await rooms.position("r");
      await rooms.endMembership("r", "ada");
      for (const now of [0, 10, 20]) await rooms.sweep(now, 10);
      expect((await rooms.position("r")).epoch).not.toBe(epoch);
    });

    test("no member gets back a number that it had, however many memberships end", async () => {
      const { rooms } = await open();
      await rooms.position("r");
      const numbers = [await rooms.membership("r", "ada")];
      for (let round = 0; round < 5; round += 1) {
        await rooms.endMembership("r", "ada");
        numbers.push(await rooms.membership("r", "ada"));
        for (let n = 0; n < 500; n += 1) await rooms.endMembership("r", `member ${round} ${n}`);
      }
      await rooms.endMembership("r", "ada");
      numbers.push(await rooms.membership("r", "ada"));
      expect(new Set(numbers).size).toBe(numbers.length);
    });
  });
}
