import { expect, test } from "vitest";
import { readRoomMemory, type RoomMemoryOptions } from "../../src/rooms/room-memory.ts";

const retention = { messages: 1_000, ms: 120_000, bytes: 4_194_304 };
const nothing = { messages: 0, ms: 0 };

test.each<[false | RoomMemoryOptions | undefined, object]>([
  [undefined, { remembers: true, retention, newMembers: nothing, sweepInterval: 120_000, idle: 120_000 }],
  [{}, { remembers: true, retention, newMembers: nothing, sweepInterval: 120_000, idle: 120_000 }],
  [
    false,
    { remembers: false, retention: nothing, newMembers: nothing, sweepInterval: 120_000, idle: 120_000 },
  ],
  [{ messages: 5 }, { retention: { ...retention, messages: 5 }, newMembers: nothing }],
  [
    { ms: 50, bytes: 9 },
    { retention: { messages: 1_000, ms: 50, bytes: 9 }, sweepInterval: 1_000, idle: 120_000 },
  ],
  [{ newMembers: {} }, { retention, newMembers: { messages: 1_000, ms: 120_000 } }],
  [{ messages: 5, newMembers: { ms: 10 } }, { newMembers: { messages: 5, ms: 10 } }],
  [
    { newMembers: { messages: 2_000, ms: 3_600_000 } },
    {
      retention: { ...retention, messages: 2_000, ms: 3_600_000 },
      sweepInterval: 3_600_000,
      idle: 3_600_000,
    },
  ],
])("rooms.memory %j is read", (memory, expected) => {
  expect(readRoomMemory(memory)).toMatchObject(expected);
});

const remedy = "to remember nothing, set rooms.memory to false";

test.each([
  [{ messages: 0 }, `rooms.memory.messages must be above 0, not 0: ${remedy}`],
  [{ ms: -1 }, `rooms.memory.ms must be above 0, not -1: ${remedy}`],
  [{ bytes: "9" }, `rooms.memory.bytes must be above 0, not "9": ${remedy}`],
  [
    { newMembers: { messages: 0 } },
    "rooms.memory.newMembers.messages must be above 0, not 0: without newMembers a new member receives nothing older",
  ],
  [
    { newMembers: { messages: NaN } },
    "rooms.memory.newMembers.messages must be above 0, not NaN: without newMembers a new member receives nothing older",
  ],
  [
    { newMembers: { ms: "1" } },
    'rooms.memory.newMembers.ms must be above 0, not "1": without newMembers a new member receives nothing older',
  ],
  [
    { ms: 10, newMembers: { ms: 11 } },
    "rooms.memory.newMembers.ms is 11, but the room remembers less: raise rooms.memory.ms (10)",
  ],
])("rooms.memory %j is a RangeError that names the option", (memory, message) => {
  expect(() => readRoomMemory(memory as never)).toThrow(new RangeError(message));
});

test.each([
  [true, "rooms.memory must be false, or an object with the bounds messages, ms and bytes, not true"],
  [null, "rooms.memory must be false, or an object with the bounds messages, ms and bytes, not null"],
  [{ newMembers: 5 }, "rooms.memory.newMembers must be an object with the bounds messages and ms, not 5"],
  [{ keep: 5 }, 'rooms.memory has no option "keep": its options are messages, ms, bytes, newMembers'],
  [
    { newMembers: { bytes: 5 } },
    'rooms.memory.newMembers has no option "bytes": its options are messages, ms',
  ],
])("rooms.memory %j is a TypeError that names the option", (memory, message) => {
  expect(() => readRoomMemory(memory as never)).toThrow(new TypeError(message));
});
