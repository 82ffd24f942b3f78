import { Duplex } from "node:stream";
import { expect, test, vi } from "vitest";
import { FrameWriter } from "../../src/node/frame-writer.ts";
import { opcodes, parseFrames } from "./raw-client.ts";

/** A socket that records its writes; a slow one finishes none before `finishWrites`. */
class Recorder extends Duplex {
  readonly writes: Buffer[] = [];
  #unfinished: (() => void)[] = [];
  readonly #slow: boolean;

  constructor(slow = false) {
    super({ writableHighWaterMark: 16 });
    this.#slow = slow;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk);
    if (this.#slow) this.#unfinished.push(done);
    else done();
  }

  finishWrites(): void {
    for (const done of this.#unfinished.splice(0)) done();
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** A text that is too long to be written as text. */
const long = (text: string): string => text.padEnd(5_000, ".");
const texts = (bytes: Buffer | undefined): string[] =>
  parseFrames(bytes ?? Buffer.alloc(0)).map(({ payload }) => payload.toString());

test("a broadcast builds its frame once for all its sockets", async () => {
  const sockets = [new Recorder(), new Recorder(), new Recorder()];
  const writers = sockets.map((socket) => new FrameWriter(socket));
  const measure = vi.spyOn(Buffer, "byteLength");
  for (const writer of writers) writer.write("to all");
  expect(measure.mock.calls).toEqual([["to all"]]);
  measure.mockRestore();
  await tick();
  for (const { writes } of sockets) expect(writes.map(texts)).toEqual([["to all"]]);
});

test("the sockets of a broadcast share the buffer of a large text", async () => {
  const sockets = [new Recorder(), new Recorder(), new Recorder()];
  const writers = sockets.map((socket) => new FrameWriter(socket));
  for (const writer of writers) writer.write(long("to all"));
  await tick();
  const [first, ...others] = sockets.map(({ writes }) => writes[0]);
  expect(texts(first)).toEqual([long("to all")]);
  for (const other of others) expect(other).toBe(first);
});

test("a broadcast of several messages in one tick joins their frames once for all its sockets", async () => {
  const sockets = [new Recorder(), new Recorder(), new Recorder()];
  const writers = sockets.map((socket) => new FrameWriter(socket));
  for (const message of ["1", long("2")]) for (const writer of writers) writer.write(message);
  writers[2]?.write("3");
  await tick();
  const [first, second, third] = sockets.map(({ writes }) => writes[0]);
  expect(texts(first)).toEqual(["1", long("2")]);
  expect(second).toBe(first);
  expect(texts(third)).toEqual(["1", long("2"), "3"]);
});

test("short texts, long texts and bytes of one tick leave in one write, in order", async () => {
  const socket = new Recorder();
  const writer = new FrameWriter(socket);
  const messages = ["short", "é", long("long"), "x".repeat(200), "x".repeat(70), ""];
  for (const message of messages) writer.write(message);
  writer.write(new Uint8Array([0x80, 0xff]));
  await tick();
  expect(socket.writes).toHaveLength(1);
  const frames = parseFrames(socket.writes[0] ?? Buffer.alloc(0));
  expect(frames.slice(0, -1).map(({ payload }) => payload.toString())).toEqual(messages);
  expect(frames.at(-1)).toMatchObject({ opcode: opcodes.binary, payload: Buffer.from([0x80, 0xff]) });
});

test("texts that wait behind an unfinished write are bytes, which a broadcast shares: no text keeps a larger one of which it is a part", async () => {
  const sockets = [new Recorder(true), new Recorder(true)];
  const writers = sockets.map((socket) => new FrameWriter(socket));
  const writes = sockets.map((socket) => vi.spyOn(socket, "write").mock.calls);
  for (const message of ["first", "second"]) {
    for (const writer of writers) writer.write(message);
    await tick();
  }
  expect(writes[0]?.map(([chunk]) => typeof chunk)).toEqual(["string", "object"]);
  expect(writes[1]?.[1]?.[0]).toBe(writes[0]?.[1]?.[0]);
});

test("a stopped writer drops its batch and every later message, and counts nothing", async () => {
  const socket = new Recorder();
  const added: number[] = [];
  const writer = new FrameWriter(socket, { added: (bytes) => void added.push(bytes) });
  writer.write("1");
  expect(writer.heldBytes).toBe(added[0]);
  writer.stop();
  writer.write("2");
  await tick();
  expect([socket.writes, added.length, writer.bufferedAmount]).toEqual([[], 1, 0]);
});

test("what keeps the messages counts until the socket is empty", async () => {
  const socket = new Recorder(true);
  const writer = new FrameWriter(socket);
  for (const message of ["a", "b"]) {
    writer.write(message);
    writer.flush();
  }
  expect(writer.heldBytes - writer.bufferedAmount).toBe(512);
  for (let n = 0; n < 2; n += 1) {
    socket.finishWrites();
    await tick();
  }
  writer.write("c");
  writer.flush();
  expect(writer.heldBytes - writer.bufferedAmount).toBe(256);
});

test("the messages of one tick leave in one write, in order", async () => {
  const socket = new Recorder();
  const writer = new FrameWriter(socket);
  for (const message of ["1", "2", "3"]) writer.write(message);
  expect(socket.writes).toEqual([]);
  await tick();
  expect(socket.writes).toHaveLength(1);
  expect(texts(socket.writes[0])).toEqual(["1", "2", "3"]);
});

test("one function flushes all the writers of a tick", async () => {
  const sockets = [new Recorder(), new Recorder(), new Recorder()];
  const nextTick = vi.spyOn(process, "nextTick");
  for (const socket of sockets) new FrameWriter(socket).write("1");
  expect(nextTick).toHaveBeenCalledTimes(1);
  nextTick.mockRestore();
  await tick();
  for (const { writes } of sockets) expect(writes.map(texts)).toEqual([["1"]]);
});

test("the messages of the next tick leave in another write", async () => {
  const socket = new Recorder();
  const writer = new FrameWriter(socket);
  writer.write("1");
  await tick();
  writer.write("2");
  await tick();
  expect(socket.writes.map(texts)).toEqual([["1"], ["2"]]);
});

test("a batch over 64 KiB does not wait for the end of the tick, is not joined, and stays in order with the rest", async () => {
  const socket = new Recorder();
  const writer = new FrameWriter(socket);
  const messages = ["small", "x".repeat(70_000), "y".repeat(60_000), "z".repeat(60_000)];
  for (const message of messages) writer.write(message);
  expect(socket.writes.map(texts)).toEqual(messages.slice(0, 3).map((message) => [message]));
  writer.write("last");
  await tick();
  expect(texts(socket.writes[3])).toEqual([messages[3], "last"]);
});

test("flush writes the batch at once, and no message twice", async () => {
  const socket = new Recorder();
  const writer = new FrameWriter(socket);
  writer.write("1");
  writer.flush();
  expect(socket.writes.map(texts)).toEqual([["1"]]);
  writer.flush();
  await tick();
  expect(socket.writes).toHaveLength(1);
});

test("the batch counts as buffered before it is written", () => {
  const writer = new FrameWriter(new Recorder(true));
  writer.write("12345678");
  expect(writer.bufferedAmount).toBe(10);
  writer.flush();
  expect(writer.bufferedAmount).toBe(10);
});

test("drained is undefined while the socket has capacity", () => {
  const writer = new FrameWriter(new Recorder());
  writer.write("12345678");
  writer.flush();
  expect(writer.drained()).toBeUndefined();
});

test("drained waits until a full socket has drained", async () => {
  const socket = new Recorder(true);
  const writer = new FrameWriter(socket);
  writer.write("more than sixteen bytes");
  writer.flush();
  let resolved = false;
  const drained = writer.drained()?.then(() => (resolved = true));
  await tick();
  expect(resolved).toBe(false);
  socket.finishWrites();
  await drained;
  expect(resolved).toBe(true);
  expect(socket.listenerCount("drain") + socket.listenerCount("close")).toBe(0);
});

test("drained waits by the writes, for a runtime whose sockets emit no drain", async () => {
  const socket = new Recorder(true);
  socket.emit = (event: string | symbol, ...values: unknown[]): boolean =>
    event !== "drain" && Recorder.prototype.emit.call(socket, event, ...values);
  const writer = new FrameWriter(socket);
  for (let round = 0; round < 2; round += 1) {
    writer.write("more than sixteen bytes");
    writer.flush();
    const drained = writer.drained();
    expect(drained).toBeInstanceOf(Promise);
    socket.finishWrites();
    await drained;
    expect(writer.drained()).toBeUndefined();
  }
});

test("drained waits for a second write that was made before the first one was finished", async () => {
  const socket = new Recorder(true);
  const writer = new FrameWriter(socket);
  for (const message of ["more than sixteen bytes", "2"]) {
    writer.write(message);
    writer.flush();
  }
  const resolved: string[] = [];
  const drained = writer.drained()?.then(() => resolved.push("drained"));
  socket.finishWrites();
  await tick();
  expect(resolved).toEqual([]);
  socket.finishWrites();
  await drained;
  expect(resolved).toEqual(["drained"]);
});

test("drained does not wait for a control frame that `ws` has written after the messages", async () => {
  const socket = new Recorder(true);
  const writer = new FrameWriter(socket);
  writer.write("more than sixteen bytes");
  writer.flush();
  const drained = writer.drained();
  socket.write(Buffer.from([0x89, 0]));
  socket.finishWrites();
  await drained;
  expect([writer.drained(), socket.writableLength]).toEqual([undefined, 2]);
});

test("a write that fails resolves nothing before the end of the wire does", async () => {
  const socket = new Recorder(true);
  socket.on("error", () => {});
  const writer = new FrameWriter(socket);
  writer.write("more than sixteen bytes");
  writer.flush();
  const resolved: string[] = [];
  void writer.drained()?.then(() => resolved.push("drained"));
  socket.destroy(new Error("reset"));
  await tick();
  expect(resolved).toEqual([]);
});

test("progress changes with what the system takes of one write, and at its end", async () => {
  const handle = { writeQueueSize: 0 };
  const socket = Object.assign(new Recorder(true), { _handle: handle });
  const writer = new FrameWriter(socket);
  writer.write("x".repeat(1_000));
  writer.flush();
  const seen = [writer.progress];
  for (const left of [1_004, 600, 200, 0]) {
    handle.writeQueueSize = left;
    seen.push(writer.progress);
  }
  socket.finishWrites();
  await tick();
  seen.push(writer.progress);
  expect(seen).toEqual([0, -1_004, -600, -200, 0, 1_004]);
});

test("release resolves drained, for a socket that has closed", async () => {
  const socket = new Recorder(true);
  const writer = new FrameWriter(socket);
  writer.write("more than sixteen bytes");
  writer.flush();
  const drained = writer.drained();
  socket.destroy();
  writer.release();
  await drained;
  expect(writer.drained()).toBeUndefined();
});

test("writing to a closed socket does nothing", async () => {
  const socket = new Recorder();
  const writer = new FrameWriter(socket);
  writer.write("too late");
  socket.destroy();
  await tick();
  expect(socket.writes).toEqual([]);
});
