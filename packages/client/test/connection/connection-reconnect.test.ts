import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeConnection, openConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe("reconnect", () => {
  test("moves an open connection to another wire at once, young or not, and asks for its url again", async () => {
    const url = vi.fn<() => string>(() => "ws://test/");
    const { connection, made, calls } = await openConnection({ url });
    connection.reconnect();
    await pass();
    expect(made).toHaveLength(2);
    expect(url).toHaveBeenCalledTimes(2);
    made[1]?.emitOpen();
    connection.established(35_000, true);
    expect(made[0]?.closed).toBeDefined();
    expect(calls).toEqual(["opened", "opened"]);
    connection.close();
  });

  test("connects a connection that was never used, and one that is suspended; a closed one stays closed", async () => {
    const { connection, made, page } = fakeConnection();
    connection.reconnect();
    await pass();
    expect(made).toHaveLength(1);
    page.emitTransition("pagehide", true);
    connection.reconnect();
    await pass();
    expect(made).toHaveLength(2);
    connection.close();
    connection.reconnect();
    await pass(60_000);
    expect(made).toHaveLength(2);
    expect(connection.status.value.state).toBe("closed");
  });

  test("makes no second dial beside one that is under way", async () => {
    const { connection, made } = fakeConnection();
    connection.dial();
    connection.reconnect();
    await pass();
    connection.reconnect();
    await pass();
    expect(made).toHaveLength(1);
    connection.close();
  });
});
