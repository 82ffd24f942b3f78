import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { href, json } from "@symbolon/protocol";
import { createApp, type Socket } from "@symbolon/server";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { handshake } from "../../packages/server/test/node/raw-client.ts";
import { covers } from "./covers.ts";
import { connectClient, connectRaw, refusalOf, serveApp } from "./harness.ts";

test("the server refuses an unknown path with 404", async () => {
  covers({ case: 97, rows: [62] });
  const app = createApp();
  app.ws("/known", (socket) => socket.accept());
  expect(await refusalOf(app, "/unknown")).toMatchObject({ status: 404 });
});

test("the server refuses a WebSocket on a path that has only HTTP with 400", async () => {
  covers({ case: 98, rows: [4, 62] });
  const app = createApp();
  app.http("/page", () => new Response("a page"));
  expect(await refusalOf(app, "/page")).toMatchObject({ status: 400 });
});

test("the server answers plain HTTP on a path that has only a WebSocket with 426", async () => {
  covers({ case: 99, rows: [4] });
  const app = createApp();
  app.ws("/ws", (socket) => socket.accept());
  const response = await fetch(`${(await serveApp(app)).url}/ws`);
  expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
});

test("the server serves HTTP and a WebSocket on one path", async () => {
  covers({ rows: [4] });
  const app = createApp();
  app.http("/ws", () => new Response("an HTTP request"));
  app.ws("/ws", (socket) => socket.send("a WebSocket"));
  const server = await serveApp(app);
  expect(await (await fetch(`${server.url}/ws`)).text()).toBe("an HTTP request");
  expect(await (await server.connect("/ws")).receive()).toBe("a WebSocket");
});

test("the server refuses a WebSocket on an unknown path, although HTTP has a fallback", async () => {
  covers({ case: 101, rows: [62] });
  const app = createApp({ fetch: () => new Response("fallback") });
  const server = await serveApp(app);
  expect(await (await fetch(`${server.url}/unknown`)).text()).toBe("fallback");
  expect(await server.refused("/unknown")).toMatchObject({ status: 404 });
});

test("the server serves a WebSocket below the files at the root", async () => {
  covers({ case: 102, rows: [1, 3] });
  const assets = await mkdtemp(join(tmpdir(), "symbolon-"));
  onTestFinished(() => rm(assets, { recursive: true }));
  await writeFile(join(assets, "index.html"), "<p>the page</p>");
  await writeFile(join(assets, "ws"), "a file of the same name");
  const app = createApp();
  app.ws("/ws", (socket) => socket.send("a WebSocket"));
  const server = await serveApp(app, { assets });
  expect(await (await fetch(server.url)).text()).toBe("<p>the page</p>");
  expect(await (await server.connect("/ws")).receive()).toBe("a WebSocket");
});

test("the handler gets the path's parameter", async () => {
  covers({ case: 103, rows: [32] });
  const app = createApp();
  app.ws("/ws/:room", (socket, { params }) => socket.send(`Hello, ${params.room}!`));
  const client = await connectClient(app, "/ws/test");
  expect(await client.receive()).toBe("Hello, test!");
});

test("the handler gets a number, and the server refuses anything else with 400", async () => {
  covers({ case: 104, rows: [32, 36] });
  const app = createApp();
  app.ws("/ws/:id", { params: z.object({ id: z.coerce.number() }) }, (socket, { params }) =>
    socket.send({ next: params.id + 1 }),
  );
  const server = await serveApp(app);
  expect(await (await server.connect("/ws/42")).receive()).toBe('{"next":43}');
  expect(await server.refused("/ws/x")).toMatchObject({ status: 400 });
});

test("the handler gets the rest of the path, and the query", async () => {
  covers({ case: 106, rows: [32, 33] });
  const app = createApp();
  app.ws("/router/*rest", (socket, { params, query }) => socket.send([params.rest, query["queryparam"]]));
  const client = await connectClient(app, "/router/path/to/file?queryparam=a_query_param");
  expect(await client.receive()).toBe('["path/to/file","a_query_param"]');
});

test("the handler gets a percent-encoded path decoded", async () => {
  covers({ case: 107, rows: [32] });
  const app = createApp();
  app.ws("/ws/:name", (socket, { params }) => socket.send(params.name));
  expect(await (await connectClient(app, "/ws/a%20b")).receive()).toBe("a b");
});

test("the handler gets the query, a repeated name as an array", async () => {
  covers({ case: 108, rows: [33] });
  const app = createApp();
  app.ws("/", (socket, { query }) => socket.send(query));
  const client = await connectClient(app, "/?a=abc&b=456&c=1&c=2");
  expect(await client.receive()).toBe('{"a":"abc","b":"456","c":["1","2"]}');
});

test("the handler gets the URL of the request", async () => {
  covers({ case: 109, rows: [34] });
  const app = createApp();
  app.ws("/:id", (socket, { request }) => socket.send(request.url));
  const raw = await connectRaw(app);
  await raw.open("/123?a=abc", { Host: "example.com:8080" });
  expect(await raw.text()).toBe("http://example.com:8080/123?a=abc");
});

test("a hook accepts a cookie or a token, and the route accepts an optional number", async () => {
  covers({ case: 111, rows: [33, 34, 36, 39] });
  const app = createApp();
  const authenticated = app.group(({ query, cookies }) => {
    const credential = cookies["session"] ?? query["token"];
    return credential === undefined
      ? new Response("a cookie or a token is required", { status: 403 })
      : { credential };
  });
  authenticated.ws(
    "/",
    { query: z.object({ q: z.coerce.number().optional() }) },
    async (socket, { credential, query }) => {
      await socket.send(`Credential: ${String(credential)}`);
      if (query.q !== undefined) await socket.send(`Query parameter q is: ${query.q}`);
    },
  );
  const server = await serveApp(app);
  const cookie = { headers: { cookie: "session=fakesession", origin: server.url } };
  expect(await (await server.connect("/", cookie)).receive()).toBe("Credential: fakesession");
  const client = await server.connect("/?token=some-token&q=3");
  expect([await client.receive(), await client.receive()]).toEqual([
    "Credential: some-token",
    "Query parameter q is: 3",
  ]);
  expect(await server.refused("/")).toMatchObject({ status: 403 });
  expect(await server.refused("/?token=some-token&q=bar")).toMatchObject({ status: 400 });
});

test("schemas read path, query, headers and cookies", async () => {
  covers({ case: 112, rows: [32, 33, 34] });
  const number = z.object({ n: z.coerce.number() });
  const headers = z.object({ "x-n": z.coerce.number() });
  const app = createApp();
  app.ws("/:n", { params: number, query: number, headers, cookies: number }, (socket, context) =>
    socket.send([context.params.n, context.query.n, context.headers["x-n"], context.cookies.n]),
  );
  const server = await serveApp(app);
  const client = await server.connect("/1?n=2", {
    headers: { "x-n": "3", cookie: "n=4", origin: server.url },
  });
  expect(await client.receive()).toBe("[1,2,3,4]");
});

test("the server refuses with 400 when the query lacks a required name, or has a wrong value", async () => {
  covers({ case: 113, rows: [33, 36] });
  const app = createApp();
  app.ws("/", { query: z.object({ n: z.coerce.number() }) }, (socket, { query }) => socket.send(query.n));
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 400 });
  expect(await server.refused("/?n=x")).toMatchObject({ status: 400 });
  expect(await (await server.connect("/?n=3")).receive()).toBe("3");
});

test("a WebSocket route with a body throws when it is declared", () => {
  covers({ case: 114, rows: [27] });
  const app = createApp();
  // @ts-expect-error -- a handshake has no body
  expect(() => app.ws("/", { body: z.object({}) }, () => {})).toThrow(TypeError);
});

test("prefixes add up, including a trailing slash", async () => {
  covers({ case: 116, rows: [63] });
  const [app, v1, chat] = [createApp(), createApp(), createApp()];
  chat.ws("/", (socket) => socket.send("the chat"));
  chat.ws("/:room", (socket, { params }) => socket.send(`room ${params.room}`));
  v1.mount("/chat", chat);
  app.mount("/v1", v1);
  const server = await serveApp(app);
  expect(await (await server.connect("/v1/chat/")).receive()).toBe("the chat");
  expect(await (await server.connect("/v1/chat/lobby")).receive()).toBe("room lobby");
});

test("the handler gets the name of the part that it belongs to", async () => {
  covers({ case: 117, rows: [63] });
  const blog = createApp();
  blog.group(() => ({ blueprint: "blog" })).ws("/live", (socket, { blueprint }) => socket.send(blueprint));
  const app = createApp();
  app.mount("/blog", blog);
  expect(await (await connectClient(app, "/blog/live")).receive()).toBe("blog");
});

test("a mounted app is served below its prefix alone, and an unknown path is refused", async () => {
  covers({ case: 118, rows: [62, 63] });
  const inner = createApp();
  inner.ws("/files/*rest", (socket, { params, request }) =>
    socket.send([params.rest, new URL(request.url).pathname]),
  );
  const app = createApp();
  app.mount("/v1", inner);
  const server = await serveApp(app);
  expect(await (await server.connect("/v1/files/a/b")).receive()).toBe('["a/b","/v1/files/a/b"]');
  expect(await server.refused("/v1/unknown")).toMatchObject({ status: 404 });
  expect(await server.refused("/files/a/b")).toMatchObject({ status: 404 });
});

test("a method or a partly applied function can be a handler", async () => {
  covers({ case: 119, rows: [1] });
  class Greeter {
    readonly greeting = "hello";
    async greet(socket: Socket): Promise<void> {
      await socket.send(this.greeting);
    }
  }
  const greeter = new Greeter();
  const greet = async (greeting: string, socket: Socket): Promise<void> => socket.send(greeting);
  const app = createApp();
  app.ws("/method", greeter.greet.bind(greeter));
  app.ws("/partial", greet.bind(undefined, "goodbye"));
  const server = await serveApp(app);
  expect(await (await server.connect("/method")).receive()).toBe("hello");
  expect(await (await server.connect("/partial")).receive()).toBe("goodbye");
});

test("the handler gets the route as declared, with its prefix", async () => {
  covers({ case: 121, rows: [63] });
  const inner = createApp();
  inner.ws("/items/:item_id", (socket, { route, params }) => socket.send([route, params.item_id]));
  const app = createApp();
  app.mount("/v1", inner);
  const client = await connectClient(app, "/v1/items/7");
  expect(await client.receive()).toBe('["/v1/items/:item_id","7"]');
});

test("an app that is mounted below a root path is not served elsewhere", async () => {
  covers({ case: 122, rows: [63] });
  const inner = createApp();
  inner.ws("/:id", (socket, { params }) => socket.send(params.id));
  const app = createApp();
  app.mount("/app", inner);
  const server = await serveApp(app);
  expect(await (await server.connect("/app/2")).receive()).toBe("2");
  expect(await server.refused("/")).toMatchObject({ status: 404 });
});

test("the server refuses an absolute-form target with 400, as it could name another host", async () => {
  covers({ case: 123, rows: [62] });
  const app = createApp();
  app.ws("/ws", (socket) => socket.accept());
  const raw = await connectRaw(app);
  raw.write(handshake("http://elsewhere.example/ws"));
  expect(await raw.response()).toMatchObject({ status: 400 });
});

test("the server serves routes that another function adds", async () => {
  covers({ rows: [2] });
  const loadRoutes = (app: ReturnType<typeof createApp>): void => {
    app.ws("/echo", { receive: json(), send: json() }, async (socket) => {
      for await (const message of socket) await socket.send(message);
    });
  };
  const app = createApp();
  loadRoutes(app);
  const client = await connectClient(app, "/echo");
  client.send('{"a":1}');
  expect(await client.receive()).toBe('{"a":1}');
});

test("`href` writes the percent-encoded URL of a route, which leads to it", async () => {
  covers({ rows: [64] });
  const app = createApp();
  app.ws("/room/:name/*rest", (socket, { params }) => socket.send([params.name, params.rest]));
  const path = href("/room/:name/*rest", { name: "a b/ü", rest: "c/d e" });
  expect(path).toBe("/room/a%20b%2F%C3%BC/c/d%20e");
  expect(await (await connectClient(app, path)).receive()).toBe('["a b/ü","c/d e"]');
});
