import { contract, int, json, text } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp, listen } from "@symbolon/server";
import { describeApp } from "@symbolon/server/describe";
import { expect, test } from "vitest";
import { z } from "zod";

const chat = contract("/chat/:room", { client: { post: z.string() } });
const binaryChat = contract("/binary", { codec: msgpack, client: { post: z.string() } });
const room = { name: "room", optional: false, rest: false };
const json1 = "symbolon.v1.json";
const ok = (): Response => new Response("ok");

test("an app without routes has no descriptions", () => {
  expect(describeApp(createApp())).toEqual([]);
});

test("a contract is described with its path, its subprotocols and its bound", () => {
  const app = createApp({ maxPayload: 1_000 });
  app.implement(chat, { maxPayload: 500 }, () => ({ post: () => {} }));
  app.implement(binaryChat, () => ({ post: () => {} }));
  expect(describeApp(app)).toEqual([
    {
      kind: "contract",
      path: "/chat/:room",
      parameters: [room],
      hooks: [],
      contract: chat,
      subprotocols: [json1],
      maxPayload: 500,
    },
    {
      kind: "contract",
      path: "/binary",
      parameters: [],
      hooks: [],
      contract: binaryChat,
      subprotocols: ["symbolon.v1.msgpack", json1],
      maxPayload: 1_000,
    },
  ]);
});

test("a raw route is described with its schemas, and with the options of its app, its view and its own", () => {
  const query = z.object({ since: z.string() });
  const receive = json(z.number());
  const app = createApp({ socket: { receive: int, send: text } });
  app.with({ idleTimeout: 5 }).ws("/files/*rest?", { query, receive, maxPayload: 9 }, listen(String));
  expect(describeApp(app)).toEqual([
    {
      kind: "socket",
      path: "/files/*rest?",
      parameters: [{ name: "rest", optional: true, rest: true }],
      hooks: [],
      schemas: { query },
      options: { receive, send: text, idleTimeout: 5 },
      maxPayload: 9,
    },
  ]);
});

test("HTTP routes come last, and a WebSocket route may have the same path", () => {
  const app = createApp();
  app.http("/", ok);
  app.ws("/", listen(String));
  expect(describeApp(app)).toEqual([
    {
      kind: "socket",
      path: "/",
      parameters: [],
      hooks: [],
      schemas: {},
      options: {},
      maxPayload: 65_536,
    },
    { kind: "http", path: "/", parameters: [], hooks: [] },
  ]);
});

test("the hooks are the functions that the views got, in the order in which they run", () => {
  const [first, second, third] = [() => {}, () => {}, () => {}];
  const inner = createApp();
  inner.use(third).http("/here", ok);
  const app = createApp();
  app.use(first);
  app.group(second).mount("/there", inner);
  app.http("/", ok);
  const described = describeApp(app).map(({ path, hooks }) => [path, hooks]);
  expect(described).toEqual([
    ["/", [first]],
    ["/there/here", [first, second, third]],
  ]);
});

test("a mounted route has its prefix, what the mount sets, and the smaller bound of the two apps", () => {
  const inner = createApp({ maxPayload: 2_000 });
  inner.ws("/", { maxPayload: 1_500 }, listen(String));
  inner.ws("/:room", { send: int }, () => {});
  inner.implement(chat, () => ({ post: () => {} }));
  const app = createApp({ maxPayload: 1_000, codecs: [msgpack] });
  app.with({ receive: text, send: text }).mount("/v1", inner);
  const described = describeApp(app);
  expect(described.map(({ path }) => path)).toEqual(["/v1", "/v1/:room", "/v1/chat/:room"]);
  expect(described).toMatchObject([
    { options: { receive: text, send: text }, maxPayload: 1_000 },
    { options: { receive: text, send: int }, maxPayload: 1_000, parameters: [room] },
    { subprotocols: ["symbolon.v1.msgpack", json1], maxPayload: 1_000, parameters: [room] },
  ]);
});

test('an app that is mounted at "/" adds no prefix', () => {
  const inner = createApp();
  inner.http("/", ok);
  inner.http("/a", ok);
  const app = createApp();
  app.mount("/", inner);
  expect(describeApp(app).map(({ path }) => path)).toEqual(["/", "/a"]);
});

test("a mounted route that another one hides is left out", () => {
  const inner = createApp();
  inner.ws("/a", listen(String));
  inner.ws("/:b/c", listen(String));
  inner.http("/a", ok);
  const app = createApp();
  app.mount("/v1", inner);
  app.ws("/v1/*rest", listen(String));
  expect(describeApp(app).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    "socket /v1/*rest",
    "http /v1/a",
  ]);
});

test("paths with other characters than ASCII are described as they were declared", () => {
  const app = createApp();
  app.http("/größe 1/:id", ok);
  expect(describeApp(app)).toMatchObject([{ path: "/größe 1/:id" }]);
});

test("what is not an app is refused", () => {
  expect(() => describeApp({} as never)).toThrow("describeApp needs an app made by createApp");
});
