/** Calls that a store on a server has to make once and in order, whatever happens meanwhile. */
import { expect } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { newSession, retain, roomMessage } from "../store-fixtures.ts";

const keep = retain(100_000, 1e9);

/** Appends texts to the room "r" and commits them to a session, all at once; resolves with those that the room has. */
export async function appendAll({ sessions, rooms }: Store, count: number): Promise<readonly unknown[]> {
  const claim = await sessions.create(newSession);
  const calls: Promise<unknown>[] = [];
  for (let n = 1; n <= count; n += 1) {
    const roomMessages = [{ room: "r", message: roomMessage(`commit ${n}`), keep }];
    calls.push(
      Promise.resolve(sessions.commit(claim, { outgoing: [{ sequence: n, data: "m" }], roomMessages })),
      Promise.resolve(rooms.append("r", roomMessage(`append ${n}`), keep)),
    );
    if (n % 10 === 0) await calls.at(-10);
  }
  const results = await Promise.all(calls);
  expect(results.filter((result) => result === false)).toEqual([]);
  const { entries } = await rooms.read("r", {}, 2 * count + 1);
  return entries.map(({ data }) => data);
}

/** What `appendAll` has to return. */
export function allAppended(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => [`commit ${index + 1}`, `append ${index + 1}`]).flat();
}

/** Watches a room. Resolves, when the watch is ready, with a list to which it adds each message, and "missed". */
export async function watchRoom({ rooms }: Store, room: string): Promise<readonly unknown[]> {
  const received: unknown[] = [];
  const { ready } = rooms.watch(room, {
    receive: ({ data }) => received.push(data),
    missed: () => received.push("missed"),
  });
  await ready;
  return received;
}
