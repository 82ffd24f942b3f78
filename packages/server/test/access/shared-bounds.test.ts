import { describe, expect, test } from "vitest";
import { SharedBounds } from "../../src/access/shared-bounds.ts";

interface Item {
  readonly name: string;
  readonly account: string;
  size: number;
}

/** Bounds, the names of the items that were evicted, and a way to add an item. */
function createBounds({ items = Infinity, bytes = Infinity } = {}) {
  const evicted: string[] = [];
  const bounds = new SharedBounds<Item>({ items, bytes, evict: ({ name }) => evicted.push(name) });
  const add = (name: string, { account = "ada", size = 0, max = Infinity } = {}): Item => {
    const item = { name, account, size };
    bounds.add(item, max);
    return item;
  };
  return { bounds, evicted, add };
}

test("an account that fills the number loses its own oldest item, and never one of another account", () => {
  const { evicted, add } = createBounds({ items: 10 });
  for (const account of ["ada", "bob", "cleo"]) add(account, { account });
  for (let n = 0; n < 20; n += 1) add(`eve ${n}`, { account: "eve" });
  expect(evicted).toEqual(Array.from({ length: 13 }, (_, n) => `eve ${n}`));
});

test("an account that fills the bytes loses its own oldest item, also when another account adds one", () => {
  const { evicted, add } = createBounds({ bytes: 100 });
  add("ada", { account: "ada", size: 10 });
  for (let n = 0; n < 3; n += 1) add(`eve ${n}`, { account: "eve", size: 30 });
  expect(evicted).toEqual([]);
  add("bob", { account: "bob", size: 20 });
  expect(evicted).toEqual(["eve 0"]);
});

test("of accounts that have the same, the one with the oldest item loses it", () => {
  const { evicted, add } = createBounds({ items: 2 });
  for (const account of ["ada", "bob", "cleo"]) add(account, { account });
  expect(evicted).toEqual(["ada"]);
});

test("an account has at most its own number of items", () => {
  const { evicted, add } = createBounds();
  for (const name of ["a", "b", "c"]) add(name, { max: 2 });
  add("bob", { account: "bob", max: 2 });
  expect(evicted).toEqual(["a"]);
});

describe("the bytes", () => {
  test("are those that the items keep now", () => {
    const { bounds, add } = createBounds({ bytes: 100 });
    const item = add("a", { size: 10 });
    item.size = 60;
    expect(bounds.bytes).toBe(60);
    item.size = 20;
    expect(bounds.bytes).toBe(20);
    bounds.remove(item);
    bounds.measure(item);
    expect(bounds.bytes).toBe(0);
  });

  test("of an item that keeps less by now evict nothing", () => {
    const { evicted, add } = createBounds({ bytes: 100 });
    const item = add("a", { size: 90 });
    item.size = 10;
    add("b", { size: 80 });
    expect(evicted).toEqual([]);
  });

  test("evict when an item grows: the oldest of the account that has the most", () => {
    const { bounds, evicted, add } = createBounds({ bytes: 100 });
    const ada = add("ada", { account: "ada", size: 10 });
    add("bob", { account: "bob", size: 50 });
    ada.size = 45;
    bounds.measure(ada);
    expect(evicted).toEqual([]);
    ada.size = 70;
    bounds.measure(ada);
    expect(evicted).toEqual(["ada"]);
  });
});
