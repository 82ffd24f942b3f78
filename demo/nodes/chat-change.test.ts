import { expect, test } from "vitest";
import type { RoomChange, SessionOwner } from "../chat-change.ts";
import { ChatRooms } from "../chat-room.ts";
import { Timers } from "../timers.ts";

const room = "lobby";

function owner(name: string, session: string, node: number): SessionOwner {
  return { name, session, node };
}

/** Applies changes to empty rooms. */
function applied(...changes: readonly Parameters<ChatRooms["apply"]>[0][]): ReturnType<ChatRooms["get"]> {
  const rooms = new ChatRooms(new Timers(), 1_000);
  for (const change of changes) rooms.apply(change);
  return rooms.get(room);
}

function entered(person: SessionOwner): RoomChange {
  return { type: "entered", room, person };
}

test("of two sessions with one name, the first to enter has it", () => {
  const chatRoom = applied(entered(owner("Ada", "s1", 1)), entered(owner("ada", "s2", 2)));
  expect(chatRoom.names).toEqual(["Ada"]);
  expect(chatRoom.isHere(owner("ada", "s2", 2))).toBe(false);
});

test("a new session takes over the name of one that is disconnected, or whose node is lost", () => {
  const first = owner("Ada", "s1", 1);
  for (const loss of [
    { type: "connection", room, person: first, connected: false },
    { type: "lost", node: 1 },
  ] as const)
    expect(applied(entered(first), loss, entered(owner("Ada", "s2", 2))).person("ada")).toEqual({
      ...owner("Ada", "s2", 2),
      connected: true,
    });
});

test("a session that has come to another node stays, whatever the earlier node reports after that", () => {
  const [first, second] = [owner("Ada", "s1", 1), owner("Ada", "s1", 2)];
  const chatRoom = applied(
    entered(first),
    entered(second),
    { type: "connection", room, person: first, connected: false },
    { type: "left", room, person: first },
    { type: "lost", node: 1 },
  );
  expect(chatRoom.people).toEqual([{ ...second, connected: true }]);
});

test("a message that comes twice is kept once", () => {
  const message = { id: "m1", from: "Ada", text: "hello", at: 1 };
  const change = { type: "message", room, message } as const;
  expect(applied(change, change).newestPage().messages).toEqual([message]);
});
