import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type faked, live, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** A live connection that was told to go elsewhere at once, and what its status became since. */
async function moving(...options: Parameters<typeof faked>) {
  const client = await live(...options);
  const states: string[] = [];
  client.connection.status.subscribe(({ state: is }) => states.push(is));
  client.connection.move(0);
  await pass();
  const [old, next] = client.made;
  if (!old || !next) throw new Error("nothing was dialed");
  return { ...client, states, old, next };
}

describe("a connection that is to move", () => {
  test("dials when it is time, and not before", async () => {
    const { connection, made } = await live();
    connection.move(1_000);
    await pass(999);
    expect(made).toHaveLength(1);
    await pass(2);
    expect(made).toHaveLength(2);
    expect(made[0]?.closed).toBeUndefined();
    connection.close();
  });

  test("goes on where it is until the conversation is established elsewhere, and then leaves", async () => {
    const { connection, old, next, told, states } = await moving();
    old.says("still here");
    next.opens();
    old.says("and here");
    expect(connection.wire?.socket).toBe(next);
    expect(old.closed).toBeUndefined();
    connection.live(35_000, true);
    expect(old.closed).toBeDefined();
    expect(connection.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    old.says("too late");
    old.falls(1000);
    next.says("there");
    expect(told).toEqual(["opened", "message still here", "opened", "message and here", "message there"]);
    expect(states).toEqual(["open"]);
    next.falls();
    expect(told.at(-1)).toBe("lost");
    connection.close();
  });

  test("stays where it is when it is refused elsewhere, and tries again later and later", async () => {
    const { connection, old, next, made, told, states } = await moving();
    next.falls();
    expect(connection.wire?.socket).toBe(old);
    await pass(249);
    expect(made).toHaveLength(2);
    await pass(2);
    expect(made).toHaveLength(3);
    made[2]?.opens();
    made[2]?.falls(1012);
    await pass(499);
    expect(made).toHaveLength(3);
    await pass(2);
    expect(made).toHaveLength(4);
    old.says("still here");
    expect(told).toEqual(["opened", "opened", "message still here"]);
    expect(states).toEqual([]);
    old.falls(1001);
    expect(told.at(-1)).toBe("lost");
    expect(connection.status.value).toMatchObject({ state: "waiting", error: { code: 1001 } });
    await pass(2_001);
    made.at(-1)?.opens();
    connection.live();
    expect(connection.status.value.state).toBe("open");
    connection.close();
  });

  test("gives up a dial that takes too long, and stays", async () => {
    const { connection, next, made, told } = await moving();
    next.opens();
    await pass(15_000);
    expect(next.closed).toBeDefined();
    await pass(251);
    expect(made).toHaveLength(3);
    expect(told).toEqual(["opened", "opened"]);
    expect(connection.status.value.state).toBe("open");
    connection.close();
  });

  test("stays when no token can be had", async () => {
    const url = vi.fn<() => string>(() => "ws://test/");
    const { connection, made, old } = await live({ url }).then(async (client) => {
      url.mockImplementationOnce(() => {
        throw new Error("no token today");
      });
      client.connection.move(0);
      await pass();
      return { ...client, old: client.made[0] };
    });
    expect(connection.wire?.socket).toBe(old);
    expect(connection.status.value.state).toBe("open");
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("is not over when the server says that the new wire has taken the place of the old one", async () => {
    const { connection, old, next, told } = await moving();
    next.opens();
    old.falls(4900);
    expect(connection.status.value.state).toBe("open");
    connection.live();
    expect(told).toEqual(["opened", "opened"]);
    connection.close();
  });

  test.each([
    ["where it is", 4403, 0],
    ["elsewhere", 4404, 1],
  ])("is over when it is told so %s", async (_, code, which) => {
    const { connection, made, told } = await moving();
    made[which]?.falls(code);
    expect(told.at(-1)).toBe(`ended ${code}`);
    expect(connection.status.value.state).toBe("closed");
    expect(made[1 - which]?.closed).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(made).toHaveLength(2);
  });

  test("begins anew when nothing is heard where it is", async () => {
    const { connection, page, made, told } = await moving({}, { probe() {} });
    made[1]?.falls();
    page.goes(false);
    page.goes(true);
    expect(connection.status.value.state).toBe("open");
    await pass(35_000);
    expect(told.at(-1)).toBe("lost");
    expect(made[0]?.closed).toBeDefined();
    expect(connection.status.value.state).not.toBe("open");
    connection.close();
  });

  test("leaves both when it is closed", async () => {
    const { connection, old, next, told } = await moving();
    next.opens();
    connection.close(1000, "enough");
    expect([old.closed, next.closed]).toEqual([
      { code: 1000, reason: "enough" },
      { code: 1000, reason: "enough" },
    ]);
    expect(told).toEqual(["opened", "opened", "lost", "ended 1000"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves both with its page", async () => {
    const { page, old, next, made, told } = await moving();
    page.turns("pagehide", true);
    expect(old.closed).toBeDefined();
    expect(next.closed).toBeDefined();
    expect(told).toEqual(["opened", "lost"]);
    page.turns("pageshow", true);
    await pass();
    expect(made).toHaveLength(3);
  });

  test("that is told again while it moves moves once", async () => {
    const { connection, made } = await moving();
    connection.move(0);
    await pass();
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("that was lost as it began to dial waits, and dials once", async () => {
    const { connection, made, last } = await live();
    connection.move(0);
    await pass(0);
    last().falls();
    await pass(1);
    expect(connection.status.value.state).toBe("waiting");
    await pass(1_000);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("that was lost before it was time dials once", async () => {
    const { connection, made, last } = await live();
    connection.move(200);
    last().falls();
    await pass(1_000);
    expect(made).toHaveLength(2);
    connection.close();
  });
});
