// A redialer shows no fault of `reconnecting-websocket` that depends on time or on errors; with fake sockets.
import type { CloseError } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createRedialer, type DialOptions, type RedialerListener } from "../../src/connection/redialer.ts";
import { fakeSockets, FakeSocket, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A redialer over fake sockets, and the calls of its listener. */
function startRedialer(options: Partial<DialOptions> = {}, listener: Partial<RedialerListener> = {}) {
  const sockets = fakeSockets();
  const calls: string[] = [];
  const errors: CloseError[] = [];
  const redialer = createRedialer(
    { url: () => "ws://test/", protocols: [], WebSocket: sockets.WebSocket, ...options },
    {
      opened: () => void calls.push("opened"),
      message: (message) => void calls.push(`message ${String(message)}`),
      closed(error, permanent) {
        errors.push(error);
        calls.push(`closed ${error.code}${permanent ? ", permanent" : ""}`);
      },
      refused: ({ status }) => void calls.push(`refused ${status}`),
      ...listener,
    },
  );
  return { ...sockets, redialer, calls, errors };
}

describe("a url provider", () => {
  test("that never settles is a failed try after fifteen seconds, and is called again at the next", async () => {
    const urls = [new Promise<string>(() => {}), "ws://second/"];
    const { redialer, calls, errors, made } = startRedialer({ url: () => urls.shift() ?? "ws://third/" });
    await pass(14_999);
    expect(calls).toEqual([]);
    await pass(2);
    expect(calls).toEqual(["closed 1006"]);
    expect(errors[0]).toMatchObject({
      reason: "no url within 15000 ms",
      wasClean: false,
      cause: new Error("no url within 15000 ms"),
    });
    redialer.retry();
    await pass();
    expect(made.map(({ url }) => url)).toEqual(["ws://second/"]);
    redialer.stop(1000, "");
  });

  test("that settles after its deadline is ignored, however it settles", async () => {
    const late: { resolve: (url: string) => void; reject: (error: Error) => void }[] = [];
    const { redialer, calls, made } = startRedialer({
      url: () => new Promise<string>((resolve, reject) => late.push({ resolve, reject })),
    });
    for (let tries = 1; tries <= 2; tries += 1) {
      await pass(15_001);
      expect(calls).toHaveLength(tries);
      redialer.retry();
    }
    await pass();
    late[0]?.resolve("ws://late/");
    late[1]?.reject(new Error("late"));
    await pass();
    expect([calls.length, made.length]).toEqual([2, 0]);
    late[2]?.resolve("ws://in-time/");
    await pass();
    expect(made.map(({ url }) => url)).toEqual(["ws://in-time/"]);
    redialer.stop(1000, "");
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    [
      "throws",
      (error: Error) => () =>
        ((): never => {
          throw error;
        })(),
    ],
    ["rejects", (error: Error) => () => Promise.reject(error)],
  ])("that %s is a failed try each time, and the next try waits for retry", async (_, failing) => {
    const offline = new Error("no token while offline");
    const url = vi.fn<() => Promise<string>>(failing(offline));
    const { redialer, calls, errors } = startRedialer({ url });
    for (let tries = 1; tries <= 3; tries += 1) {
      await pass(60_000);
      expect([url.mock.calls.length, calls.length]).toEqual([tries, tries]);
      redialer.retry();
    }
    expect(errors[0]).toMatchObject({ code: 1006, reason: "no token while offline", cause: offline });
    redialer.stop(1000, "");
  });

  test("is not called when the redialer is stopped before its first try, or between two tries", async () => {
    const url = vi.fn<() => string>(() => "ws://test/");
    const { redialer } = startRedialer({ url });
    redialer.stop(1000, "");
    await pass(60_000);
    expect(url).not.toHaveBeenCalled();

    const second = startRedialer({ url });
    await pass();
    second.last().emitClose();
    await pass(100);
    second.redialer.stop(1000, "");
    expect(vi.getTimerCount()).toBe(0);
    second.redialer.retry();
    await pass(60_000);
    expect(url).toHaveBeenCalledOnce();
    expect(second.made).toHaveLength(1);
  });

  test.each(["resolves", "rejects"])(
    "that %s after the redialer was stopped leaves no timer, makes no socket and reports nothing",
    async (end) => {
      const settle: { resolve?: (url: string) => void; reject?: (error: Error) => void } = {};
      const { redialer, made, calls } = startRedialer({
        url: () => new Promise<string>((resolve, reject) => Object.assign(settle, { resolve, reject })),
      });
      await pass();
      redialer.stop(1000, "");
      expect(vi.getTimerCount()).toBe(0);
      if (end === "resolves") settle.resolve?.("ws://test/");
      else settle.reject?.(new Error("no token"));
      await pass(60_000);
      expect([made, calls]).toEqual([[], []]);
    },
  );
});

describe("a try", () => {
  test("whose socket cannot be made is reported once, as permanent, and the next one waits for retry", async () => {
    const construct = vi.fn<() => void>();
    class Broken extends FakeSocket {
      constructor(url: string) {
        super(url);
        construct();
        throw new SyntaxError("invalid url");
      }
    }
    const { redialer, calls, errors } = startRedialer({ WebSocket: Broken });
    await pass(60_000);
    expect(calls).toEqual(["closed 1006, permanent"]);
    expect(errors[0]).toMatchObject({ reason: "invalid url", cause: new SyntaxError("invalid url") });
    redialer.retry();
    await pass(60_000);
    expect(construct).toHaveBeenCalledTimes(2);
    redialer.stop(1000, "");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that takes too long is reported once, with 1006 and not with a clean 1000", async () => {
    const { redialer, calls, errors, made, last } = startRedialer();
    await pass();
    last().emitOpen();
    await pass(14_998);
    expect(calls).toEqual(["opened"]);
    await pass(2);
    expect(calls).toEqual(["opened", "closed 1006"]);
    expect(errors[0]).toMatchObject({ reason: "not established in time", wasClean: false });
    expect(last().closed).toBeDefined();
    last().emitMessage("late");
    last().emitClose(1000);
    await pass(60_000);
    expect(calls).toEqual(["opened", "closed 1006"]);
    redialer.retry();
    await pass();
    expect(made).toHaveLength(2);
    redialer.stop(1000, "");
  });

  test("that is established has no time limit", async () => {
    const { redialer, calls, last } = startRedialer();
    await pass();
    last().emitOpen();
    redialer.established();
    await pass(3_600_000);
    expect(calls).toEqual(["opened"]);
    redialer.stop(1000, "");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("has its own time limit, whatever was left of the one before", async () => {
    const { redialer, calls, last } = startRedialer();
    await pass();
    await pass(14_000);
    redialer.drop("silence");
    redialer.retry();
    await pass(14_000);
    expect(calls).toEqual(["closed 1006"]);
    last().emitOpen();
    await pass(1_002);
    expect(calls).toEqual(["closed 1006", "opened", "closed 1006"]);
    redialer.stop(1000, "");
  });

  test("starts no timer that overflows", async () => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const { redialer, last } = startRedialer();
    await pass();
    last().emitOpen();
    redialer.established();
    last().emitClose();
    await pass();
    redialer.stop(1000, "");
    expect(timers.mock.calls.map(([, ms = 0]) => ms).every((ms) => ms <= 15_000)).toBe(true);
  });
});

describe("a socket", () => {
  test("that was dropped reports nothing more", async () => {
    const { redialer, calls, errors, made, last } = startRedialer();
    await pass();
    last().emitOpen();
    redialer.established();
    redialer.drop("silence");
    expect(errors[0]).toMatchObject({ code: 1006, reason: "silence", wasClean: false });
    redialer.retry();
    await pass();
    const [old, next] = made;
    old?.emitMessage("late");
    old?.emitClose(4403);
    next?.emitOpen();
    old?.emitOpen();
    expect(calls).toEqual(["opened", "closed 1006", "opened"]);
    redialer.stop(1000, "");
  });

  test("that was dropped is not closed again when the redialer is stopped", async () => {
    const { redialer, last } = startRedialer();
    await pass();
    const close = vi.spyOn(last(), "close");
    redialer.drop("silence");
    redialer.stop(1000, "");
    expect(close).toHaveBeenCalledExactlyOnceWith();
  });

  test("that was stopped is closed with the given code, and reports nothing more", async () => {
    const { redialer, calls, made, last } = startRedialer();
    await pass();
    redialer.stop(4000, "enough");
    expect(last().closed).toEqual({ code: 4000, reason: "enough" });
    last().emitOpen();
    last().emitMessage("late");
    last().emitClose(4000);
    await pass(60_000);
    expect([calls, made.length]).toEqual([[], 1]);
  });

  test("whose listener stops the redialer is the last one, and leaves no timer", async () => {
    const { redialer, made, last } = startRedialer({}, { closed: () => redialer.stop(1000, "") });
    await pass();
    last().emitClose();
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(made).toHaveLength(1);
  });

  test("whose listener throws does not stop the tries, and the error is on the console", async () => {
    const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
    const broken = new Error("broken listener");
    const closed = vi.fn<() => void>(() => {
      throw broken;
    });
    let urls = 0;
    const url = (): string => {
      urls += 1;
      if (urls === 2) throw new Error("no token");
      return `ws://${urls}/`;
    };
    const { redialer, made, last } = startRedialer({ url }, { closed });
    await pass();
    last().emitClose();
    redialer.retry();
    await pass();
    redialer.retry();
    await pass(15_001);
    redialer.retry();
    await pass();
    expect(closed).toHaveBeenCalledTimes(3);
    expect(console.mock.calls).toEqual([[broken], [broken], [broken]]);
    expect(made.map(({ url }) => url)).toEqual(["ws://1/", "ws://3/", "ws://4/"]);
    redialer.stop(1000, "");
  });
});
