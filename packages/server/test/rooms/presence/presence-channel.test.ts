import { expect, test } from "vitest";
import { PresenceChannel } from "../../../src/rooms/presence/presence-channel.ts";
import { memoryStore } from "../../../src/store/memory/memory-store.ts";
import type { RoomLog } from "../../../src/store/room-log.ts";
import { Clock } from "../../../src/timing/clock.ts";
import { flushPromises } from "../../flush-promises.ts";

/** A channel, and what its listener receives. */
function startChannel(changes: Partial<RoomLog> = {}) {
  const { rooms } = memoryStore();
  const log = Object.assign(Object.create(rooms) as RoomLog, changes);
  const received: unknown[] = [];
  const errors: unknown[] = [];
  const listener = {
    receive: (announcement: unknown) => void received.push(announcement),
    missed: () => void received.push("missed"),
  };
  const onError = (error: unknown): void => void errors.push(error);
  const channel = new PresenceChannel({ log, key: "tea", clock: new Clock(), onError }, listener);
  const append = (data: unknown) =>
    rooms.append("tea", { name: "presence", data: JSON.stringify(data), at: 0 }, { messages: 0, ms: 0 });
  return { channel, append, received, errors, rooms };
}

const here = [{ id: "a", at: 0, away: false }];

test.each([
  null,
  {},
  { node: 1 },
  { node: "n", here: {} },
  { node: "n", here: [null] },
  { node: "n", here: [{ ...here[0], principal: 1 }] },
  { node: "n", here: [{ ...here[0], at: 1e300 }] },
  { node: "n", gone: [1] },
  { node: "n", all: [{}] },
])("what another version announces is reported, and not applied: %j", (announcement) => {
  const { append, received, errors } = startChannel();
  void append(announcement);
  expect([received, errors]).toEqual([["missed"], [expect.any(TypeError)]]);
  void append({ node: "n", here, gone: ["b"], all: ["a"], later: true });
  expect(received).toHaveLength(2);
});

test("a watch that fails is reported, and begins again when it is asked to", async () => {
  let fails = true;
  const { channel, append, received, errors, rooms } = startChannel({
    watch: (room, watcher) =>
      fails
        ? { ready: Promise.reject(new Error("no connection")), stop: () => {} }
        : rooms.watch(room, watcher),
  });
  await flushPromises();
  expect([received, errors]).toEqual([[], [new Error("no connection")]]);
  fails = false;
  channel.watch();
  channel.watch();
  void append({ node: "n" });
  expect(received).toEqual(["missed", { node: "n" }]);
  channel.stop();
  void append({ node: "n" });
  expect(received).toHaveLength(2);
});
