import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { faked, live, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("silence", () => {
  test("a socket that does not open within fifteen seconds is given up, and another dialed", async () => {
    const { connection, made } = faked();
    connection.dial();
    await pass();
    await pass(14_998);
    expect(made[0]?.closed).toBeUndefined();
    await pass(2);
    expect(made[0]?.closed).toBeDefined();
    expect(connection.status.value).toMatchObject({ state: "waiting", attempt: 1 });
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("a conversation that is not live fifteen seconds after the dial is given up", async () => {
    const { connection, last, made, told } = faked();
    connection.dial();
    await pass();
    last().opens();
    await pass(14_998);
    expect(told).toEqual(["opened"]);
    await pass(2);
    expect(told).toEqual(["opened", "lost"]);
    expect(connection.status.value.attempt).toBe(1);
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("a half-open socket is abandoned without waiting for its end, and what it says later is not told", async () => {
    const { connection, made, told } = await live({}, { probe() {} });
    await pass(35_001);
    expect(told).toEqual(["opened", "lost"]);
    await pass(251);
    expect(made).toHaveLength(2);
    made[1]?.opens();
    made[0]?.says("late");
    made[0]?.falls(4400);
    expect(told).toEqual(["opened", "lost", "opened"]);
    expect(connection.wire).toBeDefined();
    connection.close();
  });

  test("any message is life", async () => {
    const { last, told, connection } = await live({}, { probe() {} });
    await pass(30_000);
    last().says("x");
    await pass(30_000);
    expect(told).toEqual(["opened", "message x"]);
    connection.close();
  });

  test("a wake while open probes, and five silent seconds are death", async () => {
    const probe = vi.fn<() => void>();
    const { connection, page, made, told } = await live({}, { probe });
    page.shows("visible");
    expect(probe).toHaveBeenCalledOnce();
    await pass(5_000);
    expect(told).toEqual(["opened", "lost"]);
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test.each(["online", "offline", "pageshow"])("%s while open probes", async (type) => {
    const probe = vi.fn<() => void>();
    const { connection, page, made } = await live({}, { probe });
    page.dispatchEvent(new Event(type));
    expect(probe).toHaveBeenCalledOnce();
    await pass(5_000);
    expect(connection.status.value.state).toBe("waiting");
    expect(made[0]?.readyState).toBe(2); // it still waits for an end that nobody else waits for
    connection.close();
  });

  test("a frozen page that resumes while open probes", async () => {
    const probe = vi.fn<() => void>();
    const { connection, page } = await live({}, { probe });
    page.dispatchEvent(new Event("resume"));
    expect(probe).toHaveBeenCalledOnce();
    connection.close();
  });

  test("a probe that is answered, by anything, changes nothing", async () => {
    const { connection, page, last, told } = await live({}, { probe() {} });
    page.goes(false);
    last().says("pong");
    await pass(6_000);
    expect(told).toEqual(["opened", "message pong"]);
    expect(connection.status.value.state).toBe("open");
    connection.close();
  });

  test("a clock that jumped probes", async () => {
    const probe = vi.fn<() => void>();
    const { connection } = await live({}, { probe });
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(10_000);
    expect(probe).toHaveBeenCalledOnce();
    connection.close();
  });
});

describe("the device and the page", () => {
  test("an offline device is waited for, without a clock", async () => {
    const { connection, page, last, made } = await live();
    page.goes(false);
    last().falls();
    expect(connection.status.value).toMatchObject({ state: "waiting", offline: true });
    expect(connection.status.value.retryAt).toBeUndefined();
    await pass(600_000);
    expect(made).toHaveLength(1);
    page.goes(true);
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("the first try is made even when the device calls itself offline", async () => {
    const { connection, page, made } = faked();
    page.goes(false);
    connection.dial();
    await pass();
    expect(made).toHaveLength(1);
    connection.close();
  });

  test("a wake while waiting dials soon", async () => {
    const { connection, page, last, made } = faked();
    connection.dial();
    await pass();
    for (let tries = 0; tries < 8; tries += 1) {
      last().falls();
      await pass(15_001);
    }
    last().falls();
    const before = made.length;
    page.shows("visible");
    expect(connection.status.value.retryAt).toBe(Date.now() + 250);
    await pass(251);
    expect(made).toHaveLength(before + 1);
    connection.close();
  });

  test("who comes back to a dead connection does not wait for long, whatever was before", async () => {
    const { connection, page, last } = await live({}, { probe() {} });
    for (let losses = 0; losses < 6; losses += 1) {
      last().falls();
      await pass(30_000);
      last().opens();
      connection.live(35_000);
    }
    page.shows("visible");
    await pass(5_000);
    expect(connection.status.value.retryAt).toBe(Date.now() + 250);
    await pass(251);
    last().falls();
    expect(connection.status.value.retryAt).toBe(Date.now() + 15_000);
    connection.close();
  });

  test("a hidden page takes its time", async () => {
    const { connection, page, last } = await live();
    page.shows("hidden");
    last().falls();
    expect(connection.status.value.retryAt).toBe(Date.now() + 15_000);
    connection.close();
  });

  test("a page that is kept closes its wire without a word, and dials again when it is back", async () => {
    const leaving = vi.fn<() => void>();
    const { connection, page, made, told } = await live({}, { leaving });
    page.turns("pagehide", true);
    expect(leaving).not.toHaveBeenCalled();
    expect(made[0]?.closed).toEqual({ code: undefined, reason: undefined });
    expect(told).toEqual(["opened", "lost"]);
    expect(connection.status.value.state).toBe("waiting");
    await pass(600_000);
    expect(made).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    page.turns("pageshow", true);
    await pass();
    made[1]?.opens();
    connection.live(undefined, true);
    expect(connection.status.value).toMatchObject({ state: "open", resumed: true });
    connection.close();
  });

  test("a page that is left for good says so first", async () => {
    const { page, last } = await live({}, { leaving: () => last().send("bye") });
    page.turns("pagehide", false);
    expect(last().sent).toEqual(["bye"]);
    expect(last().closed).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a page that is kept during a wait dials nothing until it is back", async () => {
    const { connection, page, last, made } = await live();
    last().falls();
    page.turns("pagehide", true);
    await pass(60_000);
    expect(made).toHaveLength(1);
    page.turns("pageshow", true);
    await pass();
    expect(made).toHaveLength(2);
    connection.close();
  });
});
