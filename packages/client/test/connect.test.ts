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
    say: z.object({
      text: z
        .string()
        .min(1)
        .transform((line) => line.trim()),
    }),
    hush: z.object({}),
  },
  server: { line: z.object({ from: z.string(), text: z.string(), length: z.coerce.number() }) },
});
const where = { params: { room: "lobby" }, query: { name: "Ada" } };

// Retries come soon, yet not in a busy loop.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.05));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An app that serves the chat: what is said comes back, and is heard by the test. */
function chatting(heard: string[] = []) {
  const app = createApp();
  app.implement(chat, (peer, { query }) => ({
    say: ({ text }) => {
      heard.push(text);
      peer.send("line", { from: query.name, text, length: text.length });
    },
    hush: () => {
      throw new RequestError("NO", "not you", { retry: false });
    },
  }));
  return app;
}

/** Resolves with the next thing that is told. */
function next<Value>(
  tell: (told: (value: Value) => void) => () => void,
  wanted: (value: Value) => boolean = () => true,
) {
  return new Promise<Value>((resolve) => {
    const stop = tell((value) => {
      if (!wanted(value)) return;
      stop();
      resolve(value);
    });
  });
}

const becomes = (client: Client<never>, is: ConnectionStatus["state"]): Promise<ConnectionStatus> =>
  next<ConnectionStatus>(
    (told) => client.status.subscribe(told),
    (status) => status.state === is,
  );
const line = (client: Client<typeof chat>) => next<{ text: string }>((told) => client.on("line", told));
const said = (client: Client<typeof chat>, text: string) =>
  next<{ text: string }>(
    (told) => client.on("line", told),
    (heard) => heard.text === text,
  );

test("events go both ways over a real socket, read by their schemas, with the query and parameters", async () => {
  await using server = await serve(chatting(), { port: 0 });
  const client = connect(chat, { url: server.url, ...where });
  const answer = new Promise((resolve) => {
    client.on("line", (data) => {
      expectTypeOf(data).toEqualTypeOf<{ from: string; text: string; length: number }>();
      resolve(data);
    });
  });
  await client.send("say", { text: " hello " });
  expect(await answer).toEqual({ from: "Ada", text: "hello", length: 5 });
  client.close();
  expect(await client.closed).toMatchObject({ code: 1000 });
});

test("every listener is called, and one that was undone is not", async () => {
  const net = testNetwork(chatting());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  const told: string[] = [];
  const listener = ({ text }: { text: string }): void => void told.push(`a ${text}`);
  const undo = client.on("line", listener);
  client.on("line", listener);
  client.on("line", ({ text }) => void told.push(`b ${text}`));
  const first = said(client, "1");
  client.send("say", { text: "1" });
  await first;
  undo();
  undo();
  const second = said(client, "2");
  client.send("say", { text: "2" });
  await second;
  expect(told).toEqual(["a 1", "a 1", "b 1", "a 2", "b 2"]);
  client.close();
});

test("what is sent while away is kept, and said once and in order to another server on its port", async () => {
  const heard: string[] = [];
  const first = await serve(chatting(heard), { port: 0 });
  const client = connect(chat, { url: first.url, ...where });
  const answer = line(client);
  await client.send("say", { text: "before" });
  await answer;
  const resets: Reset[] = [];
  client.onReset((reset) => resets.push(reset));
  const away = becomes(client, "waiting");
  await first.close();
  await away;
  const sent = Array.from({ length: 50 }, (_, at) => client.send("say", { text: `away ${at}` }));
  const last = said(client, "after");
  const back = becomes(client, "open");
  await using _second = await serve(chatting(heard), { port: first.port });
  expect(await back).toEqual({ state: "open", attempt: 0, resumed: false });
  await Promise.all(sent);
  expect(resets).toEqual([{ reason: "unknown" }]);
  await client.send("say", { text: "after" });
  await last;
  expect(heard).toEqual(["before", ...Array.from({ length: 50 }, (_, at) => `away ${at}`), "after"]);
  client.close();
});

test("more than 1,000 messages are not kept, unless they are awaited: the next one fails with OUTBOX_FULL", async () => {
  const heard: string[] = [];
  const net = testNetwork(chatting(heard));
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  const kept = Array.from({ length: 1_000 }, (_, at) => client.send("say", { text: String(at) }));
  const failed = next<EventFailure>((told) => client.onFailed(told));
  client.send("say", { text: "one more" });
  const awaited = Promise.all([said(client, "the end"), client.send("say", { text: "the end" })]);
  expect(await failed).toMatchObject({ data: { text: "one more" }, error: { code: "OUTBOX_FULL" } });
  await Promise.all(kept);
  await awaited;
  expect(heard).toEqual([...Array.from({ length: 1_000 }, (_, at) => String(at)), "the end"]);
  client.close();
});

test("the status tells of the first connection, of the loss and of the return", async () => {
  const net = testNetwork(chatting());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  expect(client.status.value).toEqual({ state: "connecting", attempt: 0, resumed: false });
  const told: string[] = [];
  client.status.subscribe(({ state: is, resumed }) => told.push(resumed ? `${is} again` : is));
  await client.opened;
  const back = becomes(client, "open");
  net.drop();
  await back;
  client.close(4000, "enough");
  expect(told.filter((one, at) => one !== told[at - 1])).toEqual([
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
])("a refusal with %i ends the client with %i and its reason", async (status, code) => {
  const app = createApp();
  app
    .use(() => new Response("No such room", { status }))
    .implement(chat, () => ({ say: () => {}, hush: () => {} }));
  await using server = await serve(app, { port: 0 });
  const client = connect(chat, { url: server.url, ...where });
  const sent = client.send("say", { text: "unheard" });
  await expect(client.opened).rejects.toMatchObject({ name: "CloseError", code, reason: "No such room" });
  await expect(sent).rejects.toMatchObject({ code });
  await expect(client.send("say", { text: "too late" })).rejects.toMatchObject({ code });
  expect(client.status.value).toMatchObject({ state: "closed", error: { code } });
  expect(await client.closed).toMatchObject({ code, reason: "No such room" });
});

test("a query that does not fit its schema ends the client with 4400", async () => {
  await using server = await serve(chatting(), { port: 0 });
  const client = connect(chat, { url: server.url, params: { room: "lobby" }, query: { name: "" } });
  await expect(client.opened).rejects.toMatchObject({ code: 4400 });
});

test("an event that the server refuses is told with its name, its data and the schema's issues", async () => {
  const net = testNetwork(chatting());
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  const failed = next<EventFailure>((told) => client.onFailed(told));
  client.send("say", { text: "" });
  const { name, data, error } = await failed;
  expect([name, data]).toEqual(["say", { text: "" }]);
  expect(error).toBeInstanceOf(ValidationError);
  expect((error as ValidationError).issues).toMatchObject([{ path: ["text"] }]);
  const refused = next<EventFailure>((told) => client.onFailed(told));
  client.send("hush", {});
  expect((await refused).error).toMatchObject({ code: "NO", message: "not you", data: { retry: false } });
  expect(client.status.value.state).toBe("open");
  client.close();
});

test("the token is asked for before every dial, and is the server's context.token", async () => {
  const tokens: (string | undefined)[] = [];
  const app = createApp();
  app.use(({ token }) => void tokens.push(token)).implement(chat, () => ({ say: () => {}, hush: () => {} }));
  const net = testNetwork(app);
  let asked = 0;
  const getToken = (): Promise<string> => Promise.resolve(`token ${(asked += 1)}`);
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, getToken, ...where });
  await client.opened;
  const back = becomes(client, "open");
  net.drop();
  await back;
  expect(tokens).toEqual(["token 1", "token 2"]);
  client.close();
});

test("a close says bye, so that the server ends the connection with 1000", async () => {
  const ended: unknown[] = [];
  const app = createApp();
  let over: Promise<Closed> | undefined;
  app.implement(chat, (peer) => {
    over = peer.closed.then((closed) => (ended.push(closed), closed));
    return { say: () => {}, hush: () => {} };
  });
  const net = testNetwork(app);
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, ...where });
  await client.opened;
  client.close();
  expect(() => client.close(1005)).toThrow(RangeError);
  expect(await over).toMatchObject({ code: 1000, wasClean: true });
  await client.closed;
});
