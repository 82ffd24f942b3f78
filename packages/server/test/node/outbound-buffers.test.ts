// S26
import { describe, expect, test } from "vitest";
import { OutboundBuffers } from "../../src/node/outbound-buffers.ts";

/** A buffer that counts what is written until it is stopped. */
class TestBuffer {
  heldBytes = 0;
  state: "open" | "stopped" | "dropped" = "open";
  readonly #all: OutboundBuffers;

  constructor(all: OutboundBuffers) {
    this.#all = all;
    all.add(this);
  }

  write(bytes: number): void {
    if (this.state !== "open") return;
    this.heldBytes += bytes;
    this.#all.added(bytes);
  }

  stop(): void {
    this.state = "stopped";
  }

  drop(): void {
    this.state = "dropped";
    this.heldBytes = 0;
  }
}

function createBuffers(limit: number, count: number) {
  const all = new OutboundBuffers(limit);
  const buffers = Array.from({ length: count }, () => new TestBuffer(all));
  const sum = (): number =>
    buffers.reduce((bytes, { state, heldBytes }) => bytes + (state === "open" ? heldBytes : 0), 0);
  const count_ = (state: TestBuffer["state"]): number =>
    buffers.filter((buffer) => buffer.state === state).length;
  return { all, buffers, sum, count: count_ };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("buffers beyond their limit", () => {
  test("are never more than a sixteenth beyond it", () => {
    const { buffers, sum } = createBuffers(16_000, 100);
    for (let round = 0; round < 100; round += 1)
      for (const buffer of buffers) {
        buffer.write(10);
        expect(sum()).toBeLessThanOrEqual(17_000);
      }
  });

  test("are stopped at once, the fullest first", () => {
    const { buffers } = createBuffers(1_000, 4);
    const [small, large, larger, last] = buffers as [TestBuffer, TestBuffer, TestBuffer, TestBuffer];
    small.write(100);
    large.write(300);
    larger.write(500);
    last.write(101);
    expect(buffers.map(({ state }) => state)).toEqual(["open", "open", "stopped", "open"]);
  });

  test("end 16 in each turn of the event loop", async () => {
    const { buffers, count } = createBuffers(1_000, 100);
    for (const buffer of buffers) buffer.write(11);
    const stopped = count("stopped");
    expect(stopped).toBeGreaterThan(16);
    await turn();
    expect([count("dropped"), count("stopped")]).toEqual([16, stopped - 16]);
    await turn();
    await turn();
    expect([count("dropped"), count("stopped")]).toEqual([stopped, 0]);
  });

  test("are counted as they are: what was sent meanwhile is free", () => {
    const { buffers, count } = createBuffers(1_000, 10);
    for (let round = 0; round < 100; round += 1)
      for (const buffer of buffers) {
        buffer.write(50);
        buffer.heldBytes = 0;
      }
    expect(count("open")).toBe(10);
  });

  test("do not count a connection that has ended", () => {
    const { all, buffers, count } = createBuffers(1_000, 2);
    const [one, other] = buffers as [TestBuffer, TestBuffer];
    one.write(900);
    all.remove(one);
    other.write(900);
    expect(count("open")).toBe(2);
  });
});
