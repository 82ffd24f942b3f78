import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect, type ConnectionStatus } from "../src/index.ts";
import { fakeSockets, welcome } from "./connection/fakes.ts";

const chat = contract("/chat/:room", {
  client: { post: z.object({ text: z.string() }) },
  server: { posted: z.object({ text: z.string() }) },
});
const target = { params: { room: "lobby" } };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Creates an app that serves the chat and adds each text to `texts`. Its clock stands still: it sends no ping. */
function createChatApp(texts: string[] = []) {
  const app = createApp({ clock: new Clock() });
  app.implement(chat, () => ({ post: ({ text }) => void texts.push(text) }));
  return app;
}

/** Creates a client on fake sockets. */
function createClient() {
  const sockets = fakeSockets();
  return {
    ...sockets,
    client: connect(chat, { url: "ws://test/", WebSocket: sockets.WebSocket, ...target }),
  };
}

/** Opens the last socket and welcomes the client. */
async function openAndWelcome(
  { last }: Pick<ReturnType<typeof fakeSockets>, "last">,
  fields?: Parameters<typeof welcome>[0],
): Promise<void> {
  last().emitOpen();
  await vi.advanceTimersByTimeAsync(1);
  last().emitMessage(welcome(fields));
}

test("an unused client dials nothing and sets no timer, so a server can create it", async () => {
  const { made, client } = createClient();
  expect(client.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
  client.status.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("the first use of a client dials the contract's path below the url, and sends hello", async () => {
  const { made, last, client } = createClient();
  client.on("posted", () => {});
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve(); // the client dials in the next macrotask
  expect(made).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect([last().url, last().offered]).toEqual(["ws://test/chat/lobby", ["symbolon.v1.json"]]);
  last().emitOpen();
  await vi.advanceTimersByTimeAsync(1);
  const hello = JSON.parse(String(last().sent[0])) as { cid: string; key: string };
  const { cid, key } = hello;
  expect(hello).toEqual({ t: "hello", v: 1, cid, key, att: 1, rooms: [], w: 256, wb: 2 ** 20 });
  expect(cid).toMatch(/^\d+(-\d+){3}$/);
  expect(key).toMatch(/^\d+(-\d+){7}$/);
  client.close();
});

test("opened is a promise that connects when it is read, and resolves with the first handshake", async () => {
  const { made, last, client } = createClient();
  const { opened } = client;
  expect(opened).toBeInstanceOf(Promise);
  expect(client.opened).toBe(opened);
  await vi.advanceTimersByTimeAsync(1);
  expect(made).toHaveLength(1);
  await openAndWelcome({ last });
  expect(await opened).toBeUndefined();
  client.close();
  expect(await client.opened).toBeUndefined();
});

test("opened rejects when the client ends before; if no code handles it there is no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  const { client } = createClient();
  void client.opened;
  client.close(4000, "enough");
  vi.useRealTimers();
  await new Promise(setImmediate); // Node reports unhandled rejections before it runs this
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
  await expect(client.opened).rejects.toMatchObject({ name: "CloseError", code: 4000, reason: "enough" });
});

test("the client answers a server's ping with a pong of the same number", async () => {
  const { last, client } = createClient();
  client.on("posted", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await openAndWelcome({ last });
  last().emitMessage('{"t":"ping","n":7}');
  expect(last().sent.at(-1)).toBe('{"t":"pong","n":7}');
  client.close();
});

test.each([
  "{",
  '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":1}',
  "[]",
])("a client that receives %s ends with 4400", async (frame) => {
  const { last, client } = createClient();
  const { closed } = client;
  client.on("posted", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await openAndWelcome({ last });
  last().emitMessage(frame);
  expect(await closed).toMatchObject({ code: 4400 });
  expect(last().closed).toMatchObject({ code: 4400 });
});

test("the client pings a silent server, drops the wire if no answer comes, and dials again", async () => {
  const { made, last, client } = createClient();
  client.on("posted", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await openAndWelcome({ last });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(last().sent.at(-1)).toMatch(/^\{"t":"ping","n":\d+\}$/);
  expect(client.status.value.state).toBe("open");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(client.status.value).toMatchObject({
    state: "waiting",
    error: { code: 1006, reason: "the server did not answer a probe" },
  });
  client.send("post", { text: "while offline" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(made).toHaveLength(2);
  await openAndWelcome({ last }, { state: "resumed" });
  expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
  expect(last().sent.at(-1)).toContain("while offline");
  client.close();
});

test("the client keeps the connection to a server that answers pings, even if it sends nothing else", async () => {
  const net = testNetwork(createChatApp());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  const changes: ConnectionStatus[] = [];
  client.on("posted", () => {});
  await vi.advanceTimersByTimeAsync(1);
  expect(client.status.value.state).toBe("open");
  client.status.subscribe((status) => changes.push(status));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(changes).toEqual([]);
  client.close();
});

test("a getToken that rejects is a failed try, and the next try calls it again", async () => {
  const net = testNetwork(createChatApp());
  const getToken = vi
    .fn<() => Promise<string>>()
    .mockRejectedValueOnce(new Error("no token today"))
    .mockResolvedValue("token");
  const client = connect(chat, { url: "wss://test", WebSocket: net.WebSocket, getToken, ...target });
  const opened = client.opened.then(() => "opened");
  await vi.advanceTimersByTimeAsync(1);
  expect(client.status.value).toMatchObject({
    state: "waiting",
    attempt: 1,
    error: { cause: new Error("no token today") },
  });
  await vi.advanceTimersByTimeAsync(1);
  expect(client.status.value).toMatchObject({
    state: "waiting",
    attempt: 1,
    error: { reason: "no token today" },
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await opened).toBe("opened");
  expect(getToken).toHaveBeenCalledTimes(2);
  client.close();
});

test("the client queues a message that is sent at the moment of the loss, and sends it after it reconnects", async () => {
  vi.useFakeTimers();
  const texts: string[] = [];
  const net = testNetwork(createChatApp(texts));
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  const { opened } = client;
  await vi.advanceTimersByTimeAsync(1);
  await opened;
  const unsubscribe = client.status.subscribe(() => {
    unsubscribe();
    client.send("post", { text: "sent during the loss" });
  });
  net.drop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(texts).toEqual(["sent during the loss"]);
  client.close();
});

test("a closed client keeps no timer", async () => {
  vi.useFakeTimers();
  const app = createChatApp();
  const net = testNetwork(app);
  const before = vi.getTimerCount();
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  const { opened } = client;
  await vi.advanceTimersByTimeAsync(1);
  await opened;
  net.drop();
  await vi.advanceTimersByTimeAsync(1);
  expect(client.status.value.state).toBe("waiting");
  expect(vi.getTimerCount()).toBeGreaterThan(before);
  client.close();
  expect(vi.getTimerCount()).toBe(before);
});

test("a client that was replaced by a newer connection ends with 4900 and does not dial again", async () => {
  const { made, last, client } = createClient();
  const { closed } = client;
  client.on("posted", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await openAndWelcome({ last });
  last().emitClose(4900, "a newer connection took over");
  expect(await closed).toMatchObject({ code: 4900, reason: "a newer connection took over" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made).toHaveLength(1);
});
