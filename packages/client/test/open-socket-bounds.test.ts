// V9, O1: neither a server nor its own sender makes a raw socket keep without bounds.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openSocket, type OpenSocketOptions } from "../src/index.ts";
import { fakeSockets, pass } from "./connection/fakes.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const reason = "server sent more than inbox.messages allows";

/** An open raw socket in a browser, where no socket can be paused. */
async function openInBrowser(options: Partial<OpenSocketOptions> = {}) {
  const { last, made, WebSocket } = fakeSockets();
  const socket = openSocket("ws://test/", { WebSocket, ...options });
  await pass();
  last().emitOpen();
  return { socket, last, made };
}

describe("messages that are not read", () => {
  test("close the socket with 4400 when they are too many, and can still be read", async () => {
    const { socket, last, made } = await openInBrowser();
    let count = 0;
    while (last().closed === undefined && count < 20_000) last().emitMessage(`${(count += 1)}`);
    expect(count).toBe(64 + 10_001);
    expect(last().closed).toEqual({ code: 4400, reason });
    last().emitMessage("too late");
    let read = 0;
    for await (const message of socket) expect(message).toBe(`${(read += 1)}`);
    expect(read).toBe(count);
    expect(await socket.closed).toMatchObject({ code: 4400, reason });
    await pass(60_000);
    expect(made).toHaveLength(1);
  });

  test("close the socket with 4400 when they have too many bytes", async () => {
    const { socket, last } = await openInBrowser();
    const message = new ArrayBuffer(2 ** 20);
    let count = 0;
    while (last().closed === undefined && count < 1_000) {
      last().emitMessage(message);
      count += 1;
    }
    expect(count).toBe(4 + 16 + 1);
    expect(await socket.closed).toMatchObject({
      code: 4400,
      reason: "server sent more than inbox.bytes allows",
    });
  });

  test("close no socket whose reader is slow", async () => {
    const { socket, last } = await openInBrowser({ inbox: { messages: 100, bytes: 1_000 } });
    for (let sent = 0; sent < 120; sent += 1) last().emitMessage(`${sent}`);
    for (let read = 0; read < 5_000; read += 1) {
      expect(await socket.receive()).toBe(`${read}`);
      last().emitMessage(`${read + 120}`);
    }
    expect(last().closed).toBeUndefined();
    socket.close();
  });
});

describe("messages that are not sent yet", () => {
  const long = "x".repeat(2 ** 16);

  test("are refused at the call beyond 4 MiB, while the server is away", () => {
    const socket = openSocket("ws://test/", { WebSocket: fakeSockets().WebSocket });
    for (let sent = 0; sent < 64; sent += 1) void socket.send(long);
    expect(socket.bufferedAmount).toBe(2 ** 22);
    for (let more = 0; more < 100; more += 1)
      expect(() => socket.send(long)).toThrow(expect.objectContaining({ code: "OUTBOX_FULL" }));
    socket.close();
  });

  test("are refused at the call beyond 4 MiB, while the server does not read", async () => {
    const { socket, last } = await openInBrowser({ limitBytes: 1_000 });
    last().bufferedAmount = 999;
    void socket.send("fits");
    last().bufferedAmount = 1_000;
    expect(() => socket.send("x")).toThrow(expect.objectContaining({ code: "OUTBOX_FULL" }));
    last().bufferedAmount = 0;
    void socket.send("fits again");
    expect(last().sent).toEqual(["fits", "fits again"]);
    socket.close();
  });

  test("may be one of any length, and go to the next connection", async () => {
    const { socket, last } = await openInBrowser();
    last().emitClose();
    const longest = "x".repeat(2 ** 23);
    void socket.send(longest);
    expect(() => socket.send("x")).toThrow(expect.objectContaining({ code: "OUTBOX_FULL" }));
    await pass(1_000);
    last().emitOpen();
    expect(last().sent).toEqual([longest]);
    expect(socket.bufferedAmount).toBe(0);
    void socket.send("x");
    expect(last().sent).toHaveLength(2);
    socket.close();
  });
});
