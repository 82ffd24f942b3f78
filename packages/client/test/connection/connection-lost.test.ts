import { CloseError } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeConnection, openConnection, openSteadyConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a lost connection", () => {
  test("waits, connects again, and is open again", async () => {
    const { connection, last, made, calls } = await openSteadyConnection();
    const seen: unknown[] = [];
    connection.status.subscribe((status) => seen.push(status));
    last().emitClose();
    const error = expect.any(CloseError);
    expect(seen).toEqual([
      { state: "waiting", attempt: 1, resumed: false, retryAt: Date.now() + 125, error },
    ]);
    await pass(126);
    expect(made).toHaveLength(2);
    expect(seen.at(-1)).toEqual({ state: "connecting", attempt: 1, resumed: false, error });
    last().emitOpen();
    connection.established();
    expect(seen.at(-1)).toEqual({ state: "open", attempt: 0, resumed: false });
    connection.established(undefined, true);
    expect(seen.at(-1)).toEqual({ state: "open", attempt: 0, resumed: true });
    expect(calls).toEqual(["opened", "lost", "opened"]);
  });

  test.each([
    { grace: 120_000, limit: 15_000 },
    { grace: 30_000, limit: 10_000 },
    { grace: 8_000, limit: 3_000 },
    { grace: 0, limit: 3_000 },
  ])("tries for $limit ms to reach a server whose session waits for $grace ms", async ({ grace, limit }) => {
    const { connection, last, made } = await openSteadyConnection();
    connection.established(undefined, true, grace);
    await pass(10_000);
    last().emitClose();
    await pass(126);
    expect(made).toHaveLength(2);
    await pass(limit - 2);
    expect(connection.status.value).toMatchObject({ state: "connecting", attempt: 1 });
    await pass(2);
    expect(connection.status.value).toMatchObject({ state: "waiting", attempt: 2 });
    connection.close();
  });

  test("counts its failed tries, and draws each wait from a longer window", async () => {
    const { connection, last } = fakeConnection();
    connection.dial();
    await pass();
    for (const [attempt, wait] of [125, 250, 500, 1_000, 2_000, 2_500, 2_500].entries()) {
      last().emitClose();
      expect(connection.status.value).toMatchObject({
        state: "waiting",
        attempt: attempt + 1,
        retryAt: Date.now() + wait,
      });
      await pass(wait + 1);
      expect(connection.status.value.state).toBe("connecting");
    }
    connection.close();
  });

  test("counts its tries from 0 again as soon as a conversation is established", async () => {
    const { connection, last } = fakeConnection();
    connection.dial();
    await pass();
    for (let tries = 0; tries < 6; tries += 1) {
      last().emitClose();
      await pass(5_001);
    }
    last().emitOpen();
    connection.established();
    await pass(10_000);
    last().emitClose();
    expect(connection.status.value).toMatchObject({ attempt: 1, retryAt: Date.now() + 125 });
    connection.close();
  });

  test("waits at least 0.25 s · 2 ** k after k wires in a row that were open for less than ten seconds", async () => {
    const { connection, last } = await openConnection();
    const wait = (): number => (connection.status.value.retryAt ?? NaN) - Date.now();
    for (const [lived, floor] of [
      [9_999, 500],
      [0, 1_000],
      [9_999, 2_000],
      [1, 4_000],
      [0, 5_000],
      [0, 5_000],
      [10_000, 0],
      [9_999, 500],
    ] as const) {
      await pass(lived);
      last().emitClose();
      expect(wait()).toBe(floor + 125);
      await pass(floor + 126);
      last().emitOpen();
      connection.established();
    }
    connection.close();
  });

  test("has the floor before the first retry alone: the tries after it are as fast as any others", async () => {
    const { connection, last } = await openConnection();
    const wait = (): number => (connection.status.value.retryAt ?? NaN) - Date.now();
    last().emitClose();
    expect(wait()).toBe(625);
    await pass(626);
    last().emitClose();
    expect(wait()).toBe(250);
    connection.close();
  });

  test("gives up after the retries that the options allow, and says so", async () => {
    const { connection, last, made, calls } = fakeConnection({ reconnect: { retries: 2 } });
    connection.dial();
    await pass();
    for (const retry of [1, 2]) {
      last().emitClose(1006);
      expect(connection.status.value).toMatchObject({ state: "waiting", attempt: retry });
      await pass(5_001);
    }
    last().emitClose(1013, "full");
    expect(connection.status.value).toMatchObject({
      state: "closed",
      error: { code: 1013, reason: "gave up after 2 retries: full", cause: { code: 1013, reason: "full" } },
    });
    expect(calls).toEqual(["ended 1013"]);
    await pass(600_000);
    expect(made).toHaveLength(3);
  });

  test("counts its retries from each established conversation on, and with none it ends at its first loss", async () => {
    const { connection, last } = await openConnection({ reconnect: { retries: 1 } });
    for (let losses = 0; losses < 3; losses += 1) {
      await pass(10_000);
      last().emitClose();
      await pass(251);
      last().emitOpen();
      connection.established();
    }
    connection.close();
    const single = await openConnection({ reconnect: { retries: 0 } });
    single.last().emitClose(1006);
    expect(single.connection.status.value).toMatchObject({
      state: "closed",
      error: { code: 1006, reason: "gave up after 0 retries: " },
    });
    expect(single.calls).toEqual(["opened", "lost", "ended 1006"]);
  });

  test("never stops trying", async () => {
    const { connection, last, made } = fakeConnection({ random: () => 0 });
    connection.dial();
    await pass();
    for (let tries = 0; tries < 50; tries += 1) {
      last().emitClose();
      await pass(2);
    }
    expect(made).toHaveLength(51);
    last().emitOpen();
    connection.established();
    expect(connection.status.value.state).toBe("open");
  });

  test("calls a url provider again that has thrown, and its status has that error", async () => {
    const offline = new Error("no token while offline");
    let urlCalls = 0;
    const { connection, made } = fakeConnection({
      url() {
        urlCalls += 1;
        if (urlCalls === 1) throw offline;
        return "ws://test/";
      },
    });
    connection.dial();
    await pass();
    expect(connection.status.value).toMatchObject({
      state: "waiting",
      attempt: 1,
      error: { cause: offline },
    });
    await pass(251);
    expect(urlCalls).toBe(2);
    expect(made).toHaveLength(1);
  });

  test("has failed to connect when the url provider takes longer than fifteen seconds", async () => {
    const urls = [new Promise<string>(() => {}), "ws://second/"];
    const { connection, last } = fakeConnection({ url: () => urls.shift() ?? "ws://third/" });
    connection.dial();
    await pass(14_999);
    expect(connection.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
    await pass(2);
    expect(connection.status.value).toMatchObject({
      state: "waiting",
      attempt: 1,
      error: { code: 1006, reason: "no url within 15000 ms" },
    });
    await pass(251);
    expect(last().url).toBe("ws://second/");
    connection.close();
  });

  test("ignores a url that comes after the end, and has no timer", async () => {
    let answer: (url: string) => void = () => {};
    const { connection, made } = fakeConnection({
      url: () => new Promise<string>((resolve) => (answer = resolve)),
    });
    connection.dial();
    await pass();
    connection.close();
    answer("ws://test/");
    await pass(1);
    expect(made).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("close codes", () => {
  test.each([1000, 1002, 1003, 1007, 1008, 1009, 4400, 4403, 4404, 4900])(
    "%i ends the connection",
    async (code) => {
      const { connection, last, made, calls } = await openConnection();
      last().emitClose(code, "why");
      await pass(60_000);
      expect(calls).toEqual(["opened", "lost", `ended ${code}`]);
      expect(connection.status.value).toMatchObject({ state: "closed", error: { code, reason: "why" } });
      expect(made).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test.each([1001, 1005, 1006, 1011, 1012, 1013, 4408, 4500, 4901, 4902, 4903, 4401])(
    "after %i the connection connects again",
    async (code) => {
      const { connection, last, made, calls } = await openSteadyConnection();
      last().emitClose(code);
      await pass(251);
      expect(calls).toEqual(["opened", "lost"]);
      expect(made).toHaveLength(2);
      connection.close();
    },
  );

  test("after 4401 the url provider is called again, and a second 4401 in a row ends the connection", async () => {
    let urlCalls = 0;
    const { last, calls } = await openSteadyConnection({ url: () => `ws://test/?${(urlCalls += 1)}` });
    last().emitClose(4401);
    await pass(251);
    expect(last().url).toBe("ws://test/?2");
    last().emitOpen();
    last().emitClose(4401);
    expect(calls).toEqual(["opened", "lost", "opened", "lost", "ended 4401"]);
  });

  test("4401 ends the connection only if the conversation was not established since the last 4401", async () => {
    const { connection, last, calls } = await openSteadyConnection();
    for (let round = 0; round < 3; round += 1) {
      last().emitClose(4401);
      await pass(5_126);
      last().emitOpen();
      connection.established();
    }
    expect(calls.filter((call) => call !== "opened")).toEqual(["lost", "lost", "lost"]);
    connection.close();
  });

  test("after 4429 the connection waits at least five seconds, even if it wakes", async () => {
    const { connection, last, made, page } = await openSteadyConnection({ random: () => 0 });
    last().emitClose(4429);
    page.setOnline(true);
    page.setVisibility("visible");
    await pass(4_999);
    expect(made).toHaveLength(1);
    await pass(2);
    expect(made).toHaveLength(2);
    connection.close();
  });
});
