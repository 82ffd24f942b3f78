/** How a store records what happened to a session in one tick. */
import { describe, expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import type { SessionCommit } from "../../src/store/session-store.ts";
import type { Store } from "../../src/store/store.ts";
import {
  attempted,
  openWithSession,
  readState,
  retain,
  roomMessage,
  threeMessages,
  watcher,
} from "./store-fixtures.ts";

/** Tests `commit` of a store; `open` returns a new, empty one each time. */
export function testCommits(name: string, open: () => Promise<Store>): void {
  describe(`${name}: commit`, () => {
    test("an acknowledgement drops the messages that it covers, and keeps its pending sequences", async () => {
      const { store, claim } = await openWithSession(open, { outgoing: threeMessages });
      await store.sessions.commit(claim, { acknowledged: { upTo: 2, pending: [1] } });
      expect(await store.sessions.list()).toMatchObject([{ bytes: 2 }]);
      expect(await readState(store, claim, 2)).toMatchObject({
        acknowledged: { upTo: 2, pending: [1] },
        unacknowledged: threeMessages.slice(2),
      });
    });

    test("one record changes messages, both positions and the note", async () => {
      const { store, claim } = await openWithSession(open);
      const record = {
        outgoing: threeMessages,
        acknowledged: { upTo: 3, pending: [2, 3] },
        received: { upTo: 4, pending: [4] },
        note: new Uint8Array([1, 2]),
      };
      expect(await store.sessions.commit(claim, record)).toBe(true);
      const { outgoing: _, ...rest } = record;
      expect(await readState(store, claim, 3)).toEqual({ ...rest, lastSequence: 3, unacknowledged: [] });
    });

    test.each<[string, SessionCommit]>([
      ["a repeated sequence", { outgoing: [{ sequence: 3, data: "" }] }],
      ["a missing sequence", { outgoing: [{ sequence: 5, data: "" }] }],
      ["an acknowledgement above the last sequence", { acknowledged: { upTo: 4, pending: [] } }],
      ["an acknowledgement that decreases", { acknowledged: { upTo: 0, pending: [] } }],
      ["a received position that decreases", { received: { upTo: 1, pending: [] } }],
      ["a pending sequence above upTo", { received: { upTo: 2, pending: [3] } }],
      ["pending sequences that do not ascend", { received: { upTo: 3, pending: [2, 1] } }],
      ["the pending sequence 0", { received: { upTo: 3, pending: [0] } }],
      ["an upTo that is not a number", { received: { upTo: Number.NaN, pending: [] } }],
    ])("%s throws a RangeError, and nothing changes", async (_, record) => {
      const { store, claim } = await openWithSession(open, {
        outgoing: threeMessages,
        acknowledged: { upTo: 1, pending: [] },
        received: { upTo: 2, pending: [1] },
      });
      const roomMessages = [{ room: "r", message: roomMessage(""), keep: retain(9) }];
      const commit = attempted(() => store.sessions.commit(claim, { note: "no", roomMessages, ...record }));
      await expect(commit).rejects.toThrow(RangeError);
      expect((await store.rooms.position("r")).offset).toBe(0);
      expect(await readState(store, claim, 1)).toEqual({
        received: { upTo: 2, pending: [1] },
        acknowledged: { upTo: 1, pending: [] },
        lastSequence: 3,
        unacknowledged: threeMessages.slice(1),
        note: undefined,
      });
    });

    test("the room messages of records are appended once, in their order", async () => {
      const { store, claim } = await openWithSession(open);
      const received: unknown[] = [];
      const watch = store.rooms.watch(
        "r",
        watcher(({ data }) => received.push(data)),
      );
      await watch.ready;
      const messagesOf = (record: number) =>
        ["r", "q", "r"].map((room, index) => ({
          room,
          message: roomMessage(`${record}.${index} to ${room}`),
          keep: retain(9),
        }));
      for (const record of [1, 2])
        expect(await store.sessions.commit(claim, { roomMessages: messagesOf(record) })).toBe(true);
      await store.sessions.remove(claim);
      const expected = [1, 2].flatMap((record) => [`${record}.0 to r`, `${record}.2 to r`]);
      await vi.waitFor(() => expect(received).toEqual(expected), waitOptions);
      expect((await store.rooms.read("r", {}, 9)).entries.map(({ data }) => data)).toEqual(expected);
      expect((await store.rooms.read("q", {}, 9)).entries.map(({ data }) => data)).toEqual([
        "1.1 to q",
        "2.1 to q",
      ]);
    });

    test("a text stays the same text, and bytes stay the same bytes", async () => {
      const data = ["", "é🙂\u0000", "x".repeat(70_000), new Uint8Array(), new Uint8Array([0, 255, 13, 10])];
      const outgoing = data.map((one, index) => ({ sequence: index + 1, data: one }));
      const { store, claim } = await openWithSession(open, { outgoing });
      expect((await readState(store, claim)).unacknowledged.map((message) => message.data)).toEqual(data);
    });
  });
}
