import { contract, type FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { Clock } from "../../src/timing/clock.ts";
import { ContractRooms } from "../../src/contract/contract-rooms.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import type { Peer } from "../../src/contract/peer.ts";
import { RoomMemberships } from "../../src/rooms/memberships.ts";
import type { RoomLog } from "../../src/store/store.ts";
import { quiet, TestOutlet } from "../rooms/outlets.ts";

const news = contract("/news", { server: { said: z.unknown() } });

/** A codec that counts what it writes and what it completes. */
function counting(codec: FrameCodec) {
  const count = { written: 0, stamped: 0 };
  const counted: FrameCodec = {
    protocol: codec.protocol,
    read: codec.read,
    write: (frame) => ((count.written += 1), codec.write(frame)),
    stamp: (...args) => ((count.stamped += 1), codec.stamp(...args)),
  };
  return { count, counted };
}

/** A room whose messages are written by the first of the codecs, and how to join it. */
function room(codecs: readonly FrameCodec[], rooms: RoomLog = memoryStore().rooms) {
  const seats = new WeakMap<object, RoomMemberships>();
  const guest = (peer: object) => ({
    memberships: seats.get(peer) as RoomMemberships,
    onError: (error: unknown) => expect.fail(String(error)),
  });
  const storeFailed = vi.fn<(error: unknown) => void>();
  const all = new ContractRooms(news, {
    clock: new Clock(),
    codecs,
    store: { rooms },
    findClient: guest,
    onStoreError: storeFailed,
  });
  const tea = all.room("tea");
  const enter = (outlet: TestOutlet): TestOutlet => {
    const seat = new RoomMemberships(crypto.randomUUID());
    const peer = { id: seat.id, closed: new Promise(() => {}) };
    seats.set(peer, seat);
    seat.attach(outlet);
    tea.join(peer as unknown as Peer<{ said: z.ZodUnknown }>); // it is all that a room needs of a peer
    return outlet;
  };
  return { tea, enter, storeFailed };
}

test.each([jsonFrames, msgpack])(
  "$protocol: one writing and one message for 1,000 members",
  async (codec) => {
    const { count, counted } = counting(codec);
    const { tea, enter } = room([counted]);
    const members = Array.from({ length: 1_000 }, () => enter(new TestOutlet({ codec: counted })));
    await quiet();
    await tea.send("said", { n: 1 });
    expect(count).toEqual({ written: 1, stamped: 1 });
    const messages = new Set(members.map(({ messages: [, said] }) => said));
    expect(messages.size).toBe(1);
    expect(members.map(({ heard }) => heard)).toEqual(members.map(() => [{ n: 1 }]));
  },
);

test("members of two codecs, and plain ones, have a message each, written once", async () => {
  const { count, counted } = counting(msgpack);
  const { tea, enter } = room([counted]);
  const kinds = [{ codec: counted }, { codec: jsonFrames }, { plain: true }];
  const [packed, spoken, plain] = kinds.map((kind) => [1, 2].map(() => enter(new TestOutlet(kind))));
  await quiet();
  tea.send("said", { at: new Date(0), large: 2n ** 70n });
  expect(count.written).toBe(1);
  const said = packed?.[0]?.messages[1];
  expect(counted.read(said ?? "")).toMatchObject({ o: 1, p: 0, data: { at: new Date(0), large: 2n ** 70n } });
  const data = { at: "1970-01-01T00:00:00.000Z", large: String(2n ** 70n) };
  expect(spoken?.map(({ frames: [, frame] }) => frame)).toEqual(
    [1, 2].map(() => ({ t: "said", room: "tea", o: 1, p: 0, name: "said", data })),
  );
  expect(plain?.map(({ frames: [frame] }) => frame)).toEqual(
    [1, 2].map(() => ({ t: "event", name: "said", data })),
  );
});

test("what comes out of a file is said as it was", async () => {
  const { rooms } = memoryStore();
  const restored: RoomLog = {
    ...rooms,
    // Bytes that were read from a file are bytes and nothing more.
    append: (name, message, keep) =>
      rooms.append(name, { ...message, data: Uint8Array.from(message.data as Uint8Array) }, keep),
  };
  const { tea, enter } = room([msgpack], restored);
  const member = enter(new TestOutlet());
  await quiet();
  tea.send("said", { at: new Date(0) });
  expect(member.heard).toEqual([{ at: "1970-01-01T00:00:00.000Z" }]);
});

describe("a log that fails", () => {
  const full: RoomLog = {
    ...memoryStore().rooms,
    append: () => {
      throw new Error("the store is full");
    },
  };

  test("fails what was said", async () => {
    const { tea, storeFailed } = room([jsonFrames], full);
    let failure: unknown;
    try {
      await tea.send("said", 1);
    } catch (error) {
      failure = error;
    }
    expect(failure).toEqual(new Error("the store is full"));
    expect(storeFailed).not.toHaveBeenCalled();
  });

  test("is told to the app, when nobody waits for what was said", async () => {
    const { tea, storeFailed } = room([jsonFrames], full);
    tea.send("said", 1);
    await quiet();
    const cause = new Error("the store is full");
    expect(storeFailed.mock.calls).toEqual([[new Error("what was said in a room is lost", { cause })]]);
  });
});
