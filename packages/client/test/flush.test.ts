import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClient, createWelcomedClient, postFrame } from "./client-over-fake-sockets.ts";
import { pass } from "./connection/fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

test("a client that is flushed ends when the server has handled what it keeps", async () => {
  const { client, receive, sentFrames, failures } = await createWelcomedClient();
  client.send("post", 1);
  client.send("post", 2);
  client.close({ flush: true });
  expect(client.status.value.state).toBe("open");
  receive('{"t":"ack","a":1}');
  expect(client.status.value.state).toBe("open");
  receive('{"t":"ack","a":2}');
  expect(client.status.value.state).toBe("closed");
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(sentFrames()).toEqual([postFrame(1, 1), postFrame(2, 2), '{"t":"bye"}']);
  expect(failures).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a client that is flushed while it is disconnected connects, sends, and ends", async () => {
  const { client, openSocket, receiveWelcome, receive, sentFrames } = await createClient();
  client.send("post", 1);
  client.close({ flush: true });
  openSocket();
  receiveWelcome();
  expect(sentFrames()).toEqual([postFrame(1, 1)]);
  receive('{"t":"ack","a":1}');
  expect(client.status.value.state).toBe("closed");
});

test.each([
  [undefined, 5_000],
  [100, 100],
])("a flush with the timeout %s ends after %d ms, and what was not handled fails", async (timeout, ms) => {
  const { client, failures } = await createClient();
  client.send("post", 1);
  client.close({ flush: true, ...(timeout !== undefined && { timeout }) });
  await pass(ms - 1);
  expect(client.status.value.state).not.toBe("closed");
  await pass(1);
  expect(client.status.value.state).toBe("closed");
  expect(failures).toMatchObject([{ name: "post", data: 1, error: { name: "CloseError" } }]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a flush of a client that keeps nothing ends it at once, and a plain close ends a flush", async () => {
  const idle = await createWelcomedClient();
  idle.client.close({ flush: true });
  expect(idle.client.status.value.state).toBe("closed");
  const { client } = await createWelcomedClient();
  client.send("post", 1);
  client.close({ flush: true });
  client.close(4000, "enough");
  expect(await client.closed).toMatchObject({ code: 4000, reason: "enough" });
  expect(vi.getTimerCount()).toBe(0);
});
