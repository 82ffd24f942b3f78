import { jsonFrames } from "@symbolon/protocol/internal";
import { vi } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { RoomReader, type SlowPolicy } from "../../src/rooms/room-reader.ts";
import { RoomEncoder } from "../../src/rooms/room-encoder.ts";
import type { Retention, RoomLog, RoomPosition } from "../../src/store/store.ts";

/** A room whose log has little place: 10 messages of 100 seconds. */
export function smallRoom() {
  const clock = new Clock();
  const log = memoryStore().rooms;
  const words = new RoomEncoder(jsonFrames);

  /** Says something in the room; the log has it at once. */
  function say(data: unknown, { except, keep }: { except?: string; keep?: Retention } = {}): void {
    const message = { name: "said", data: words.encode("said", data), except, at: clock.now };
    void log.append("log of tea", message, keep ?? { messages: 10, ms: 100_000 });
  }

  /** One who reads the room from where it is now, or from `base`; `slow` is what becomes of those who are slow. */
  function reader(slow: SlowPolicy = "pause", from: RoomLog = log, base?: RoomPosition) {
    const readings = new Set<RoomReader>();
    from.subscribe("log of tea", (entry, ep) => {
      for (const one of readings) one.receive(entry, ep);
    });
    const failed = vi.fn<(error: unknown) => void>();
    const source = {
      name: "tea",
      key: "log of tea",
      log: from,
      encoder: words,
      slow,
      clock,
      readers: readings,
    };
    const start = Promise.resolve(base ?? from.position("log of tea"));
    return {
      member: new RoomReader(source, { id: "me", onError: failed }, () => start),
      readings,
      failed,
      start,
    };
  }

  return { clock, log, say, reader };
}
