import { type Closed, contract, RequestError, ValidationError } from "@symbolon/protocol";
import type { EventFailure } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import { connect, type Client, type ConnectionStatus, type Reset } from "../src/index.ts";

const chat = contract("/chat/:room", {
  query: z.object({ name: z.string().min(1) }),
  client: {
    post: z.object({
      text: z
        .string()
        .min(1)
        .transform((line) => line.trim()),
    }),
    forbidden: z.object({}),
  },
  server: { posted: z.object({ from: z.string(), text: z.string(), length: z.coerce.number() }) },
});
const target = { params: { room: "lobby" }, query: { name: "Ada" } };

// The client retries soon, but not in a busy loop.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.05));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Creates an app that serves the chat: it sends each text back to its client, and adds it to `texts`. */
function createChatApp(texts: string[] = []) {
  const app = createApp({ limits: { messagesPerSecond: 100_000 } });
  app.implement(chat, (peer, { query }) => ({
    post: ({ text }) => {
      texts.push(text);
      peer.send("posted", { from: query.name, text, length: text.length });
    },
    forbidden: () => {
      throw new RequestError("NO", "not you", { retry: false });
    },
  }));
  return app;
}

/** Resolves with the next value that a subscription delivers and that `matches`. */
function next<Value>(
  subscribe: (listener: (value: Value) => void) => () => void,
  matches: (value: Value) => boolean = () => true,
) {
  return new Promise<Value>((resolve) => {
    const unsubscribe = subscribe((value) => {
      if (!matches(value)) return;
      unsubscribe();
      resolve(value);
    });
  });
}

const untilState = (client: Client<never>, state: ConnectionStatus["state"]): Promise<ConnectionStatus> =>
  next<ConnectionStatus>(
    (listener) => client.status.subscribe(listener),
    (status) => status.state === state,
  );
/** Resolves with the next text that the client receives, or with the next one that equals `text`. */
const nextPosted = (client: Client<typeof chat>, text?: string) =>
  next<{ text: string }>(
    (listener) => client.on("posted", listener),
    (received) => text === undefined || received.text === text,
  );

test("client and server send events over a real socket, and schemas read them, the query and the parameters", async () => {
  await using server = await serve(createChatApp(), { port: 0 });
  const client = connect(chat, { url: server.url, ...target });
  const answer = new Promise((resolve) => {
    client.on("posted", (data) => {
      expectTypeOf(data).toEqualTypeOf<{ from: string; text: string; length: number }>();
      resolve(data);
    });
  });
  await client.send("post", { text: " hello " });
  expect(await answer).toEqual({ from: "Ada", text: "hello", length: 5 });
  client.close();
  expect(await client.closed).toMatchObject({ code: 1000 });
});

test("the client calls every listener, and none that was removed", async () => {
  const net = testNetwork(createChatApp());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  const calls: string[] = [];
  const listener = ({ text }: { text: string }): void => void calls.push(`a ${text}`);
  const remove = client.on("posted", listener);
  client.on("posted", listener);
  client.on("posted", ({ text }) => void calls.push(`b ${text}`));
  const first = nextPosted(client, "1");
  client.send("post", { text: "1" });
  await first;
  remove();
  remove();
  const second = nextPosted(client, "2");
  client.send("post", { text: "2" });
  await second;
  expect(calls).toEqual(["a 1", "a 1", "b 1", "a 2", "b 2"]);
  client.close();
});

test("a client sends the messages of its offline time once and in order to the next server on the port", async () => {
  const texts: string[] = [];
  const first = await serve(createChatApp(texts), { port: 0 });
  const client = connect(chat, { url: first.url, ...target });
  const answer = nextPosted(client);
  await client.send("post", { text: "before" });
  await answer;
  const resets: Reset[] = [];
  client.onReset((reset) => resets.push(reset));
  const offline = untilState(client, "waiting");
  await first.close();
  await offline;
  const sent = Array.from({ length: 50 }, (_, at) => client.send("post", { text: `offline ${at}` }));
  const last = nextPosted(client, "after");
  const reconnected = untilState(client, "open");
  await using _second = await serve(createChatApp(texts), { port: first.port });
  expect(await reconnected).toEqual({ state: "open", attempt: 0, resumed: false });
  await Promise.all(sent);
  expect(resets).toEqual([{ reason: "unknown" }]);
  await client.send("post", { text: "after" });
  await last;
  expect(texts).toEqual(["before", ...Array.from({ length: 50 }, (_, at) => `offline ${at}`), "after"]);
  client.close();
});

test("the client queues 1,000 messages; the next one fails with OUTBOX_FULL unless it is awaited", async () => {
  const texts: string[] = [];
  const net = testNetwork(createChatApp(texts));
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  const queued = Array.from({ length: 1_000 }, (_, at) => client.send("post", { text: String(at) }));
  const failed = next<EventFailure>((listener) => client.onFailed(listener));
  client.send("post", { text: "one more" });
  const awaited = Promise.all([nextPosted(client, "the end"), client.send("post", { text: "the end" })]);
  expect(await failed).toMatchObject({ data: { text: "one more" }, error: { code: "OUTBOX_FULL" } });
  await Promise.all(queued);
  await awaited;
  expect(texts).toEqual([...Array.from({ length: 1_000 }, (_, at) => String(at)), "the end"]);
  client.close();
});

test("the status reports the first connection, its loss and the reconnection", async () => {
  const net = testNetwork(createChatApp());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  expect(client.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
  const states: string[] = [];
  client.status.subscribe(({ state, resumed }) => states.push(resumed ? `${state} again` : state));
  await client.opened;
  const reconnected = untilState(client, "open");
  net.drop();
  await reconnected;
  client.close(4000, "enough");
  expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
    "connecting",
    "open",
    "waiting",
    "connecting",
    "open again",
    "closed",
  ]);
  expect(client.status.value.error).toMatchObject({ code: 4000, reason: "enough" });
});

test.each([
  [404, 4404],
  [409, 4409],
])(
  "a client that the server refuses with %i ends with %i and the reason of the response",
  async (status, code) => {
    const app = createApp();
    app
      .group(() => new Response("No such room", { status }))
      .implement(chat, () => ({ post: () => {}, forbidden: () => {} }));
    await using server = await serve(app, { port: 0 });
    const client = connect(chat, { url: server.url, ...target });
    const sent = client.send("post", { text: "never received" });
    await expect(client.opened).rejects.toMatchObject({ name: "CloseError", code, reason: "No such room" });
    await expect(sent).rejects.toMatchObject({ code });
    await expect(client.send("post", { text: "too late" })).rejects.toMatchObject({ code });
    expect(client.status.value).toMatchObject({ state: "closed", error: { code } });
    expect(await client.closed).toMatchObject({ code, reason: "No such room" });
  },
);

test("a client with a query that does not match its schema ends with 4400", async () => {
  await using server = await serve(createChatApp(), { port: 0 });
  const client = connect(chat, { url: server.url, params: { room: "lobby" }, query: { name: "" } });
  await expect(client.opened).rejects.toMatchObject({ code: 4400 });
});

test("the client reports an event that the server rejects with its name, its data and the schema's issues", async () => {
  const net = testNetwork(createChatApp());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  const failed = next<EventFailure>((listener) => client.onFailed(listener));
  client.send("post", { text: "" });
  const { name, data, error } = await failed;
  expect([name, data]).toEqual(["post", { text: "" }]);
  expect(error).toBeInstanceOf(ValidationError);
  expect((error as ValidationError).issues).toMatchObject([{ path: ["text"] }]);
  const rejected = next<EventFailure>((listener) => client.onFailed(listener));
  client.send("forbidden", {});
  expect((await rejected).error).toMatchObject({ code: "NO", message: "not you", data: { retry: false } });
  expect(client.status.value.state).toBe("open");
  client.close();
});

test("the client calls getToken before every dial, and the server has the token as context.token", async () => {
  const tokens: (string | undefined)[] = [];
  const app = createApp();
  app
    .group(({ token }) => void tokens.push(token))
    .implement(chat, () => ({ post: () => {}, forbidden: () => {} }));
  const net = testNetwork(app);
  let calls = 0;
  const getToken = (): Promise<string> => Promise.resolve(`token ${(calls += 1)}`);
  const client = connect(chat, { url: "wss://test", WebSocket: net.WebSocket, getToken, ...target });
  await client.opened;
  const reconnected = untilState(client, "open");
  net.drop();
  await reconnected;
  expect(tokens).toEqual(["token 1", "token 2"]);
  client.close();
});

test("a client that closes sends bye, so the server ends the connection with 1000", async () => {
  const ended: unknown[] = [];
  const app = createApp();
  let serverClosed: Promise<Closed> | undefined;
  app.implement(chat, (peer) => {
    serverClosed = peer.closed.then((closed) => (ended.push(closed), closed));
    return { post: () => {}, forbidden: () => {} };
  });
  const net = testNetwork(app);
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...target });
  await client.opened;
  client.close();
  expect(() => client.close(1005)).toThrow(RangeError);
  expect(await serverClosed).toMatchObject({ code: 1000, wasClean: true });
  await client.closed;
});
