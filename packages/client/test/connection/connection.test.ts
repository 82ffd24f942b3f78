import type { CloseError } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createConnection } from "../../src/connection/connection.ts";
import type { SocketWire } from "../../src/connection/socket-wire.ts";
import { faked, FakeSocket, live, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("dialing", () => {
  test("nothing is touched before dial", () => {
    const { connection, made, page } = faked();
    const listening = vi.spyOn(page, "addEventListener");
    expect(connection.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
    expect(made).toEqual([]);
    expect(listening).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a second dial does nothing", async () => {
    const { connection, made } = faked();
    connection.dial();
    connection.dial();
    await pass();
    expect(made).toHaveLength(1);
  });

  test("a url of http is dialed as ws, and an URL as its text", async () => {
    const urls = [new URL("https://a/x?y"), "http://b/", "wss://c/"];
    const { connection, made } = faked({ url: () => urls.shift() ?? "ws://d/" });
    connection.dial();
    for (let tries = 0; tries < 3; tries += 1) {
      await pass(30_000);
      made.at(-1)?.falls();
    }
    expect(made.slice(0, 3).map(({ url }) => url)).toEqual(["wss://a/x?y", "ws://b/", "wss://c/"]);
    connection.close();
  });

  test("the status goes from connecting to open when the conversation is live, not when the socket is", async () => {
    const { connection, last, told } = faked();
    connection.dial();
    await pass();
    last().opens();
    expect(told).toEqual(["opened"]);
    expect(connection.status.value.state).toBe("connecting");
    connection.live();
    expect(connection.status.value).toEqual({ state: "open", attempt: 0, resumed: false });
  });

  test("the wire of the connection is the one that was told, until it is gone", async () => {
    const wires: SocketWire[] = [];
    const { connection, last } = faked({}, { opened: (wire) => void wires.push(wire) });
    connection.dial();
    await pass();
    expect(connection.wire).toBeUndefined();
    last().opens();
    expect(connection.wire).toBe(wires[0]);
    last().falls();
    expect(connection.wire).toBeUndefined();
  });
});

describe("close", () => {
  test("closes the wire with its code, ends once, and leaves neither timer nor listener", async () => {
    const { connection, page, last, told } = await live();
    const removed = vi.spyOn(page, "removeEventListener");
    connection.close(4000, "done");
    connection.close();
    expect(last().closed).toEqual({ code: 4000, reason: "done" });
    expect(told).toEqual(["opened", "lost", "ended 4000"]);
    expect(connection.status.value).toMatchObject({ state: "closed", error: { code: 4000, reason: "done" } });
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(6);
  });

  test("nothing is told after it", async () => {
    const { connection, last, told } = await live();
    connection.close();
    last().says("late");
    last().falls(1006);
    await pass(60_000);
    expect(told).toEqual(["opened", "lost", "ended 1000"]);
  });

  test("during a wait leaves no timer, and nothing is dialed", async () => {
    const { connection, last, made } = await live();
    last().falls();
    await pass(100);
    connection.close();
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(made).toHaveLength(1);
  });

  test("while connecting, and before dial, ends as well", async () => {
    for (const wait of [0, 1]) {
      const { connection, made, told } = faked();
      connection.dial();
      await pass(wait);
      connection.close();
      await pass(60_000);
      expect(told).toEqual(["ended 1000"]);
      expect(made.every(({ closed }) => closed !== undefined)).toBe(true);
    }
    const { connection, made, told } = faked();
    connection.close();
    connection.dial();
    await pass();
    expect(told).toEqual(["ended 1000"]);
    expect(made).toEqual([]);
  });

  test("from within lost ends, and dials nothing", async () => {
    const { connection, last, made } = await live({}, { lost: () => connection.close() });
    last().falls();
    await pass(60_000);
    expect(connection.status.value.state).toBe("closed");
    expect(made).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a code that may not be sent is a RangeError at once", () => {
    const { connection } = faked();
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
  ])("where only a browser's codes can be sent, %i goes as %s", async (code, sent) => {
    const { connection, last } = await live();
    connection.close(code);
    expect(last().closed?.code).toBe(sent);
  });

  test("a long reason is cut to what fits", async () => {
    const { connection, last } = await live();
    connection.close(1000, "é".repeat(100));
    expect(last().closed?.reason).toBe("é".repeat(61));
  });
});

test("a class of WebSockets that cannot make any ends with an error that says so", async () => {
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
