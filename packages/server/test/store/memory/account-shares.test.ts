// V4: what a store keeps is divided among the accounts of clients.
import { describe, expect, test } from "vitest";
import { AccountShares } from "../../../src/store/memory/account-shares.ts";
import { memoryStore } from "../../../src/store/memory/memory-store.ts";
import { fileStore } from "../../../src/store/file/file-store.ts";
import type { Awaitable } from "../../../src/store/awaitable.ts";
import type { Store } from "../../../src/store/store.ts";
import { temporaryDirectory } from "../file/directories.ts";
import { attempted, newSession, retain, roomMessage, storeOpener } from "../store-fixtures.ts";

test("an account may use as much as is free, and each finds something free", () => {
  const shares = new AccountShares(1_000);
  let total = 0;
  const fill = (account: string): number => {
    let used = 0;
    for (; shares.allows(account, 0, total); used += 1) {
      shares.add(account, 1);
      total += 1;
    }
    return used;
  };
  expect(fill("eve")).toBe(500);
  expect(fill("mallory")).toBe(250);
  for (let n = 0; n < 5; n += 1) expect(fill(`other ${n}`)).toBeGreaterThan(0);
  shares.add("eve", -500);
  total -= 500;
  expect(fill("ada")).toBeGreaterThan(100);
});

test("what the application uses is free for no account, and is not divided", () => {
  const shares = new AccountShares(1_000);
  shares.add(undefined, 900);
  expect([shares.allows("ada", 99, 900), shares.allows("ada", 100, 900)]).toEqual([true, false]);
});

const open = storeOpener();
const message = (text: string, account?: string) => ({ ...roomMessage(text), account });
const keep = retain(1_000_000);

describe.each<[string, (bytes: number) => Awaitable<Store>]>([
  ["a store in memory", (bytes) => memoryStore({ bytes })],
  ["a store in files", async (bytes) => fileStore({ directory: await temporaryDirectory(), bytes })],
])("%s", (_name, create) => {
  /** Sends messages of an account to ever new rooms until the store refuses one. Returns how many it accepted. */
  const fill = async ({ rooms }: Store, account: string): Promise<number> => {
    for (let n = 0; ; n += 1)
      try {
        await rooms.append(`${account} ${n}`, message("x".repeat(1_000), account), keep);
      } catch (error) {
        expect(String(error)).toContain(`the store keeps as much for "${account}" as is free`);
        return n;
      }
  };

  test("refuses the account that fills it, and accepts sessions and messages of others", async () => {
    const store = await open(create(1_000_000));
    expect(await fill(store, "eve")).toBeGreaterThan(200);
    await expect(
      attempted(() => store.sessions.create({ ...newSession, sessionId: "e", account: "eve" })),
    ).rejects.toThrow("the store keeps as much");
    const claim = await store.sessions.create({ ...newSession, account: "ada" });
    const outgoing = Array.from({ length: 50 }, (_, n) => ({ sequence: n + 1, data: "y".repeat(1_000) }));
    const roomMessages = [{ room: "r", message: message("hello", "ada"), keep }];
    expect(await store.sessions.commit(claim, { outgoing, roomMessages })).toBe(true);
    expect(await store.rooms.append("r", message("by the app"), keep)).toMatchObject({ previous: 1 });
    expect(await fill(store, "mallory")).toBeGreaterThan(50);
    expect(await fill(store, "bob")).toBeGreaterThan(10);
  });

  test("refuses an account whose sessions fill it, and no other", async () => {
    const store = await open(create(1_000_000));
    const claim = await store.sessions.create({ ...newSession, account: "eve" });
    await store.sessions.commit(claim, { outgoing: [{ sequence: 1, data: "z".repeat(600_000) }] });
    await expect(
      attempted(() => store.sessions.commit(claim, { outgoing: [{ sequence: 2, data: "" }] })),
    ).rejects.toThrow('for "eve"');
    const other = await store.sessions.create({ ...newSession, sessionId: "t", account: "ada" });
    expect(await store.sessions.commit(other, { note: "n" })).toBe(true);
    expect(await store.sessions.commit(claim, { acknowledged: { upTo: 1, pending: [] } })).toBe(true);
    expect(await store.sessions.commit(claim, { note: "free again" })).toBe(true);
  });

  test("begins no room for an account that has begun too many", async () => {
    const store = await open(create(100_000));
    const begin = async (): Promise<number> => {
      for (let n = 0; ; n += 1)
        try {
          await store.rooms.position(`room ${n}`, "eve");
        } catch {
          return n;
        }
    };
    const begun = await begin();
    expect(begun).toBeGreaterThan(30);
    expect(begun).toBeLessThan(60);
    await expect(attempted(() => store.rooms.read("another", {}, 1, "eve"))).rejects.toThrow("eve");
    expect(await store.rooms.position("of another", "ada")).toMatchObject({ offset: 0 });
  });

  test("has capacity for an account with something to spare, and again when rooms are forgotten", async () => {
    const store = await open(create(1_000_000));
    const hasCapacity = (account: string): boolean | undefined => store.rooms.hasCapacity?.(account, 1_000);
    expect(hasCapacity("eve")).toBe(true);
    for (let n = 0; hasCapacity("eve") === true; n += 1)
      await store.rooms.append(`room ${n}`, message("x".repeat(1_000), "eve"), retain(9, 1_000));
    expect(hasCapacity("ada")).toBe(true);
    await store.rooms.append("room 0", message("still accepted", "eve"), retain(9, 1_000));
    await store.rooms.sweep(5_000, 0);
    await store.rooms.sweep(6_000, 0);
    expect(hasCapacity("eve")).toBe(true);
  });

  test("drops the oldest messages of the largest rooms for those of the application, which it never refuses", async () => {
    const store = await open(create(1_000_000));
    await store.rooms.append("small", message("kept"), keep);
    const { epoch } = await store.rooms.position("large");
    for (let n = 0; n < 3_000; n += 1)
      await store.rooms.append(n % 10 === 0 ? "medium" : "large", message("x".repeat(1_000)), keep);
    const large = await store.rooms.read("large", { epoch, offset: 0 }, 10_000);
    expect(large.gap?.from).toBe(0);
    expect(large.entries.length).toBeLessThan(900);
    expect(large.entries.at(-1)?.offset).toBe(2_700);
    expect((await store.rooms.read("small", {}, 9)).entries).toHaveLength(1);
    expect(await store.sessions.create(newSession)).toMatchObject({ fence: 1 });
  });
});
