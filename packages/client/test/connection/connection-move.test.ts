import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type fakeConnection, type FakeSocket, openConnection, openSteadyConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** An open connection that moves at once, its two sockets, and the states of its status since. */
async function movingConnection(...options: Parameters<typeof fakeConnection>) {
  const client = await openSteadyConnection(...options);
  const states: string[] = [];
  client.connection.status.subscribe(({ state }) => states.push(state));
  client.connection.move(0);
  await pass();
  const [old, next] = client.made;
  if (!old || !next) throw new Error("no second socket was made");
  return { ...client, states, old, next };
}

describe("a connection that moves", () => {
  test("makes its new socket after the given time, and not before", async () => {
    const { connection, made } = await openSteadyConnection();
    connection.move(1_000);
    await pass(999);
    expect(made).toHaveLength(1);
    await pass(2);
    expect(made).toHaveLength(2);
    expect(made[0]?.closed).toBeUndefined();
    connection.close();
  });

  test("stays on the old wire until the conversation is established on the new one, and then closes the old one", async () => {
    const { connection, old, next, calls, states } = await movingConnection();
    old.emitMessage("still here");
    next.emitOpen();
    old.emitMessage("and here");
    connection.wire?.send("on the newest wire");
    expect([old.sent, next.sent]).toEqual([[], ["on the newest wire"]]);
    expect(old.closed).toBeUndefined();
    connection.established(35_000, true);
    expect(old.closed).toBeDefined();
    expect(connection.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    old.emitMessage("too late");
    old.emitClose(1000);
    next.emitMessage("there");
    expect(calls).toEqual(["opened", "message still here", "opened", "message and here", "message there"]);
    expect(states).toEqual(["open"]);
    next.emitClose();
    expect(calls.at(-1)).toBe("lost");
    connection.close();
  });

  test("stays on the old wire while the new one is refused, with longer and longer waits between the tries", async () => {
    const { connection, old, next, made, calls, states } = await movingConnection();
    next.emitClose();
    connection.wire?.send("on the old wire");
    expect(old.sent).toEqual(["on the old wire"]);
    await pass(124);
    expect(made).toHaveLength(2);
    await pass(2);
    expect(made).toHaveLength(3);
    made[2]?.emitOpen();
    made[2]?.emitClose(1012);
    await pass(249);
    expect(made).toHaveLength(3);
    await pass(2);
    expect(made).toHaveLength(4);
    old.emitMessage("still here");
    expect(calls).toEqual(["opened", "opened", "message still here"]);
    expect(states).toEqual([]);
    old.emitClose(1001);
    expect(calls.at(-1)).toBe("lost");
    expect(connection.status.value).toMatchObject({ state: "waiting", error: { code: 1001 } });
    await pass(2_001);
    made.at(-1)?.emitOpen();
    connection.established();
    expect(connection.status.value.state).toBe("open");
    connection.close();
  });

  test("stays on the old wire when the new one takes too long", async () => {
    const { connection, next, made, calls } = await movingConnection();
    next.emitOpen();
    await pass(15_000);
    expect(next.closed).toBeDefined();
    await pass(251);
    expect(made).toHaveLength(3);
    expect(calls).toEqual(["opened", "opened"]);
    expect(connection.status.value.state).toBe("open");
    connection.close();
  });

  test("stays on the old wire when the url provider throws", async () => {
    const url = vi.fn<() => string>(() => "ws://test/");
    const { connection, made } = await openSteadyConnection({ url });
    const [old] = made;
    url.mockImplementationOnce(() => {
      throw new Error("no token today");
    });
    connection.move(0);
    await pass();
    connection.wire?.send("on the old wire");
    expect(old?.sent).toEqual(["on the old wire"]);
    expect(connection.status.value.state).toBe("open");
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test.each([
    ["4900 because of the new one", 4900],
    ["1001 because another server is about to answer on the new one", 1001],
  ])("continues when the server closes the old wire with %s", async (_, code) => {
    const { connection, old, next, calls } = await movingConnection();
    next.emitOpen();
    old.emitClose(code);
    expect(connection.status.value.state).toBe("open");
    connection.established();
    expect(calls).toEqual(["opened", "opened"]);
    connection.close();
  });

  test("is lost when the new wire breaks after the old one was closed, before an answer", async () => {
    const { connection, made, old, next, calls } = await movingConnection();
    next.emitOpen();
    old.emitClose(1001);
    next.emitClose();
    expect(calls).toEqual(["opened", "opened", "lost"]);
    expect(connection.status.value).toMatchObject({ state: "waiting", error: { code: 1006 } });
    await pass(501);
    expect(made).toHaveLength(3);
    connection.close();
  });

  test.each([
    ["connects", (): void => {}],
    ["waits", (next: FakeSocket): void => next.emitClose()],
  ])("is lost when the server closes the old wire with 4900 while the new one %s", async (_, prepare) => {
    const { connection, made, old, next, calls } = await movingConnection();
    prepare(next);
    old.emitClose(4900);
    expect(calls).toEqual(["opened", "lost"]);
    expect(connection.status.value).toMatchObject({ state: "waiting", error: { code: 4900 } });
    expect(connection.wire).toBeUndefined();
    const before = made.length;
    await pass(501);
    expect(made).toHaveLength(before + 1);
    made.at(-1)?.emitOpen();
    connection.established(35_000, true);
    expect(connection.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    connection.close();
  });

  test.each([
    ["the old wire", 4403, 0],
    ["the new wire", 4404, 1],
  ])("ends when the server closes %s with a terminal code", async (_, code, which) => {
    const { connection, made, calls } = await movingConnection();
    made[which]?.emitClose(code);
    expect(calls.at(-1)).toBe(`ended ${code}`);
    expect(connection.status.value.state).toBe("closed");
    expect(made[1 - which]?.closed).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
    await pass(60_000);
    expect(made).toHaveLength(2);
  });

  test("replaces both wires when the old one does not answer a probe", async () => {
    const { connection, page, made, calls } = await movingConnection({}, { probe() {} });
    made[1]?.emitClose();
    page.setOnline(false);
    page.setOnline(true);
    expect(connection.status.value.state).toBe("open");
    await pass(35_000);
    expect(calls.at(-1)).toBe("lost");
    expect(made[0]?.closed).toBeDefined();
    expect(connection.status.value.state).not.toBe("open");
    connection.close();
  });

  test("closes both wires when it is closed", async () => {
    const { connection, old, next, calls } = await movingConnection();
    next.emitOpen();
    connection.close(1000, "enough");
    expect([old.closed, next.closed]).toEqual([
      { code: 1000, reason: "enough" },
      { code: 1000, reason: "enough" },
    ]);
    expect(calls).toEqual(["opened", "opened", "lost", "ended 1000"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("closes both wires on pagehide", async () => {
    const { page, old, next, made, calls } = await movingConnection();
    page.emitTransition("pagehide", true);
    expect(old.closed).toBeDefined();
    expect(next.closed).toBeDefined();
    expect(calls).toEqual(["opened", "lost"]);
    page.emitTransition("pageshow", true);
    await pass();
    expect(made).toHaveLength(3);
  });

  test("moves once when move is called twice", async () => {
    const { connection, made } = await movingConnection();
    connection.move(0);
    await pass();
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("and was lost as it began to dial waits, and makes one new socket", async () => {
    const { connection, made, last } = await openSteadyConnection();
    connection.move(0);
    await pass(0);
    last().emitClose();
    await pass(1);
    expect(connection.status.value.state).toBe("waiting");
    await pass(1_000);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("and was lost before the given time makes one new socket", async () => {
    const { connection, made, last } = await openSteadyConnection();
    connection.move(200);
    last().emitClose();
    await pass(1_000);
    expect(made).toHaveLength(2);
    connection.close();
  });
});

// V8
describe("a server that always asks the client to move", () => {
  /** Plays a server that asks each new wire to move at once. Returns the sockets that were made in so many ms. */
  async function countMoves(
    ms: number,
    onOpen: (client: Awaited<ReturnType<typeof openConnection>>) => void,
    random = 0.5,
  ): Promise<number> {
    const client = await openConnection({ random: () => random });
    const { connection, made } = client;
    connection.move(0);
    for (let passed = 0, known = 1; passed < ms; passed += 1) {
      await pass();
      if (made.length === known) continue;
      known = made.length;
      made.at(-1)?.emitOpen();
      onOpen(client);
      connection.move(0);
    }
    connection.close();
    return made.length;
  }

  test("gets few dials: each wire that dies young makes the next move wait longer", async () => {
    // After 0.5, 1, 2, 4 s, then every 5 s.
    expect(await countMoves(6_000, ({ connection }) => connection.established(35_000))).toBe(4);
    vi.setSystemTime(0);
    expect(await countMoves(600_000, ({ connection }) => connection.established(35_000))).toBeLessThan(125);
  });

  test("gets few dials although it closes each old wire first", async () => {
    const moves = await countMoves(6_000, ({ connection, made }) => {
      made.at(-2)?.emitClose(4900);
      connection.established(35_000);
    });
    expect(moves).toBe(4);
  });

  test("asks in vain for a time that no timer has", async () => {
    const { connection, made } = await openConnection();
    for (const at of [2 ** 31, 2 ** 53 - 1]) {
      connection.move(at);
      await pass(60_000);
      expect(made).toHaveLength(1);
    }
    connection.close();
  });
});

test("a connection that was steady moves when the server asks for it, every time", async () => {
  const { connection, made } = await openConnection({ random: () => 1 });
  for (let moves = 1; moves <= 5; moves += 1) {
    await pass(10_000);
    connection.move(1_000);
    await pass(1_000);
    expect(made).toHaveLength(moves);
    await pass();
    expect(made).toHaveLength(moves + 1);
    made.at(-1)?.emitOpen();
    connection.established(35_000);
  }
  connection.close();
});
