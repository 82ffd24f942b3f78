import { CloseError } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { faked, live, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a lost connection", () => {
  test("is waited for, dialed again, and open again", async () => {
    const { connection, last, made, told } = await live();
    const seen: unknown[] = [];
    connection.status.subscribe((status) => seen.push(status));
    last().falls();
    const error = expect.any(CloseError);
    expect(seen).toEqual([{ state: "waiting", attempt: 1, resumed: false, retryAt: 251, error }]);
    await pass(251);
    expect(made).toHaveLength(2);
    expect(seen.at(-1)).toEqual({ state: "connecting", attempt: 1, resumed: false, error });
    last().opens();
    connection.live();
    expect(seen.at(-1)).toEqual({ state: "open", attempt: 0, resumed: false });
    connection.live(undefined, true);
    expect(seen.at(-1)).toEqual({ state: "open", attempt: 0, resumed: true });
    expect(told).toEqual(["opened", "lost", "opened"]);
  });

  test("counts its failed tries, and draws each wait from a longer window", async () => {
    const { connection, last } = faked();
    connection.dial();
    await pass();
    for (const [attempt, wait] of [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
      last().falls();
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

  test("waits longer when it keeps being lost within ten seconds, and not after", async () => {
    const { connection, last } = await live();
    const wait = (): number => (connection.status.value.retryAt ?? NaN) - Date.now();
    last().falls();
    expect(wait()).toBe(250);
    await pass(251);
    last().opens();
    connection.live();
    await pass(9_999);
    last().falls();
    expect(wait()).toBe(500);
    await pass(501);
    last().opens();
    connection.live();
    await pass(10_000);
    last().falls();
    expect(wait()).toBe(250);
    connection.close();
  });

  test("there is no last try", async () => {
    const { connection, last, made } = faked({ random: () => 0 });
    connection.dial();
    await pass();
    for (let tries = 0; tries < 50; tries += 1) {
      last().falls();
      await pass(2);
    }
    expect(made).toHaveLength(51);
    last().opens();
    connection.live();
    expect(connection.status.value.state).toBe("open");
  });

  test("a url provider that throws is asked again, and the status says what it threw", async () => {
    const offline = new Error("no token while offline");
    let asked = 0;
    const { connection, made } = faked({
      url() {
        asked += 1;
        if (asked === 1) throw offline;
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
    expect(asked).toBe(2);
    expect(made).toHaveLength(1);
  });

  test("a url that comes after the end is dialed by nobody, and leaves no timer", async () => {
    let answer: (url: string) => void = () => {};
    const { connection, made } = faked({ url: () => new Promise<string>((resolve) => (answer = resolve)) });
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
    "%i ends for good",
    async (code) => {
      const { connection, last, made, told } = await live();
      last().falls(code, "why");
      await pass(60_000);
      expect(told).toEqual(["opened", "lost", `ended ${code}`]);
      expect(connection.status.value).toMatchObject({ state: "closed", error: { code, reason: "why" } });
      expect(made).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test.each([1001, 1005, 1006, 1011, 1012, 1013, 4408, 4500, 4901, 4902, 4903, 4401])(
    "%i is dialed again",
    async (code) => {
      const { connection, last, made, told } = await live();
      last().falls(code);
      await pass(251);
      expect(told).toEqual(["opened", "lost"]);
      expect(made).toHaveLength(2);
      connection.close();
    },
  );

  test("4401 asks for a new url, and twice in a row ends", async () => {
    let asked = 0;
    const { last, told } = await live({ url: () => `ws://test/?${(asked += 1)}` });
    last().falls(4401);
    await pass(251);
    expect(last().url).toBe("ws://test/?2");
    last().opens();
    last().falls(4401);
    expect(told).toEqual(["opened", "lost", "opened", "lost", "ended 4401"]);
  });

  test("4401 is forgiven once the conversation is live again", async () => {
    const { connection, last, told } = await live();
    for (let round = 0; round < 3; round += 1) {
      last().falls(4401);
      await pass(1_001);
      last().opens();
      connection.live();
    }
    expect(told.filter((what) => what !== "opened")).toEqual(["lost", "lost", "lost"]);
    connection.close();
  });

  test("4429 is dialed after five seconds at least, even when something wakes", async () => {
    const { connection, last, made, page } = await live({ random: () => 0 });
    last().falls(4429);
    page.goes(true);
    page.shows("visible");
    await pass(4_999);
    expect(made).toHaveLength(1);
    await pass(2);
    expect(made).toHaveLength(2);
    connection.close();
  });
});
