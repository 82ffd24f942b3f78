// V9: a server cannot make a client keep more than its inbox, and is paid nothing for what it does not read.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createWelcomedClient, postedFrame } from "./client-over-fake-sockets.ts";
import { pass, welcome } from "./connection/fakes.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const reasonOf = (member: string): string => `server sent more than inbox.${member} allows`;
const reason = reasonOf("messages");

const room = (name: string): string => JSON.stringify({ t: "room", room: name, ep: "e", off: 0 });
const said = (o: number): string =>
  `{"t":"said","room":"tea","o":${o},"p":${o - 1},"name":"posted","data":${o}}`;

/** What a server may send while a listener is busy: frames by their number, and those that come before them. */
const floods: Record<string, { readonly first?: string; readonly frames: (n: number) => string[] }> = {
  "messages of a room": { first: room("tea"), frames: (n) => [said(n)] },
  "volatile events": { frames: (n) => [`{"t":"event","name":"posted","data":${n}}`] },
  "events of no name": { frames: (n) => [`{"t":"event","name":"unknown","q":${n}}`] },
  "gaps of a room": {
    first: room("tea"),
    frames: (n) => [`{"t":"gap","room":"tea","from":${n},"to":${n},"why":"trimmed"}`],
  },
  "gaps of the session": { frames: (n) => [`{"t":"gap","from":${n},"to":${n},"why":"trimmed"}`] },
  "requests that it cancels": {
    frames: (n) => [
      `{"s":${2 * n},"t":"request","name":"guess","q":1}`,
      `{"s":${2 * n + 1},"t":"cancel","q":1}`,
    ],
  },
};

/** A client whose listener of `posted` is busy with the first message until `free` is called. */
async function createBusyClient(...options: Parameters<typeof createWelcomedClient>) {
  const created = await createWelcomedClient(...options);
  let free: () => void = () => {};
  const busy = new Promise<void>((resolve) => (free = resolve));
  created.client.on("posted", () => busy);
  created.receive(postedFrame(1, 0));
  await pass();
  return { ...created, free };
}

describe("while a listener is busy, the client", () => {
  test.each(Object.entries(floods))(
    "closes with 4400 when too many %s wait",
    async (_, { first, frames }) => {
      const { client, last, receive, made } = await createBusyClient();
      if (first !== undefined) receive(first);
      client.send("post", 1).catch(() => {});
      const sent = client.send("post", 2);
      let count = 0;
      while (client.status.value.state === "open" && count < 20_000) receive(...frames((count += 1)));
      expect(count).toBe(10_001);
      expect(client.status.value).toMatchObject({ state: "closed", error: { code: 4400, reason } });
      expect(last().closed).toEqual({ code: 4400, reason });
      await expect(client.request("ask", 1)).rejects.toMatchObject({ code: 4400, reason });
      await expect(sent).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await client.closed).toMatchObject({ code: 4400, reason });
      await pass(60_000);
      expect(made).toHaveLength(1);
    },
  );

  // S35
  test("closes with 4400 when messages of too many bytes wait; the last one may exceed them", async () => {
    const { client, receive } = await createBusyClient({}, { bytes: 1_000 });
    const event = (length: number): string => '{"t":"event","name":"posted"}'.padEnd(length);
    receive(event(500), event(499), event(5_000));
    expect(client.status.value.state).toBe("open");
    receive(event(100));
    expect(client.status.value).toMatchObject({
      state: "closed",
      error: { code: 4400, reason: reasonOf("bytes") },
    });
  });

  test("closes with 4400 when the resets of many sessions wait", async () => {
    const { client, receive, reconnect, made } = await createBusyClient({}, { messages: 3 });
    for (let sessions = 1; sessions <= 4; sessions += 1) {
      expect(client.status.value.state).not.toBe("closed");
      await reconnect();
      receive(welcome({ state: "reset", why: "lost" }));
    }
    expect(made).toHaveLength(5);
    expect(client.status.value).toMatchObject({ state: "closed", error: { code: 4400, reason } });
  });

  test("keeps ten thousand messages of a room, and handles each when the listener is free", async () => {
    const { client, receive, order, free } = await createBusyClient();
    receive(room("tea"));
    for (let o = 1; o <= 10_000; o += 1) receive(said(o));
    receive('{"t":"ping","n":1}', '{"t":"skip","room":"tea","o":10001,"p":10000}', room("jam"));
    expect(client.status.value.state).toBe("open");
    free();
    await pass();
    expect(order).toHaveLength(10_001);
    expect(order.at(-1)).toBe(10_000);
    client.close();
  });
});

test("a listener that is never quite done receives any number of messages", async () => {
  const { client, receive } = await createWelcomedClient({}, { messages: 10, bytes: 1_000 });
  let handled = 0;
  client.on("posted", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    handled += 1;
  });
  receive(room("tea"), said(1), said(2), said(3));
  for (let o = 4; o <= 1_000; o += 1) {
    await pass();
    receive(said(o));
  }
  await pass(10);
  expect(handled).toBe(1_000);
  expect(client.status.value.state).toBe("open");
  client.close();
});

describe("a server that puts the client into rooms without end", () => {
  test("is left with 4400", async () => {
    const { client, receive } = await createWelcomedClient();
    let count = 0;
    while (client.status.value.state === "open" && count < 20_000) receive(room(`${(count += 1)}`));
    expect(count).toBe(1_001);
    expect(client.status.value).toMatchObject({
      state: "closed",
      error: { code: 4400, reason: reasonOf("rooms") },
    });
  });

  test("is left with 4400 when a room's name is longer than 200 characters", async () => {
    const { client, receive } = await createWelcomedClient();
    receive(room("x".repeat(200)));
    expect(client.status.value.state).toBe("open");
    receive(room("x".repeat(201)));
    expect(client.status.value.error).toMatchObject({ code: 4400, reason: 'missing or wrong field "room"' });
  });

  test("is not left when the client leaves a room for each that it joins", async () => {
    const { client, receive, reconnect } = await createWelcomedClient({}, { rooms: 2 });
    receive(room("tea"));
    for (let count = 1; count <= 1_000; count += 1)
      receive(room(`${count}`), room(`${count}`), JSON.stringify({ t: "room", room: `${count}` }));
    receive(room("jam"));
    expect(client.status.value.state).toBe("open");
    expect((await reconnect()).rooms).toEqual([
      ["tea", "e", 0, 0, ""],
      ["jam", "e", 0, 0, ""],
    ]);
    client.close();
  });
});

describe("a second welcome on a wire", () => {
  test.each(["new", "resumed", "reset"] as const)("with state %s is invalid: 4400", async (state) => {
    const { client, receive, receiveWelcome, sentFrames, resets } = await createWelcomedClient();
    client.send("post", 1).catch(() => {});
    sentFrames();
    receiveWelcome({ state });
    expect(sentFrames()).toEqual([]);
    expect(client.status.value.error).toMatchObject({ code: 4400, reason: 'unexpected frame "welcome"' });
    receive(welcome());
    await pass();
    expect(resets).toEqual([]);
  });

  test("is not the welcome of the next wire", async () => {
    const { client, receiveWelcome, reconnect } = await createWelcomedClient();
    for (let wires = 1; wires <= 3; wires += 1) {
      await reconnect();
      receiveWelcome({ state: "resumed" });
      expect(client.status.value).toMatchObject({ state: "open", resumed: true });
    }
    client.close();
  });
});

describe("a server that does not read", () => {
  test("gets no pong, until it has read", async () => {
    const { client, last, receive, sentFrames } = await createWelcomedClient();
    last().bufferedAmount = 2 ** 20;
    for (let n = 1; n <= 1_000; n += 1) receive(`{"t":"ping","n":${n}}`);
    expect(sentFrames()).toEqual([]);
    last().bufferedAmount = 0;
    await pass(100);
    receive('{"t":"ping","n":1001}');
    expect(sentFrames()).toEqual(['{"t":"pong","n":1001}']);
    client.close();
  });

  test("gets one acknowledgement for all that it sends, when it has read", async () => {
    const { client, last, receive, sentFrames, order } = await createWelcomedClient();
    last().bufferedAmount = 2 ** 20;
    for (let s = 1; s <= 1_000; s += 1) {
      receive(postedFrame(s, s), postedFrame(s, s), '{"t":"ping","n":1}');
      await pass(0);
    }
    expect(order).toHaveLength(1_000);
    expect(sentFrames()).toEqual([]);
    last().bufferedAmount = 0;
    await pass(100);
    expect(sentFrames()).toEqual(['{"t":"ack","a":1000}']);
    receive(postedFrame(1_001, 1));
    await pass(0);
    expect(sentFrames()).toEqual(['{"t":"ack","a":1001}']);
    client.close();
  });
});

test.each([
  ["the shortest heartbeat", { i: 1, t: 1 }],
  ["the longest heartbeat", { i: 2 ** 53 - 1, t: 2 ** 53 - 1 }],
])("%s makes the client ping at most four times a second", async (_, heartbeat) => {
  const { client, last, receive, receiveWelcome, sentFrames, reconnect } = await createWelcomedClient();
  await reconnect();
  receiveWelcome({ state: "resumed", heartbeat });
  sentFrames();
  let pings = 0;
  for (let ms = 0; ms < 10_000; ms += 1) {
    await pass();
    for (const frame of last().sent.splice(0).map(String)) {
      pings += 1;
      receive(frame.replace("ping", "pong"));
    }
  }
  expect(pings).toBeLessThanOrEqual(40);
  expect(client.status.value.state).toBe("open");
  client.close();
});
