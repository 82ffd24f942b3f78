import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect, type ConnectOptions, openedWithin, RequestError } from "../../src/index.ts";
import { fakeSockets, pass, welcome } from "./fakes.ts";

const room = contract("/rooms/:room", {});

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A client, and a function that waits for it for 1,000 ms; `outcomes` are those of the waits. */
function createClient(options: Partial<ConnectOptions<typeof room>> = {}) {
  const { last, WebSocket } = fakeSockets();
  const reconnect = { min: 100_000, max: 100_000 };
  const client = connect(room, {
    url: "ws://test",
    params: { room: "lobby" },
    WebSocket,
    reconnect,
    ...options,
  });
  const outcomes: unknown[] = [];
  const wait = (): void =>
    void openedWithin(client, 1_000).then(
      () => outcomes.push("open"),
      (error: unknown) => outcomes.push(error),
    );
  return { client, last, outcomes, wait };
}

test("a client that does not open in time is named with its last failure, and goes on trying", async () => {
  const { client, last, outcomes, wait } = createClient();
  wait();
  await pass(1);
  last().emitClose(1013, "too many clients");
  await pass(998);
  expect(outcomes).toEqual([]);
  await pass(1);
  expect(outcomes).toHaveLength(1);
  expect(outcomes[0]).toBeInstanceOf(RequestError);
  expect(outcomes).toMatchObject([
    {
      code: "TIMEOUT",
      message: "ws://test/rooms/lobby did not open within 1000 ms: closed with 1013: too many clients",
      cause: { code: 1013 },
    },
  ]);
  expect(client.status.value.state).toBe("waiting");
});

test("the error names no user and no query of the url, and no failure before the first", async () => {
  const url = "ws://ada:secret@example.com/api?key=1";
  const { client, outcomes, wait } = createClient({ url, query: { token: "2" }, allowInsecure: true });
  wait();
  await pass(1_000);
  expect(client.url).toBe("ws://ada:secret@example.com/api/rooms/lobby?token=2&key=1");
  expect(outcomes).toMatchObject([
    { message: "ws://example.com/api/rooms/lobby did not open within 1000 ms" },
  ]);
});

test("while a function has not returned the url yet, the error names the server without it", async () => {
  const { client, outcomes, wait } = createClient({ url: () => new Promise(() => {}) });
  wait();
  await pass(1_000);
  expect(client.url).toBe("");
  expect(outcomes).toMatchObject([{ message: "the server did not open within 1000 ms" }]);
});

test("a second wait is as long again, and no timer is left when the client has opened", async () => {
  const { client, last, outcomes, wait } = createClient();
  wait();
  await pass(1_000);
  wait();
  await pass(999);
  expect(outcomes).toMatchObject([{ code: "TIMEOUT" }]);
  last().emitOpen();
  last().emitMessage(welcome());
  await pass(0);
  const timers = vi.getTimerCount();
  wait();
  await pass(0);
  expect(outcomes).toMatchObject([{ code: "TIMEOUT" }, "open", "open"]);
  expect(vi.getTimerCount()).toBe(timers);
  client.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("a client that ends before rejects with its CloseError", async () => {
  const { last, outcomes, wait } = createClient();
  wait();
  await pass(1);
  last().emitOpen();
  last().emitClose(4403, "no");
  await pass(0);
  expect(outcomes).toMatchObject([{ name: "CloseError", code: 4403 }]);
  expect(vi.getTimerCount()).toBe(0);
});
