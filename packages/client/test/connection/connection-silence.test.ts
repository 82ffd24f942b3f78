import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fakeConnection, openConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a connection", () => {
  test("replaces a socket that does not open within fifteen seconds", async () => {
    const { connection, made } = fakeConnection();
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

  test("replaces a wire whose conversation is not established fifteen seconds after the dial", async () => {
    const { connection, last, made, calls } = fakeConnection();
    connection.dial();
    await pass();
    last().emitOpen();
    await pass(14_998);
    expect(calls).toEqual(["opened"]);
    await pass(2);
    expect(calls).toEqual(["opened", "lost"]);
    expect(connection.status.value.attempt).toBe(1);
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test("replaces a half-open socket without waiting for its end, and ignores its later events", async () => {
    const { connection, made, calls } = await openConnection({}, { probe() {} });
    await pass(35_001);
    expect(calls).toEqual(["opened", "lost"]);
    await pass(251);
    expect(made).toHaveLength(2);
    made[1]?.emitOpen();
    made[0]?.emitMessage("late");
    made[0]?.emitClose(4400);
    expect(calls).toEqual(["opened", "lost", "opened"]);
    expect(connection.wire).toBeDefined();
    connection.close();
  });

  test("keeps a wire on which any message arrives", async () => {
    const { last, calls, connection } = await openConnection({}, { probe() {} });
    await pass(30_000);
    last().emitMessage("x");
    await pass(30_000);
    expect(calls).toEqual(["opened", "message x"]);
    connection.close();
  });

  test("probes when it wakes, and replaces the wire after five seconds without an answer", async () => {
    const probe = vi.fn<() => void>();
    const { connection, page, made, calls } = await openConnection({}, { probe });
    page.setVisibility("visible");
    expect(probe).toHaveBeenCalledOnce();
    await pass(5_000);
    expect(calls).toEqual(["opened", "lost"]);
    await pass(251);
    expect(made).toHaveLength(2);
    connection.close();
  });

  test.each(["online", "offline", "pageshow"])("probes on %s", async (type) => {
    const probe = vi.fn<() => void>();
    const { connection, page, made } = await openConnection({}, { probe });
    page.dispatchEvent(new Event(type));
    expect(probe).toHaveBeenCalledOnce();
    await pass(5_000);
    expect(connection.status.value.state).toBe("waiting");
    expect(made[0]?.readyState).toBe(2); // its closing handshake goes on
    connection.close();
  });

  test("probes when a frozen page resumes", async () => {
    const probe = vi.fn<() => void>();
    const { connection, page } = await openConnection({}, { probe });
    page.dispatchEvent(new Event("resume"));
    expect(probe).toHaveBeenCalledOnce();
    connection.close();
  });

  test("keeps a wire on which any message answers the probe", async () => {
    const { connection, page, last, calls } = await openConnection({}, { probe() {} });
    page.setOnline(false);
    last().emitMessage("pong");
    await pass(6_000);
    expect(calls).toEqual(["opened", "message pong"]);
    expect(connection.status.value.state).toBe("open");
    connection.close();
  });

  test("probes after the clock has jumped", async () => {
    const probe = vi.fn<() => void>();
    const { connection } = await openConnection({}, { probe });
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(10_000);
    expect(probe).toHaveBeenCalledOnce();
    connection.close();
  });
});
