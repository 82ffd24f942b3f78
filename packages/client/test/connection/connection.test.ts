import type { CloseError } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createConnection } from "../../src/connection/connection.ts";
import type { SocketWire } from "../../src/connection/socket-wire.ts";
import { fakeConnection, FakeSocket, openConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("dialing", () => {
  test("a connection reads no global and starts no timer before dial", () => {
    const { connection, made, page } = fakeConnection();
    const subscribe = vi.spyOn(page, "addEventListener");
    expect(connection.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
    expect(made).toEqual([]);
    expect(subscribe).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a second dial does nothing", async () => {
    const { connection, made } = fakeConnection();
    connection.dial();
    connection.dial();
    await pass();
    expect(made).toHaveLength(1);
  });

  test("an http url is dialed as ws, and an URL object as its text", async () => {
    const urls = [new URL("https://a/x?y"), "http://b/", "wss://c/"];
    const { connection, made } = fakeConnection({ url: () => urls.shift() ?? "ws://d/" });
    connection.dial();
    for (let tries = 0; tries < 3; tries += 1) {
      await pass(30_000);
      made.at(-1)?.emitClose();
    }
    expect(made.slice(0, 3).map(({ url }) => url)).toEqual(["wss://a/x?y", "ws://b/", "wss://c/"]);
    connection.close();
  });

  test("the status is open when the conversation is established, not when the socket is open", async () => {
    const { connection, last, calls } = fakeConnection();
    connection.dial();
    await pass();
    last().emitOpen();
    expect(calls).toEqual(["opened"]);
    expect(connection.status.value.state).toBe("connecting");
    connection.established();
    expect(connection.status.value).toEqual({ state: "open", attempt: 0, resumed: false });
  });

  test("the connection has the wire that opened, until it ends", async () => {
    const wires: SocketWire[] = [];
    const { connection, last } = fakeConnection({}, { opened: (wire) => void wires.push(wire) });
    connection.dial();
    await pass();
    expect(connection.wire).toBeUndefined();
    last().emitOpen();
    expect(connection.wire).toBe(wires[0]);
    last().emitClose();
    expect(connection.wire).toBeUndefined();
  });
});

describe("close", () => {
  test("closes the wire with its code, ends once, and leaves neither a timer nor a listener", async () => {
    const { connection, page, last, calls } = await openConnection();
    const removed = vi.spyOn(page, "removeEventListener");
    connection.close(4000, "done");
    connection.close();
    expect(last().closed).toEqual({ code: 4000, reason: "done" });
    expect(calls).toEqual(["opened", "lost", "ended 4000"]);
    expect(connection.status.value).toMatchObject({ state: "closed", error: { code: 4000, reason: "done" } });
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(6);
  });

  test("is the last thing that the listener receives", async () => {
    const { connection, last, calls } = await openConnection();
    connection.close();
    last().emitMessage("late");
    last().emitClose(1006);
    await pass(60_000);
    expect(calls).toEqual(["opened", "lost", "ended 1000"]);
  });

  test("during a wait leaves no timer, and makes no socket", async () => {
    const { connection, last, made } = await openConnection();
    last().emitClose();
    await pass(100);
    connection.close();
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(made).toHaveLength(1);
  });

  test("ends a connection that is connecting, or that was never dialed", async () => {
    for (const wait of [0, 1]) {
      const { connection, made, calls } = fakeConnection();
      connection.dial();
      await pass(wait);
      connection.close();
      await pass(60_000);
      expect(calls).toEqual(["ended 1000"]);
      expect(made.every(({ closed }) => closed !== undefined)).toBe(true);
    }
    const { connection, made, calls } = fakeConnection();
    connection.close();
    connection.dial();
    await pass();
    expect(calls).toEqual(["ended 1000"]);
    expect(made).toEqual([]);
  });

  test("inside of lost ends the connection, and makes no socket", async () => {
    const { connection, last, made } = await openConnection({}, { lost: () => connection.close() });
    last().emitClose();
    await pass(60_000);
    expect(connection.status.value.state).toBe("closed");
    expect(made).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("throws RangeError for a code that may not be sent", () => {
    const { connection } = fakeConnection();
    for (const code of [999, 1004, 1005, 1006, 1015, 2999, 5000])
      expect(() => connection.close(code)).toThrow(RangeError);
    expect(connection.status.value.state).toBe("connecting");
  });

  test.each([
    [1000, 1000],
    [3000, 3000],
    [1001, undefined],
    [1003, 4400],
    [1011, 4500],
  ])("sends %i as %s where only a page's codes can be sent", async (code, sent) => {
    const { connection, last } = await openConnection();
    connection.close(code);
    expect(last().closed?.code).toBe(sent);
  });

  test("cuts a long reason to what fits", async () => {
    const { connection, last } = await openConnection();
    connection.close(1000, "é".repeat(100));
    expect(last().closed?.reason).toBe("é".repeat(61));
  });
});

test("a WebSocket class whose constructor throws ends the connection with that error", async () => {
  class Broken extends FakeSocket {
    constructor(url: string) {
      super(url);
      throw new SyntaxError("no such thing");
    }
  }
  const ended = vi.fn<(error: CloseError) => void>();
  const connection = createConnection(
    { url: () => "ws://test/", protocols: [], WebSocket: Broken },
    { opened() {}, message() {}, lost() {}, ended },
  );
  connection.dial();
  await pass();
  expect(ended).toHaveBeenCalledOnce();
  expect(connection.status.value).toMatchObject({
    state: "closed",
    attempt: 0,
    error: { code: 1006, reason: "no such thing" },
  });
  expect(vi.getTimerCount()).toBe(0);
});
