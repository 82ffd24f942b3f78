/** The members of a room in a process whose log is at another machine: it answers later, and may lose its connection. */
import { jsonFrames } from "@symbolon/protocol/internal";
import { CloseCode } from "@symbolon/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { RoomEncoder } from "../../src/rooms/room-encoder.ts";
import { RoomProofs } from "../../src/rooms/room-proofs.ts";
import { RoomReader } from "../../src/rooms/room-reader.ts";
import { RoomSource } from "../../src/rooms/room-source.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { RoomLog, RoomPart, RoomPosition, RoomWatcher } from "../../src/store/room-log.ts";
import { Clock } from "../../src/timing/clock.ts";
import { flushPromises } from "../flush-promises.ts";
import { valueGate } from "../gate.ts";
import { roomMessage } from "../store/store-fixtures.ts";
import { TestOutlet } from "./test-outlet.ts";

const keep = { messages: 5_000, ms: 100_000 };

/** A room of a log whose messages arrive only while it is connected. */
function createRemoteRoom() {
  const { rooms } = memoryStore();
  const encoder = new RoomEncoder(jsonFrames);
  const connection = { watchers: new Set<RoomWatcher>(), isUp: true };
  const starts: { readonly open: (error: Error | undefined) => void }[] = [];
  const readNow = async (...args: Parameters<RoomLog["read"]>): Promise<RoomPart> => rooms.read(...args);
  const read = vi.fn<RoomLog["read"]>(readNow);
  const log: RoomLog = {
    ...rooms,
    read,
    watch: (_, watcher) => {
      const start = valueGate<Error | undefined>();
      starts.push(start);
      const ready = start.passed.then((error) => {
        if (error !== undefined) throw error;
        connection.watchers.add(watcher);
      });
      return { ready, stop: () => void connection.watchers.delete(watcher) };
    },
  };
  rooms.watch("tea", {
    receive: (entry, epoch) => {
      if (connection.isUp) for (const watcher of connection.watchers) watcher.receive(entry, epoch);
    },
    missed: () => {},
  });
  const proofs = new RoomProofs(() => "secret");
  void proofs.load();
  const source = new RoomSource({
    name: "tea",
    key: "tea",
    log,
    proofs,
    encoder,
    slow: "pause",
    remembers: true,
    clock: new Clock(),
  });

  /** Sends a message. */
  async function send(data: unknown): Promise<void> {
    await rooms.append("tea", { ...roomMessage(encoder.encode("posted", data)), name: "posted" }, keep);
  }

  /** A connected member that has joined now, or when the room was at a position. */
  async function join(at?: RoomPosition): Promise<{ outlet: TestOutlet; errors: unknown[] }> {
    const start = at ?? (await rooms.position("tea"));
    const errors: unknown[] = [];
    const client = { id: "me", member: "key", onError: (error: unknown) => void errors.push(error) };
    const reader = new RoomReader(source, client, () =>
      Promise.resolve({ ...start, from: start.offset, membership: 0 }),
    );
    const outlet = new TestOutlet();
    reader.attach(outlet, undefined);
    return { outlet, errors };
  }

  /** The watch that was started last settles. */
  async function watchStarts(error?: Error): Promise<void> {
    starts.at(-1)?.open(error);
    await flushPromises();
  }

  /** The connection comes back. */
  async function reconnect(): Promise<void> {
    connection.isUp = true;
    for (const watcher of connection.watchers) watcher.missed();
    await flushPromises();
  }

  return {
    source,
    send,
    join,
    watchStarts,
    reconnect,
    connection,
    read,
    readNow,
    starts: () => starts.length,
    position: async () => rooms.position("tea"),
  };
}

let room = createRemoteRoom();
beforeEach(() => {
  room = createRemoteRoom();
});

describe("a watch that is not ready", () => {
  test("delays the members: they read what was sent before it is, and receive the rest as it arrives", async () => {
    const { outlet } = await room.join();
    await room.send("before");
    await flushPromises();
    expect([outlet.frames, room.read.mock.calls]).toEqual([[], []]);
    await room.watchStarts();
    await room.send("after");
    expect(outlet.summary).toEqual(["before", "after"]);
    expect(room.read).toHaveBeenCalledOnce();
  });

  test("and fails closes the members' connections, and is tried again for the next ones", async () => {
    const { outlet, errors } = await room.join();
    const refused = new Error("no permission");
    await room.watchStarts(refused);
    expect([errors, outlet.drops]).toMatchObject([[refused], [{ code: CloseCode.InternalError }]]);
    const next = await room.join();
    await room.send("a");
    await room.watchStarts();
    expect([next.outlet.summary, room.starts()]).toEqual([["a"], 2]);
  });

  test("is not started again when the room has no member left", async () => {
    room.source.stop();
    await room.watchStarts(new Error("stopped"));
    expect([room.source.ready, room.starts()]).toEqual([undefined, 1]);
  });
});

describe("members of one process", () => {
  test("read what they missed while the connection was lost, all together once", async () => {
    const members = [await room.join(), await room.join(), await room.join()];
    await room.watchStarts();
    await room.send("a");
    room.connection.isUp = false;
    for (const data of ["b", "c"]) await room.send(data);
    expect(members.map(({ outlet }) => outlet.summary)).toEqual(members.map(() => ["a"]));
    room.read.mockClear();
    await room.reconnect();
    await room.send("d");
    expect(members.map(({ outlet }) => outlet.summary)).toEqual(members.map(() => ["a", "b", "c", "d"]));
    expect(room.read).toHaveBeenCalledOnce();
  });

  test("do not share a reading that may lack a message which has arrived since", async () => {
    const answer = valueGate<undefined>();
    const first = await room.join();
    await room.watchStarts();
    const { read } = room;
    read.mockClear();
    read.mockImplementationOnce(async (...args) => {
      const part = await room.readNow(...args);
      await answer.passed;
      return part;
    });
    const start = await room.position();
    const second = await room.join(start); // its reading takes long
    await flushPromises();
    await room.send("a");
    const third = await room.join(start);
    await flushPromises();
    expect([first, second, third].map(({ outlet }) => outlet.summary)).toEqual([["a"], [], ["a"]]);
    answer.open(undefined);
    await flushPromises();
    expect(second.outlet.summary).toEqual(["a"]);
  });

  test("may read all that follows a position, in parts of 1,000", async () => {
    const start = await room.position();
    for (let n = 1; n <= 2_500; n += 1) await room.send(n);
    const { offset, entries } = await room.source.read(start, true);
    expect([offset, entries.length, entries.at(-1)?.offset]).toEqual([2_500, 2_500, 2_500]);
    expect(room.read.mock.calls.map(([, , most]) => most)).toEqual([1_000, 1_000, 1_000]);
  });
});
