/** How long a message may take to arrive. */
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import { FrameProgress, MessageTimer } from "../../src/node/message-timer.ts";
import { connectRawClient, opcodes, type RawClient, type RawFrame, rawFrame } from "./raw-client.ts";

const { text, continuation, close, ping, pong } = opcodes;
const start = rawFrame(text, "one", { fin: false });
const middle = rawFrame(continuation, "two", { fin: false });
const end = rawFrame(continuation, "three");
const whole = rawFrame(text, "whole");

describe("the progress of a client's frames", () => {
  test.each<[string, Buffer[], boolean, number]>([
    ["nothing", [], false, 0],
    ["a message", [whole], false, 1],
    ["an empty message", [rawFrame(text)], false, 1],
    ["messages in one packet", [Buffer.concat([whole, whole, whole])], false, 3],
    ["one byte of a header", [whole.subarray(0, 1)], true, 0],
    ["a header without its mask", [whole.subarray(0, 3)], true, 0],
    ["a header without its payload", [whole.subarray(0, 6)], true, 0],
    ["a part of a payload", [whole.subarray(0, 8)], true, 0],
    ["a message in two packets", [whole.subarray(0, 8), whole.subarray(8)], false, 1],
    ["a message, and a part of the next", [Buffer.concat([whole, whole.subarray(0, 8)])], true, 1],
    ["a first fragment", [start], true, 0],
    ["fragments without an end", [start, middle, middle], true, 0],
    ["fragments with an end", [start, middle, end], false, 1],
    ["pongs inside of a message", [start, rawFrame(pong), rawFrame(ping, "x")], true, 0],
    ["a ping between messages", [whole, rawFrame(ping)], false, 2],
    ["a 16-bit length", [rawFrame(text, "x".repeat(300))], false, 1],
    ["a part of a 16-bit length", [rawFrame(text, "x".repeat(300)).subarray(0, 300)], true, 0],
    ["a 64-bit length", [rawFrame(text, "x".repeat(70_000))], false, 1],
    ["a part of a 64-bit length", [rawFrame(text, "x".repeat(70_000)).subarray(0, 70_013)], true, 0],
  ])("after %s", (_case, packets, isIncomplete, completed) => {
    const progress = new FrameProgress();
    for (const packet of packets) progress.read(packet);
    expect([progress.isIncomplete, progress.completed]).toEqual([isIncomplete, completed]);
  });

  test("is the same however the bytes are cut into packets", () => {
    const frame = fc.oneof(
      fc.nat({ max: 140 }).map((size) => rawFrame(text, "x".repeat(size))),
      fc.constantFrom(start, rawFrame(ping, "x"), Buffer.concat([start, rawFrame(pong), end])),
    );
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
        (frames, sizes) => {
          const bytes = Buffer.concat(frames);
          const [at, cut] = [new FrameProgress(), new FrameProgress()];
          at.read(bytes);
          for (let from = 0; from < bytes.length;) {
            const size = sizes.next().value;
            cut.read(bytes.subarray(from, from + size));
            from += size;
          }
          expect([cut.isIncomplete, cut.completed]).toEqual([at.isIncomplete, at.completed]);
        },
      ),
    );
  });
});

// S16
describe("a message timer", () => {
  function startTimer() {
    const clock = new Clock();
    const state = {
      isPaused: false,
      overdue: 0,
      closeNow: (code: number) => (state.overdue += Number(code === 1008)),
    };
    const timer = new MessageTimer(clock, 30_000, state);
    return { clock, progress: timer.progress, state, stop: () => timer.stop() };
  }

  test("counts from the first byte: pings, pongs and more fragments do not help", () => {
    const { clock, progress, state } = startTimer();
    clock.advance(100_000);
    progress.read(start);
    for (let at = 0; at < 299; at += 1) {
      clock.advance(100);
      progress.read(Buffer.concat([rawFrame(pong), middle]));
    }
    expect(state.overdue).toBe(0);
    clock.advance(200);
    expect(state.overdue).toBe(1);
    clock.advance(100_000);
    expect(state.overdue).toBe(1);
  });

  test("counts one frame that arrives byte by byte", () => {
    const { clock, progress, state } = startTimer();
    const frame = rawFrame(text, "x".repeat(1_000));
    for (let at = 0; at < 300; at += 1) {
      progress.read(frame.subarray(at, at + 1));
      clock.advance(100);
    }
    expect(state.overdue).toBe(0);
    clock.advance(100);
    expect(state.overdue).toBe(1);
  });

  test("leaves a message alone that ends in time, and a client that always has a next one under way", () => {
    const { clock, progress, state } = startTimer();
    for (let round = 0; round < 100; round += 1) {
      progress.read(round === 0 ? start : Buffer.concat([end, start]));
      clock.advance(29_000);
    }
    expect(state.overdue).toBe(0);
  });

  test("does not count the time in which the server does not read", () => {
    const { clock, progress, state } = startTimer();
    progress.read(start);
    clock.advance(100);
    state.isPaused = true;
    for (let round = 0; round < 10; round += 1) clock.advance(29_000);
    state.isPaused = false;
    clock.advance(29_000);
    expect(state.overdue).toBe(0);
    clock.advance(1_000);
    expect(state.overdue).toBe(1);
  });

  test("that was stopped does nothing", () => {
    const { clock, progress, state, stop } = startTimer();
    progress.read(start);
    stop();
    clock.advance(100_000);
    expect(state.overdue).toBe(0);
  });
});

// S16
describe("on a server", () => {
  async function startServer(limits = {}) {
    const clock = new Clock();
    const app = createApp({ clock, limits });
    app.ws("/", async (socket) => {
      for await (const message of socket) await socket.send(message);
    });
    const server = await serve(app, { port: 0 });
    return { clock, server, [Symbol.asyncDispose]: () => server.close() };
  }

  /** The next frame that is not a ping of the server; pings are answered. */
  async function frameOf(client: RawClient): Promise<RawFrame> {
    for (;;) {
      const frame = await client.frame();
      if (frame.opcode !== ping) return frame;
      client.write(rawFrame(pong, frame.payload));
    }
  }

  const closeCodeOf = async (client: RawClient): Promise<number> =>
    (await frameOf(client)).payload.readUInt16BE(0);

  /** Lets `ms` pass for a client that answers pings. */
  async function pass(clock: Clock, client: RawClient, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5_000) {
      client.write(rawFrame(ping));
      expect((await frameOf(client)).opcode).toBe(pong); // what was sent before has arrived
      clock.advance(Math.min(5_000, ms - passed));
    }
  }

  test("a message that has begun and does not end closes with 1008, though the client answers pings", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    await client.open("/");
    await pass(started.clock, client, 60_000);
    client.write(start);
    await pass(started.clock, client, 25_000);
    client.write(middle);
    await pass(started.clock, client, 10_000);
    const { opcode, payload } = await frameOf(client);
    expect([opcode, payload.readUInt16BE(0)]).toEqual([close, 1008]);
    expect(payload.subarray(2).toString()).toBe("message incomplete after 30000 ms");
  });

  test("a frame that arrives byte by byte closes with 1008", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    await client.open("/");
    const frame = rawFrame(text, "x".repeat(60_000));
    const read = vi.spyOn(FrameProgress.prototype, "read");
    for (let at = 0; at < 30; at += 1) {
      client.write(frame.subarray(at, at + 1));
      await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(at + 1), waitOptions);
      started.clock.advance(1_000);
    }
    read.mockRestore();
    started.clock.advance(1_000);
    expect(await closeCodeOf(client)).toBe(1008);
  });

  test("a message that takes long and ends in time is handled", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    await client.open("/");
    client.write(start);
    await pass(started.clock, client, 29_000);
    client.write(middle, end);
    expect(await client.text()).toBe("onetwothree");
  });

  test("`limits.messageTimeout` sets the time", async () => {
    await using started = await startServer({ messageTimeout: 2_000 });
    using client = await connectRawClient(started.server.port);
    await client.open("/");
    client.write(start, rawFrame(ping));
    await client.frame();
    started.clock.advance(100);
    started.clock.advance(2_000);
    expect(await client.closeFrame()).toEqual([1008, "message incomplete after 2000 ms"]);
  });

  /** A message in as many fragments, each with `payload`. */
  const fragments = (count: number, payload: string): Buffer[] =>
    Array.from({ length: count }, (_, at) =>
      rawFrame(at === 0 ? text : continuation, payload, { fin: at === count - 1 }),
    );

  test("a message of 1,024 fragments is handled", async () => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    await client.open("/");
    client.write(...fragments(1_024, "x"));
    expect(await client.text()).toBe("x".repeat(1_024));
  });

  test.each([
    ["1,025 fragments", fragments(1_025, "x")],
    ["17,000 empty fragments", fragments(17_000, "").slice(0, -1)],
  ])("a message of %s closes with 1008", async (_case, frames) => {
    await using started = await startServer();
    using client = await connectRawClient(started.server.port);
    await client.open("/");
    client.write(...frames);
    expect((await client.closeFrame())[0]).toBe(1008);
  });
});
