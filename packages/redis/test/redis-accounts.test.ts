/** How much the rooms of a store in Redis keep of each account. */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { newSession, retain, roomMessage } from "../../server/test/store/store-fixtures.ts";
import { type RedisStore, redisStore } from "../src/index.ts";
import { RedisServer } from "./redis-server/redis-server.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.stop());

let prefixes = 0;

/** Two processes that share a store, in which an account may cause 3,000 bytes. */
function openTwo() {
  const prefix = `test-${(prefixes += 1)}`;
  const open = (): RedisStore => {
    const store = redisStore({ url: server.url, prefix, accountBytes: 3_000 });
    onTestFinished(() => store.close());
    return store;
  };
  const used = async (): Promise<unknown> => {
    const fields = (await server.command("HGETALL", `{${prefix}}:accounts`)) as Record<string, string>;
    return { ...fields };
  };
  return { store: open(), other: open(), used };
}

const by = (account: string, text: string, at = 0) => ({ ...roomMessage(text, at), account });

test("what an account causes counts until the rooms drop it", async () => {
  const { store, used } = openTwo();
  await store.rooms.position("r", "ada");
  expect(await used()).toEqual({ ada: "1025" });
  await store.rooms.append("r", by("bob", "12345"), retain(2, 10_000));
  await store.rooms.append("r", by("é: 7", "1"), retain(2, 10_000));
  expect(await used()).toEqual({ ada: "1025", bob: "261", "é: 7": "257" });
  const { entries } = await store.rooms.read("r", {}, 9);
  expect(entries.map(({ account, data }) => [account, data])).toEqual([
    ["bob", "12345"],
    ["é: 7", "1"],
  ]);
  await store.rooms.append("r", roomMessage("of no account"), retain(2, 10_000));
  expect(await used()).toEqual({ ada: "1025", "é: 7": "257" });
  await store.rooms.sweep(10_000, 5_000);
  expect(await used()).toEqual({ ada: "1025" });
  await store.rooms.sweep(15_000, 5_000);
  expect(await used()).toEqual({});
});

test("messages that no room retains count to no account, and end those that did", async () => {
  const { store, used } = openTwo();
  await store.rooms.position("r");
  await store.rooms.append("r", by("ada", "kept"), retain(9));
  await store.rooms.append("r", by("ada", "not kept"), retain(0));
  expect(await used()).toEqual({});
});

test("an account that fills its part is refused, and no other; also at another process once that has asked", async () => {
  const { store, other } = openTwo();
  const allows = (at: RedisStore, account: string) => at.rooms.hasCapacity?.(account, 300);
  await store.rooms.position("r");
  expect(allows(store, "ada")).toBe(true);
  const claim = await store.sessions.create({ ...newSession, account: "ada" });
  const message = by("ada", "x".repeat(1_000));
  const appended = store.rooms.append("r", message, retain(9));
  await store.sessions.commit(claim, { roomMessages: [{ room: "r", message, keep: retain(9) }] });
  await appended;
  expect([allows(store, "ada"), allows(store, "bob")]).toEqual([true, true]);
  const third = store.rooms.append("r", by("ada", "y".repeat(300)), retain(9));
  expect(allows(store, "ada")).toBe(false); // as long as it is on its way, too
  await third;
  expect([allows(store, "ada"), allows(store, "bob")]).toEqual([false, true]);
  expect(allows(other, "ada")).toBe(true);
  await other.rooms.read("r", {}, 1, "ada");
  expect(allows(other, "ada")).toBe(false);
});
