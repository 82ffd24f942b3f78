import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect, type ConnectionStatus } from "../src/index.ts";
import { fakeSockets, welcome } from "./connection/fakes.ts";

const chat = contract("/chat/:room", {
  client: { say: z.object({ text: z.string() }) },
  server: { line: z.object({ text: z.string() }) },
});
const where = { params: { room: "lobby" } };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An app that serves the chat; its own time stands still, so it asks nobody for a sign of life. */
function chatting(heard: string[] = []) {
  const app = createApp({ clock: new Clock() });
  app.implement(chat, () => ({ say: ({ text }) => void heard.push(text) }));
  return app;
}

/** A client on a socket of the test's own. */
function faked() {
  const sockets = fakeSockets();
  return { ...sockets, client: connect(chat, { url: "ws://test/", WebSocket: sockets.WebSocket, ...where }) };
}

/** Opens the last socket and welcomes the client. */
async function welcomed(
  { last }: Pick<ReturnType<typeof fakeSockets>, "last">,
  fields?: Parameters<typeof welcome>[0],
): Promise<void> {
  last().emitOpen();
  await vi.advanceTimersByTimeAsync(1);
  last().emitMessage(welcome(fields));
}

test("a client that nobody uses dials nothing and sets no timer, so it can be made on a server", async () => {
  const { made, client } = faked();
  expect(client.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
  client.status.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("the first use dials, at the contract's path below the url, and says hello", async () => {
  const { made, last, client } = faked();
  client.on("line", () => {});
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve(); // a macrotask is awaited, so that all is set up
  expect(made).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect([last().url, last().offered]).toEqual(["ws://test/chat/lobby", ["symbolon.v1.json"]]);
  last().emitOpen();
  await vi.advanceTimersByTimeAsync(1);
  const hello = JSON.parse(String(last().sent[0])) as { cid: string };
  expect(hello).toEqual({ t: "hello", v: 1, cid: hello.cid, att: 1, rooms: [], w: 256, wb: 2 ** 20 });
  expect(hello.cid).toMatch(/^\d+(-\d+){3}$/);
  client.close();
});

test("opened is a promise that connects when it is read, and resolves with the first handshake", async () => {
  const { made, last, client } = faked();
  const { opened } = client;
  expect(opened).toBeInstanceOf(Promise);
  expect(client.opened).toBe(opened);
  await vi.advanceTimersByTimeAsync(1);
  expect(made).toHaveLength(1);
  await welcomed({ last });
  expect(await opened).toBeUndefined();
  client.close();
  expect(await client.opened).toBeUndefined();
});

test("opened rejects when the client ends before; if no code handles it there is no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  const { client } = faked();
  void client.opened;
  client.close(4000, "enough");
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve)); // Node reports unhandled rejections before the next macrotask
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
  await expect(client.opened).rejects.toMatchObject({ name: "CloseError", code: 4000, reason: "enough" });
});

test("a server's ping is answered by a pong of the same number", async () => {
  const { last, client } = faked();
  client.on("line", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await welcomed({ last });
  last().emitMessage('{"t":"ping","n":7}');
  expect(last().sent.at(-1)).toBe('{"t":"pong","n":7}');
  client.close();
});

test.each(["{", '{"t":"hello","v":1,"cid":"c","att":1}', "[]"])(
  "a server that says %s is left with 4400",
  async (frame) => {
    const { last, client } = faked();
    const { closed } = client;
    client.on("line", () => {});
    await vi.advanceTimersByTimeAsync(1);
    await welcomed({ last });
    last().emitMessage(frame);
    expect(await closed).toMatchObject({ code: 4400 });
    expect(last().closed).toMatchObject({ code: 4400 });
  },
);

test("a server that is silent for too long is asked, then given up, and dialed again", async () => {
  const { made, last, client } = faked();
  client.on("line", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await welcomed({ last });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(last().sent.at(-1)).toMatch(/^\{"t":"ping","n":\d+\}$/);
  expect(client.status.value.state).toBe("open");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(client.status.value).toMatchObject({
    state: "waiting",
    error: { code: 1006, reason: "the server did not answer a probe" },
  });
  client.send("say", { text: "while away" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(made).toHaveLength(2);
  await welcomed({ last }, { state: "resumed" });
  expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
  expect(last().sent.at(-1)).toContain("while away");
  client.close();
});

test("a server that answers is left alone, however long it has nothing to say", async () => {
  const net = testNetwork(chatting());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  const told: ConnectionStatus[] = [];
  client.on("line", () => {});
  await vi.advanceTimersByTimeAsync(1);
  expect(client.status.value.state).toBe("open");
  client.status.subscribe((status) => told.push(status));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(told).toEqual([]);
  client.close();
});

test("a token that cannot be had is a failed try, and is asked for again at the next", async () => {
  const net = testNetwork(chatting());
  const getToken = vi
    .fn<() => Promise<string>>()
    .mockRejectedValueOnce(new Error("no token today"))
    .mockResolvedValue("token");
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, getToken, ...where });
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

test("what is said the moment the connection is lost is kept, and said on return", async () => {
  vi.useFakeTimers();
  const heard: string[] = [];
  const net = testNetwork(chatting(heard));
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  const { opened } = client;
  await vi.advanceTimersByTimeAsync(1);
  await opened;
  const unwatch = client.status.subscribe(() => {
    unwatch();
    client.send("say", { text: "was I heard?" });
  });
  net.drop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(heard).toEqual(["was I heard?"]);
  client.close();
});

test("closing leaves no timer behind", async () => {
  vi.useFakeTimers();
  const app = chatting();
  const net = testNetwork(app);
  const before = vi.getTimerCount();
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
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

test("a client whose place a newer connection took ends with 4900, and does not dial again", async () => {
  const { made, last, client } = faked();
  const { closed } = client;
  client.on("line", () => {});
  await vi.advanceTimersByTimeAsync(1);
  await welcomed({ last });
  last().emitClose(4900, "a newer connection took over");
  expect(await closed).toMatchObject({ code: 4900, reason: "a newer connection took over" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made).toHaveLength(1);
});
