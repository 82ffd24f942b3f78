import { contract, type FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { Clock } from "../../src/timing/clock.ts";
import { ContractRooms } from "../../src/contract/contract-rooms.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { Peer } from "../../src/contract/peer.ts";
import { RoomMemberships } from "../../src/rooms/memberships.ts";
import type { RoomLog } from "../../src/store/room-log.ts";
import { flushPromises } from "../flush-promises.ts";
import { TestOutlet } from "../rooms/test-outlet.ts";

const news = contract("/news", { server: { posted: z.unknown() } });

/** Counts how often a codec writes and stamps. */
function countCalls(codec: FrameCodec) {
  const count = { written: 0, stamped: 0 };
  const counted: FrameCodec = {
    protocol: codec.protocol,
    read: codec.read,
    write: (frame) => ((count.written += 1), codec.write(frame)),
    stamp: (...args) => ((count.stamped += 1), codec.stamp(...args)),
  };
  return { count, counted };
}

/** A room whose messages the first of the codecs writes. */
function createTeaRoom(codecs: readonly FrameCodec[], log: RoomLog = memoryStore().rooms) {
  const onStoreError = vi.fn<(error: unknown) => void>();
  const rooms = new ContractRooms(news, {
    clock: new Clock(),
    codecs,
    store: { rooms: log, proofKey: () => "k" },
    onStoreError,
  });
  const tea = rooms.room("tea");
  const join = (outlet: TestOutlet): TestOutlet => {
    const memberships = new RoomMemberships(crypto.randomUUID(), outlet.plain ? undefined : "me");
    const peer = { id: memberships.id, closed: new Promise(() => {}) };
    rooms.addClient(peer, { memberships, account: "", onError: (error) => expect.fail(String(error)) });
    memberships.attach(outlet, undefined);
    tea.join(peer as unknown as Peer<{ posted: z.ZodUnknown }>); // it is all that a room needs of a peer
    return outlet;
  };
  return { tea, join, onStoreError };
}

test.each([jsonFrames, msgpack])(
  "$protocol: a message to 1,000 members is written once, and all receive the same bytes",
  async (codec) => {
    const { count, counted } = countCalls(codec);
    const { tea, join } = createTeaRoom([counted]);
    const members = Array.from({ length: 1_000 }, () => join(new TestOutlet({ codec: counted })));
    await flushPromises();
    await tea.send("posted", { n: 1 });
    expect(count).toEqual({ written: 1, stamped: 1 });
    const messages = new Set(members.map(({ messages: [, message] }) => message));
    expect(messages.size).toBe(1);
    expect(members.map(({ summary }) => summary)).toEqual(members.map(() => [{ n: 1 }]));
  },
);

test("a message to members of two codecs, and to plain members, is written once for each of the three", async () => {
  const { count, counted } = countCalls(msgpack);
  const { tea, join } = createTeaRoom([counted]);
  const kinds = [{ codec: counted }, { codec: jsonFrames }, { plain: true }];
  const [packed, json, plain] = kinds.map((kind) => [1, 2].map(() => join(new TestOutlet(kind))));
  await flushPromises();
  tea.send("posted", { at: new Date(0), large: 2n ** 70n });
  expect(count.written).toBe(1);
  const message = packed?.[0]?.messages[1];
  expect(counted.read(message ?? "")).toMatchObject({
    o: 1,
    p: 0,
    data: { at: new Date(0), large: 2n ** 70n },
  });
  const data = { at: "1970-01-01T00:00:00.000Z", large: String(2n ** 70n) };
  expect(json?.map(({ frames: [, frame] }) => frame)).toEqual(
    [1, 2].map(() => ({ t: "said", room: "tea", o: 1, p: 0, name: "posted", data })),
  );
  expect(plain?.map(({ frames: [frame] }) => frame)).toEqual(
    [1, 2].map(() => ({ t: "event", name: "posted", data })),
  );
});

test("a message that was read from a file arrives as it was sent", async () => {
  const { rooms } = memoryStore();
  const restored: RoomLog = {
    ...rooms,
    // Bytes that were read from a file are bytes and nothing more.
    append: (name, message, keep) =>
      rooms.append(name, { ...message, data: Uint8Array.from(message.data as Uint8Array) }, keep),
  };
  const { tea, join } = createTeaRoom([msgpack], restored);
  const member = join(new TestOutlet());
  await flushPromises();
  tea.send("posted", { at: new Date(0) });
  expect(member.summary).toEqual([{ at: "1970-01-01T00:00:00.000Z" }]);
});

describe("a log that fails", () => {
  const fullLog: RoomLog = {
    ...memoryStore().rooms,
    append: () => {
      throw new Error("the store is full");
    },
  };

  test("rejects the send", async () => {
    const { tea, onStoreError } = createTeaRoom([jsonFrames], fullLog);
    let failure: unknown;
    try {
      await tea.send("posted", 1);
    } catch (error) {
      failure = error;
    }
    expect(failure).toEqual(new Error("the store is full"));
    expect(onStoreError).not.toHaveBeenCalled();
  });

  test("is reported to the app when the send is not awaited", async () => {
    const { tea, onStoreError } = createTeaRoom([jsonFrames], fullLog);
    tea.send("posted", 1);
    await flushPromises();
    const cause = new Error("the store is full");
    expect(onStoreError.mock.calls).toEqual([
      [new Error("a room message may be lost: the store has failed", { cause })],
    ]);
  });
});
