import { describe, expect, test } from "vitest";
import { itemWindow, StreamWriter, sizeWindow } from "../../src/peer/stream-writer.ts";
import { counting, heldCall } from "./calls-harness.ts";
import { settled } from "../session/outlet.ts";

describe("a pump", () => {
  test("sends what an iterable gives, then is done", async () => {
    const { call, written } = heldCall();
    await new StreamWriter(call).run([1, "two", null, undefined]);
    expect(written).toEqual([
      '{"t":"next","data":1}',
      '{"t":"next","data":"two"}',
      '{"t":"next","data":null}',
      '{"t":"next"}',
    ]);
  });

  test("sends 16 items to a reader who takes none, and asks for no more", async () => {
    const { call, written } = heldCall();
    const { log, values } = counting();
    void new StreamWriter(call).run(values);
    await settled();
    expect([written.length, log.asked]).toEqual([16, 16]);
  });

  test("sends 256 Ki characters to a reader who takes none, and at most one item more", async () => {
    const { call, written } = heldCall();
    const { log, values } = counting({ item: () => "x".repeat(60 * 1024) });
    void new StreamWriter(call).run(values);
    await settled();
    expect([written.length, log.asked]).toEqual([5, 5]);
    expect(written.slice(0, 4).join("").length).toBeLessThan(sizeWindow);
  });

  test("goes on as far as it is granted, by items and by size", async () => {
    const { call, written } = heldCall();
    const { values } = counting({ item: (n) => (n <= 20 ? n : "x".repeat(60 * 1024)) });
    const pump = new StreamWriter(call);
    void pump.run(values);
    await settled();
    pump.credit(20, sizeWindow);
    await settled();
    expect(written).toHaveLength(20);
    pump.credit(1_000, sizeWindow);
    await settled();
    expect(written).toHaveLength(25);
    pump.credit(1_000, written.join("").length + 64 * written.length + 1);
    await settled();
    expect(written).toHaveLength(26);
  });

  test.each([
    ["less items", 1, sizeWindow],
    ["less size", itemWindow, 1],
    ["the same", itemWindow, sizeWindow],
  ])("credit of %s than before changes nothing", async (_what, items, size) => {
    const { call, written } = heldCall();
    const { values } = counting();
    const pump = new StreamWriter(call);
    pump.credit(items, size);
    void pump.run(values);
    await settled();
    expect(written).toHaveLength(16);
  });

  test("unlimited credit is paced by the socket: one item is on its way at a time", async () => {
    const { call, written, take } = heldCall({ held: true });
    const { log, values } = counting();
    const pump = new StreamWriter(call);
    pump.credit(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    void pump.run(values);
    for (let taken = 1; taken <= 3; taken += 1) {
      await settled();
      expect([written.length, log.asked]).toEqual([taken, taken]);
      take();
    }
  });
});

describe("a pump that is stopped", () => {
  test("before it runs asks for nothing", async () => {
    const { call, written } = heldCall();
    const { log, values } = counting();
    const pump = new StreamWriter(call);
    pump.stop();
    await pump.run(values);
    expect([written, log.asked]).toEqual([[], 0]);
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  test("while it waits for credit returns the iterator", async () => {
    const { call, written } = heldCall();
    const { log, values } = counting();
    const pump = new StreamWriter(call);
    const running = pump.run(values);
    await settled();
    pump.stop();
    await running;
    expect([written.length, log.returned]).toEqual([16, 1]);
  });

  test("while it waits for the socket returns the iterator", async () => {
    const { call } = heldCall({ held: true });
    const { log, values } = counting();
    const pump = new StreamWriter(call);
    const running = pump.run(values);
    await settled();
    pump.stop();
    await running;
    expect(log).toEqual({ asked: 1, returned: 1 });
  });

  test("while it waits for the iterator sends nothing more, and is done when that is", async () => {
    const { call, written } = heldCall();
    const pump = new StreamWriter(call);
    let give: (value: number) => void = () => {};
    let cleaned = false;
    async function* slow() {
      try {
        yield await new Promise<number>((resolve) => (give = resolve));
      } finally {
        cleaned = true;
      }
    }
    const running = pump.run(slow());
    await settled();
    pump.stop();
    await settled();
    expect(cleaned).toBe(false);
    give(1);
    await running;
    expect([written, cleaned]).toEqual([[], true]);
  });
});

describe("a pump fails", () => {
  test("with what the iterator throws, after what came before", async () => {
    const { call, written } = heldCall();
    const running = new StreamWriter(call).run(
      (function* () {
        yield 1;
        throw new Error("broken");
      })(),
    );
    await expect(running).rejects.toThrow("broken");
    expect(written).toHaveLength(1);
  });

  test("with TypeError for a value that cannot be written, and returns the iterator", async () => {
    const { call, written } = heldCall();
    const { log, values } = counting({ item: (n) => (n < 3 ? n : 3n) });
    await expect(new StreamWriter(call).run(values)).rejects.toThrow(TypeError);
    await settled();
    expect([written.length, log]).toEqual([2, { asked: 3, returned: 1 }]);
  });

  test("at once, though the iterator never returns", async () => {
    const { call } = heldCall();
    const stuck = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1n }),
        return: () => new Promise<never>(() => {}),
      }),
    };
    await expect(new StreamWriter(call).run(stuck)).rejects.toThrow(TypeError);
  });
});
