import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeConnection, openConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a connection", () => {
  test("waits without a time limit while the device is offline", async () => {
    const { connection, page, last, made } = await openConnection();
    page.setOnline(false);
    last().emitClose();
    expect(connection.status.value).toMatchObject({ state: "waiting", offline: true });
    expect(connection.status.value.retryAt).toBeUndefined();
    await pass(600_000);
    expect(made).toHaveLength(1);
    page.setOnline(true);
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("makes its first try even if the device reports that it is offline", async () => {
    const { connection, page, made } = fakeConnection();
    page.setOnline(false);
    connection.dial();
    await pass();
    expect(made).toHaveLength(1);
    connection.close();
  });

  test("does not wait when the user comes back and the wire does not answer, whatever was before", async () => {
    const { connection, page, last } = await openConnection({}, { probe() {} });
    for (let losses = 0; losses < 6; losses += 1) {
      last().emitClose();
      await pass(29_000);
      last().emitOpen();
      connection.established(35_000);
    }
    page.setVisibility("visible");
    await pass(5_000);
    expect(connection.status.value.retryAt).toBe(Date.now());
    await pass(1);
    last().emitClose();
    expect(connection.status.value.retryAt).toBe(Date.now() + 250);
    connection.close();
  });

  test("waits longer while the page is hidden and the failures go on", async () => {
    const { connection, page, last } = await openConnection();
    await pass(10_000);
    page.setVisibility("hidden");
    for (const wait of [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      last().emitClose();
      expect(connection.status.value.retryAt).toBe(Date.now() + wait);
      await pass(wait + 1);
    }
    connection.close();
  });

  test("closes its wire without leaving when the browser keeps the page, and connects again when the page is back", async () => {
    const leaving = vi.fn<() => void>();
    const { connection, page, made, calls } = await openConnection({}, { leaving });
    page.emitTransition("pagehide", true);
    expect(leaving).not.toHaveBeenCalled();
    expect(made[0]?.closed).toEqual({ code: undefined, reason: undefined });
    expect(calls).toEqual(["opened", "lost"]);
    expect(connection.status.value.state).toBe("waiting");
    await pass(600_000);
    expect(made).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    page.emitTransition("pageshow", true);
    await pass();
    made[1]?.emitOpen();
    connection.established(undefined, true);
    expect(connection.status.value).toMatchObject({ state: "open", resumed: true });
    connection.close();
  });

  test("leaves before it closes its wire when the browser does not keep the page", async () => {
    const { page, last } = await openConnection({}, { leaving: () => last().send("bye") });
    page.emitTransition("pagehide", false);
    expect(last().sent).toEqual(["bye"]);
    expect(last().closed).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("makes no socket between pagehide and pageshow", async () => {
    const { connection, page, last, made } = await openConnection();
    last().emitClose();
    page.emitTransition("pagehide", true);
    await pass(60_000);
    expect(made).toHaveLength(1);
    page.emitTransition("pageshow", true);
    await pass();
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("stays closed when its listener closes it on pagehide", async () => {
    const { connection, page, calls } = await openConnection({}, { lost: () => connection.close() });
    const states: string[] = [];
    connection.status.subscribe(({ state }) => states.push(state));
    page.emitTransition("pagehide", true);
    page.emitTransition("pageshow", true);
    await pass(60_000);
    expect(states).toEqual(["closed"]);
    expect(calls).toEqual(["opened", "ended 1000"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
