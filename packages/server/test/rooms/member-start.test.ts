import { describe, expect, test, vi } from "vitest";
import { createStartFinder, type Joining } from "../../src/rooms/member-start.ts";
import { RoomArrivals } from "../../src/rooms/room-arrivals.ts";
import { RoomProofs } from "../../src/rooms/room-proofs.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { RoomLog } from "../../src/store/room-log.ts";

const keep = { messages: 10, ms: 100_000 };

/** A log that executes its calls in order, each in a turn of its own. */
function createSlowLog(): RoomLog {
  const { rooms } = memoryStore();
  let last: Promise<unknown> = Promise.resolve();
  const queue = <Result>(call: () => Result): Promise<Awaited<Result>> => {
    const result = last.then(call);
    last = result;
    return result as Promise<Awaited<Result>>;
  };
  return {
    append: (...args) => queue(() => rooms.append(...args)),
    read: (...args) => queue(() => rooms.read(...args)),
    position: (...args) => queue(() => rooms.position(...args)),
    membership: (...args) => queue(() => rooms.membership(...args)),
    endMembership: (...args) => queue(() => rooms.endMembership(...args)),
    watch: (...args) => rooms.watch(...args),
    sweep: (...args) => queue(() => rooms.sweep(...args)),
  };
}

function append(log: RoomLog, data: string): void {
  void log.append("tea", { name: "posted", data, at: 0 }, keep);
}

describe.each([
  ["no messages", { messages: 0, ms: 0 }, 1],
  ["the newest message", { messages: 1, ms: 100_000 }, 0],
])("in a room that gives a new member %s", (_, given, offset) => {
  const proofs = new RoomProofs(() => "secret of the store");

  test.each([
    ["without a session", { member: undefined, earlier: undefined }],
    ["with a session", { member: "my key", earlier: undefined }],
    ["whose earlier position is not proven", { member: "my key", earlier: ["tea", "e", 1, 1, "forged"] }],
  ] as [string, Pick<Joining, "member" | "earlier">][])(
    "a member %s receives what is sent right after it joined",
    async (_, client) => {
      const log = createSlowLog();
      append(log, "before");
      const start = createStartFinder({
        log,
        proofs,
        room: "tea",
        account: "me",
        at: 0,
        keep: given,
        ...client,
      })();
      append(log, "after");
      expect((await start).offset).toBe(offset);
    },
  );
});

test("a member of a room that remembers nothing, whose first start fails, begins before what has arrived since it joined", async () => {
  const { rooms } = memoryStore();
  const forgotten = { messages: 0, ms: 0 };
  const arrivals = new RoomArrivals();
  rooms.watch("tea", { receive: (entry, epoch) => arrivals.add(entry, epoch), missed: () => {} });
  for (const at of [1, 2, 3]) await rooms.append("tea", { name: "posted", data: "", at }, forgotten);
  const position = vi.spyOn(rooms, "position").mockRejectedValueOnce(new Error("the log failed"));
  const findStart = createStartFinder({
    log: rooms,
    proofs: new RoomProofs(() => "secret of the store"),
    room: "tea",
    member: "my key",
    account: "me",
    earlier: undefined,
    at: 2,
    keep: forgotten,
  });
  await expect(findStart(arrivals)).rejects.toThrow("the log failed");
  expect(await findStart(arrivals)).toMatchObject({ offset: 1, from: 1 });
  expect(position).toHaveBeenCalledOnce();
});
