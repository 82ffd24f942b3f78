// S24
import { describe, expect, test } from "vitest";
import { gate } from "../gate.ts";
import { HandlerSlots } from "../../src/access/handler-slots.ts";

/** Slots, the names of the handlers that have started, and a way to start one. */
function createSlots(count: number) {
  const slots = new HandlerSlots(count);
  const started: string[] = [];
  const start = (name: string, account: string, signal = new AbortController().signal) => {
    if (!slots.allows(account)) return slots.wait(account, signal).then(() => void started.push(name));
    slots.take(account);
    started.push(name);
    return undefined;
  };
  const startMany = (many: number, account: string): number => {
    const before = started.length;
    for (let n = 0; n < many; n += 1) void start(`${account} ${n}`, account);
    return started.length - before;
  };
  return { slots, started, start, startMany };
}

describe("an account", () => {
  test("may use as many slots as are free, and each finds some free", () => {
    const { startMany } = createSlots(1_000);
    expect(startMany(10_000, "eve")).toBe(500);
    expect(startMany(10_000, "mallory")).toBe(250);
    expect(startMany(1, "ada")).toBe(1);
    expect(startMany(10, "bob")).toBe(10);
  });

  test("has a handler that is over at once run while a slot is free, without taking it", () => {
    const { slots, start } = createSlots(2);
    expect([slots.allows("ada"), slots.allows("ada")]).toEqual([true, true]);
    void start("a", "ada");
    expect([slots.allows("ada"), slots.allows("bob")]).toEqual([false, true]);
    void start("b", "bob");
    void start("c", "bob");
    slots.release("bob");
    expect(slots.allows("ada")).toBe(false);
  });

  test("has its next handler started when one of its handlers ends, in order", async () => {
    const { slots, started, start } = createSlots(2);
    void start("a", "ada");
    const waiting = [start("b", "ada"), start("c", "ada")];
    expect(started).toEqual(["a"]);
    slots.release("ada");
    await waiting[0];
    expect(started).toEqual(["a", "b"]);
    slots.release("ada");
    await waiting[1];
    expect(started).toEqual(["a", "b", "c"]);
  });

  test("does not overtake its own handlers that wait", async () => {
    const { slots, started, start } = createSlots(2);
    void start("a", "ada");
    void start("b", "ada");
    slots.release("ada");
    void start("c", "ada");
    await Promise.resolve();
    await Promise.resolve();
    expect(started).toEqual(["a", "b"]);
  });

  test("waits no more when its call is cancelled, and takes no slot", async () => {
    const { slots, started, start } = createSlots(1);
    void start("a", "ada");
    const cancelled = new AbortController();
    const waiting = start("b", "ada", cancelled.signal);
    const reason = new Error("cancelled");
    cancelled.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(start("c", "ada", cancelled.signal)).rejects.toBe(reason);
    slots.release("ada");
    void start("d", "ada");
    expect(started).toEqual(["a", "d"]);
  });
});

test("a free slot goes to an account that may use it, though another waits for longer", async () => {
  const { slots, started, start } = createSlots(2);
  void start("a 1", "ada");
  void start("a 2", "ada");
  void start("b 1", "bob");
  void start("b 2", "bob");
  void start("a 3", "ada");
  expect(started).toEqual(["a 1", "b 1"]);
  slots.release("bob");
  slots.release("ada");
  await Promise.resolve();
  await Promise.resolve();
  expect(started.slice(2)).toEqual(["b 2", "a 2"]);
});

test("no handler starts while the slots are paused, and then all start that waited, in order", async () => {
  const { passed, open } = gate();
  let paused: Promise<void> | undefined = passed;
  const slots = new HandlerSlots(10, () => paused);
  const started: string[] = [];
  const signal = new AbortController();
  const waiting = ["a", "b"].map((name) =>
    slots.allows(name) ? undefined : slots.wait(name, signal.signal).then(() => started.push(name)),
  );
  const cancelled = slots.wait("c", AbortSignal.abort(new Error("cancelled")));
  await expect(cancelled).rejects.toThrow("cancelled");
  expect(waiting).not.toContain(undefined);
  slots.take("d");
  slots.release("d");
  expect(started).toEqual([]);
  paused = undefined;
  open();
  await Promise.all(waiting.map((start) => Promise.resolve(start)));
  expect([started, slots.allows("e")]).toEqual([["a", "b"], true]);
});
