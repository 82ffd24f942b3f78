import { jsonFrames } from "@symbolon/protocol";
import { vi } from "vitest";
import { Clock } from "../../src/timing/clock.ts";
import { memoryStore } from "../../src/store/memory-store.ts";
import { Reading, type SlowPolicy } from "../../src/rooms/room-reader.ts";
import { RoomWords } from "../../src/rooms/room-encoder.ts";
import type { Keep, RoomLog, RoomPosition } from "../../src/store/store.ts";

/** A room whose log has little place: 10 messages of 100 seconds. */
export function smallRoom() {
  const clock = new Clock();
  const log = memoryStore().rooms;
  const words = new RoomWords(jsonFrames);

  /** Says something in the room; the log has it at once. */
  function say(data: unknown, { except, keep }: { except?: string; keep?: Keep } = {}): void {
    const message = { name: "said", data: words.write("said", data), except, at: clock.now };
    void log.append("log of tea", message, keep ?? { messages: 10, seconds: 100 });
  }

  /** One who reads the room from where it is now, or from `base`; `slow` is what becomes of those who are slow. */
  function reader(slow: SlowPolicy = "pause", from: RoomLog = log, base?: RoomPosition) {
    const readings = new Set<Reading>();
    from.watch("log of tea", (entry, ep) => {
      for (const one of readings) one.hear(entry, ep);
    });
    const failed = vi.fn<(error: unknown) => void>();
    const source = { name: "tea", key: "log of tea", log: from, words, slow, clock, readings };
    const start = Promise.resolve(base ?? from.position("log of tea"));
    return { member: new Reading(source, { id: "me", failed }, () => start), readings, failed, start };
  }

  return { clock, log, say, reader };
}
