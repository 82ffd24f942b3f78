import { jsonFrames } from "@symbolon/protocol/internal";
import { vi } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { createStartFinder } from "../../src/rooms/member-start.ts";
import { RoomReader } from "../../src/rooms/room-reader.ts";
import { RoomSource } from "../../src/rooms/room-source.ts";
import type { SlowPolicy } from "../../src/rooms/slow-policy.ts";
import { RoomProofs } from "../../src/rooms/room-proofs.ts";
import { RoomEncoder } from "../../src/rooms/room-encoder.ts";
import type { Retention, RoomLog, RoomPosition } from "../../src/store/room-log.ts";
import { forget } from "../../src/rooms/room-memory.ts";

/** The room's name in its log. */
const key = "log of tea";

/** A room "tea" whose log keeps 10 messages of 100 s; without memory it keeps none. */
export function createTestRoom({ remembers = true } = {}) {
  const clock = new Clock();
  const log = memoryStore().rooms;
  const encoder = new RoomEncoder(jsonFrames);
  const proofs = new RoomProofs(() => "secret of the store");
  void proofs.load();

  /** Sends a message; the log has it at once. */
  function send(data: unknown, { except, keep }: { except?: string; keep?: Retention } = {}): void {
    const message = { name: "posted", data: encoder.encode("posted", data), except, at: clock.now };
    void log.append(key, message, keep ?? (remembers ? { messages: 10, ms: 100_000 } : forget));
  }

  /** A volatile event, as readers receive it. */
  function volatile(data: unknown, except?: string) {
    return { name: "posted", data: encoder.encode("posted", data), except, at: 0, offset: 0, previous: 0 };
  }

  /** A reader that begins where `findStart` finds. */
  function createReaderOf(slow: SlowPolicy, from: RoomLog, findStart: ReturnType<typeof createStartFinder>) {
    const onError = vi.fn<(error: unknown) => void>();
    const source = new RoomSource({ name: "tea", key, log: from, proofs, encoder, slow, remembers, clock });
    const reader = new RoomReader(source, { id: "me", member: "my key", onError }, findStart);
    return { reader, source, onError };
  }

  /** A reader from `startAt`, or where the room is now. */
  function createReader(slow: SlowPolicy = "pause", from: RoomLog = log, startAt?: RoomPosition) {
    const start = Promise.resolve(startAt ?? from.position(key)).then((position) => ({
      ...position,
      from: position.offset,
      membership: 0,
    }));
    return { ...createReaderOf(slow, from, () => start), start };
  }

  /** A reader for a member that joins now; the log fails when it is asked for the room's position. */
  function createUnluckyReader() {
    vi.spyOn(log, "position").mockRejectedValueOnce(new Error("the log failed"));
    const member = { member: "my key", account: "me", earlier: undefined };
    const joining = { log, proofs, room: key, at: clock.now, keep: forget, ...member };
    return createReaderOf("pause", log, createStartFinder(joining));
  }

  /** What a member's position has besides: it may receive the messages after `from`. */
  function proven(epoch: string, from: number) {
    const start = { room: key, epoch, from, member: "my key", membership: 0 };
    return { from, proof: proofs.sign(start) };
  }

  return {
    clock,
    log,
    send,
    createReader,
    createUnluckyReader,
    proven,
    volatile,
    position: () => log.position(key),
  };
}
