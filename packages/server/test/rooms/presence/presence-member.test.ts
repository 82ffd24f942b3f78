import { expect, test } from "vitest";
import { startRoom } from "./start-room.ts";

test.each([false, true])(
  "a session that is back before its wire before has closed stays in the room; it moved: %j",
  async (moved) => {
    const { room, join, tick } = startRoom();
    const before = join("a");
    before.show("before");
    await tick();
    const a = join("a");
    a.show("back");
    await tick();
    before.member.detach();
    before.member.leave(moved);
    for (let passes = 0; passes < 10; passes += 1) await tick();
    expect(room.members).toEqual([{ id: "a", state: "here", connections: 1, data: "back" }]);
    a.member.leave(false);
    expect(room.members).toEqual([]);
  },
);
