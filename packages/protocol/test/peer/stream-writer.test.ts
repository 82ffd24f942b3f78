import { describe, expect, test } from "vitest";
import { itemWindow, StreamWriter, byteWindow } from "../../src/peer/stream-writer.ts";
import { endlessItems, recordedChannel } from "./calls-harness.ts";
import { settled } from "../session/session-harness.ts";

describe("a writer", () => {
  test("sends the values of an iterable, then is done", async () => {
    const { channel, written } = recordedChannel();
    await new StreamWriter(channel).run([1, "two", null, undefined]);
    expect(written).toEqual([
      '{"t":"next","data":1}',
      '{"t":"next","data":"two"}',
      '{"t":"next","data":null}',
      '{"t":"next"}',
    ]);
  });

  test("sends 16 items to a reader that reads none, and asks for no more", async () => {
    const { channel, written } = recordedChannel();
    const { log, values } = endlessItems();
    void new StreamWriter(channel).run(values);
    await settled();
    expect([written.length, log.asked]).toEqual([16, 16]);
  });

  test("sends 256 KiB to a reader that reads none, and at most one item more", async () => {
    const { channel, written } = recordedChannel();
    const { log, values } = endlessItems({ item: () => "x".repeat(60 * 1024) });
    void new StreamWriter(channel).run(values);
    await settled();
    expect([written.length, log.asked]).toEqual([5, 5]);
    expect(written.slice(0, 4).join("").length).toBeLessThan(byteWindow);
  });

  test("lets the event loop run, however much credit there is", async () => {
    const { channel, written } = recordedChannel();
    const writer = new StreamWriter({ ...channel, nextTurn: settled });
    const { values } = endlessItems({
      item(n) {
        if (n > 10_000) throw new Error("the event loop did not run");
        return n;
      },
    });
    writer.grant(2 ** 53 - 1, 2 ** 53 - 1);
    const done = writer.run(values);
    await settled();
    expect(written.length).toBeLessThan(10_000);
    writer.stop();
    await done;
  });

  test("waits while the session has no capacity", async () => {
    const { channel, written } = recordedChannel();
    let drain: () => void = () => {};
    const capacity = (): Promise<void> | undefined =>
      written.length < 3 ? undefined : new Promise((resolve) => (drain = resolve));
    void new StreamWriter({ ...channel, capacity }).run(endlessItems().values);
    await settled();
    expect(written).toHaveLength(3);
    drain();
    await settled();
    expect(written).toHaveLength(4);
  });

  test("continues as far as the credit allows, by items and by bytes", async () => {
    const { channel, written } = recordedChannel();
    const { values } = endlessItems({ item: (n) => (n <= 20 ? n : "x".repeat(60 * 1024)) });
    const writer = new StreamWriter(channel);
    void writer.run(values);
    await settled();
    writer.grant(20, byteWindow);
    await settled();
    expect(written).toHaveLength(20);
    writer.grant(1_000, byteWindow);
    await settled();
    expect(written).toHaveLength(25);
    writer.grant(1_000, written.join("").length + 64 * written.length + 1);
    await settled();
    expect(written).toHaveLength(26);
  });

  test.each([
    ["less items", 1, byteWindow],
    ["less size", itemWindow, 1],
    ["the same", itemWindow, byteWindow],
  ])("a grant of %s than before changes nothing", async (_what, items, size) => {
    const { channel, written } = recordedChannel();
    const { values } = endlessItems();
    const writer = new StreamWriter(channel);
    writer.grant(items, size);
    void writer.run(values);
    await settled();
    expect(written).toHaveLength(16);
  });

  test("with unlimited credit waits for the socket: one item is on its way at a time", async () => {
    const { channel, written, deliver } = recordedChannel({ held: true });
    const { log, values } = endlessItems();
    const writer = new StreamWriter(channel);
    writer.grant(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    void writer.run(values);
    for (let delivered = 1; delivered <= 3; delivered += 1) {
      await settled();
      expect([written.length, log.asked]).toEqual([delivered, delivered]);
      deliver();
    }
  });
});

describe("a writer that is stopped", () => {
  test("before it runs asks for nothing", async () => {
    const { channel, written } = recordedChannel();
    const { log, values } = endlessItems();
    const writer = new StreamWriter(channel);
    writer.stop();
    await writer.run(values);
    expect([written, log.asked]).toEqual([[], 0]);
    expect(await values.next()).toEqual({ done: true, value: undefined });
  });

  test("while it waits for credit returns the iterator", async () => {
    const { channel, written } = recordedChannel();
    const { log, values } = endlessItems();
    const writer = new StreamWriter(channel);
    const running = writer.run(values);
    await settled();
    writer.stop();
    await running;
    expect([written.length, log.returned]).toEqual([16, 1]);
  });

  test("while it waits for the socket returns the iterator", async () => {
    const { channel } = recordedChannel({ held: true });
    const { log, values } = endlessItems();
    const writer = new StreamWriter(channel);
    const running = writer.run(values);
    await settled();
    writer.stop();
    await running;
    expect(log).toEqual({ asked: 1, returned: 1 });
  });

  test("while it waits for the iterator sends nothing more, and is done when the iterator is", async () => {
    const { channel, written } = recordedChannel();
    const writer = new StreamWriter(channel);
    let give: (value: number) => void = () => {};
    let cleaned = false;
    async function* slow() {
      try {
        yield await new Promise<number>((resolve) => (give = resolve));
      } finally {
        cleaned = true;
      }
    }
    const running = writer.run(slow());
    await settled();
    writer.stop();
    await settled();
    expect(cleaned).toBe(false);
    give(1);
    await running;
    expect([written, cleaned]).toEqual([[], true]);
  });
});

describe("a writer fails", () => {
  test("with what the iterator throws, after the values before", async () => {
    const { channel, written } = recordedChannel();
    const running = new StreamWriter(channel).run(
      (function* () {
        yield 1;
        throw new Error("broken");
      })(),
    );
    await expect(running).rejects.toThrow("broken");
    expect(written).toHaveLength(1);
  });

  test("with TypeError for a value that cannot be written, and returns the iterator", async () => {
    const { channel, written } = recordedChannel();
    const { log, values } = endlessItems({ item: (n) => (n < 3 ? n : 3n) });
    await expect(new StreamWriter(channel).run(values)).rejects.toThrow(TypeError);
    await settled();
    expect([written.length, log]).toEqual([2, { asked: 3, returned: 1 }]);
  });

  test("at once, though the iterator never returns", async () => {
    const { channel } = recordedChannel();
    const stuck = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1n }),
        return: () => new Promise<never>(() => {}),
      }),
    };
    await expect(new StreamWriter(channel).run(stuck)).rejects.toThrow(TypeError);
  });
});
