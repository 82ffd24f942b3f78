import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { href, json } from "@symbolon/protocol";
import { createApp, type Socket } from "@symbolon/server";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { handshake } from "../../packages/server/test/node/raw-client.ts";
import { serveApp } from "./harness.ts";

test("seeds › 97 refuses an unknown path with 404 [rows 62]", async () => {
  const app = createApp();
  app.ws("/known", (socket) => socket.accept());
  expect(await (await serveApp(app)).refused("/unknown")).toMatchObject({ status: 404 });
});

test("seeds › 98 refuses a WebSocket to a path that has only HTTP with 400 [rows 4, 62]", async () => {
  const app = createApp();
  app.http("/page", () => new Response("a page"));
  expect(await (await serveApp(app)).refused("/page")).toMatchObject({ status: 400 });
});

test("seeds › 99 answers plain HTTP to a path that has only a WebSocket with 426 [rows 4]", async () => {
  const app = createApp();
  app.ws("/ws", (socket) => socket.accept());
  const response = await fetch(`${(await serveApp(app)).url}/ws`);
  expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
});

test("seeds › row 4 serves HTTP and a WebSocket on one path", async () => {
  const app = createApp();
  app.http("/ws", () => new Response("an HTTP request"));
  app.ws("/ws", (socket) => socket.send("a WebSocket"));
  const site = await serveApp(app);
  expect(await (await fetch(`${site.url}/ws`)).text()).toBe("an HTTP request");
  expect(await (await site.open("/ws")).next()).toBe("a WebSocket");
});

test("seeds › 101 refuses an unknown path though HTTP has a fallback [rows 62]", async () => {
  const app = createApp({ fetch: () => new Response("fallback") });
  const site = await serveApp(app);
  expect(await (await fetch(`${site.url}/unknown`)).text()).toBe("fallback");
  expect(await site.refused("/unknown")).toMatchObject({ status: 404 });
});

test("seeds › 102 serves a WebSocket below the files at the root [rows 1, 3]", async () => {
  const assets = await mkdtemp(join(tmpdir(), "symbolon-"));
  onTestFinished(() => rm(assets, { recursive: true }));
  await writeFile(join(assets, "index.html"), "<p>the page</p>");
  await writeFile(join(assets, "ws"), "a file of the same name");
  const app = createApp();
  app.ws("/ws", (socket) => socket.send("a WebSocket"));
  const site = await serveApp(app, { assets });
  expect(await (await fetch(site.url)).text()).toBe("<p>the page</p>");
  expect(await (await site.open("/ws")).next()).toBe("a WebSocket");
});

test("seeds › 103 gives the handler the path's parameter [rows 32]", async () => {
  const app = createApp();
  app.ws("/ws/:room", (socket, { params }) => socket.send(`Hello, ${params.room}!`));
  const client = await (await serveApp(app)).open("/ws/test");
  expect(await client.next()).toBe("Hello, test!");
});

test("seeds › 104 gives the handler a number, and refuses what is none with 400 [rows 32, 36]", async () => {
  const app = createApp();
  app.ws("/ws/:id", { params: z.object({ id: z.coerce.number() }) }, (socket, { params }) =>
    socket.send({ next: params.id + 1 }),
  );
  const site = await serveApp(app);
  expect(await (await site.open("/ws/42")).next()).toBe('{"next":43}');
  expect(await site.refused("/ws/x")).toMatchObject({ status: 400 });
});

test("seeds › 106 gives the handler the rest of the path, and the query [rows 32, 33]", async () => {
  const app = createApp();
  app.ws("/router/*rest", (socket, { params, query }) => socket.send([params.rest, query["queryparam"]]));
  const client = await (await serveApp(app)).open("/router/path/to/file?queryparam=a_query_param");
  expect(await client.next()).toBe('["path/to/file","a_query_param"]');
});

test("seeds › 107 decodes what is percent-encoded in the path [rows 32]", async () => {
  const app = createApp();
  app.ws("/ws/:name", (socket, { params }) => socket.send(params.name));
  expect(await (await (await serveApp(app)).open("/ws/a%20b")).next()).toBe("a b");
});

test("seeds › 108 gives the handler the query, a repeated name as an array [rows 33]", async () => {
  const app = createApp();
  app.ws("/", (socket, { query }) => socket.send(query));
  const client = await (await serveApp(app)).open("/?a=abc&b=456&c=1&c=2");
  expect(await client.next()).toBe('{"a":"abc","b":"456","c":["1","2"]}');
});

test("seeds › 109 gives the handler the URL it was reached by [rows 34]", async () => {
  const app = createApp();
  app.ws("/:id", (socket, { request }) => socket.send(request.url));
  const raw = await (await serveApp(app)).raw();
  await raw.open("/123?a=abc", { Host: "example.com:8080" });
  expect(await raw.text()).toBe("http://example.com:8080/123?a=abc");
});

test("seeds › 111 takes a cookie or a token, and an optional number [rows 33, 34, 36, 39]", async () => {
  const app = createApp();
  const known = app.use(({ query, cookies }) => {
    const who = cookies["session"] ?? query["token"];
    return who === undefined ? new Response("a cookie or a token, please", { status: 403 }) : { who };
  });
  known.ws("/", { query: z.object({ q: z.coerce.number().optional() }) }, async (socket, { who, query }) => {
    await socket.send(`I know you: ${String(who)}`);
    if (query.q !== undefined) await socket.send(`Query parameter q is: ${query.q}`);
  });
  const site = await serveApp(app);
  const cookie = { headers: { cookie: "session=fakesession", origin: site.url } };
  expect(await (await site.open("/", cookie)).next()).toBe("I know you: fakesession");
  const client = await site.open("/?token=some-token&q=3");
  expect([await client.next(), await client.next()]).toEqual([
    "I know you: some-token",
    "Query parameter q is: 3",
  ]);
  expect(await site.refused("/")).toMatchObject({ status: 403 });
  expect(await site.refused("/?token=some-token&q=bar")).toMatchObject({ status: 400 });
});

test("seeds › 112 reads path, query, headers and cookies by their schemas [rows 32, 33, 34]", async () => {
  const number = z.object({ n: z.coerce.number() });
  const headers = z.object({ "x-n": z.coerce.number() });
  const app = createApp();
  app.ws("/:n", { params: number, query: number, headers, cookies: number }, (socket, context) =>
    socket.send([context.params.n, context.query.n, context.headers["x-n"], context.cookies.n]),
  );
  const site = await serveApp(app);
  const client = await site.open("/1?n=2", { headers: { "x-n": "3", cookie: "n=4", origin: site.url } });
  expect(await client.next()).toBe("[1,2,3,4]");
});

test("seeds › 113 refuses with 400 when the query lacks what it must have, or has it wrong [rows 33, 36]", async () => {
  const app = createApp();
  app.ws("/", { query: z.object({ n: z.coerce.number() }) }, (socket, { query }) => socket.send(query.n));
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 400 });
  expect(await site.refused("/?n=x")).toMatchObject({ status: 400 });
  expect(await (await site.open("/?n=3")).next()).toBe("3");
});

test("seeds › 114 takes no body on a WebSocket route: an error where it is declared [rows 27]", () => {
  const app = createApp();
  // @ts-expect-error -- a handshake has no body
  expect(() => app.ws("/", { body: z.object({}) }, () => {})).toThrow(TypeError);
});

test("seeds › 116 adds prefixes up, trailing slash and all [rows 63]", async () => {
  const [app, v1, chat] = [createApp(), createApp(), createApp()];
  chat.ws("/", (socket) => socket.send("the chat"));
  chat.ws("/:room", (socket, { params }) => socket.send(`room ${params.room}`));
  v1.mount("/chat", chat);
  app.mount("/v1", v1);
  const site = await serveApp(app);
  expect(await (await site.open("/v1/chat/")).next()).toBe("the chat");
  expect(await (await site.open("/v1/chat/lobby")).next()).toBe("room lobby");
});

test("seeds › 117 gives the handler the name of the part it belongs to [rows 63]", async () => {
  const blog = createApp();
  blog.use(() => ({ blueprint: "blog" })).ws("/live", (socket, { blueprint }) => socket.send(blueprint));
  const app = createApp();
  app.mount("/blog", blog);
  expect(await (await (await serveApp(app)).open("/blog/live")).next()).toBe("blog");
});

test("seeds › 118 serves a mounted app by the rest of the path, and refuses what it does not know [rows 62, 63]", async () => {
  const inner = createApp();
  inner.ws("/files/*rest", (socket, { params, request }) =>
    socket.send([params.rest, new URL(request.url).pathname]),
  );
  const app = createApp();
  app.mount("/v1", inner);
  const site = await serveApp(app);
  expect(await (await site.open("/v1/files/a/b")).next()).toBe('["a/b","/v1/files/a/b"]');
  expect(await site.refused("/v1/unknown")).toMatchObject({ status: 404 });
  expect(await site.refused("/files/a/b")).toMatchObject({ status: 404 });
});

test("seeds › 119 takes a method or a partly applied function for a handler [rows 1]", async () => {
  class Greeter {
    readonly word = "hello";
    async greet(socket: Socket): Promise<void> {
      await socket.send(this.word);
    }
  }
  const greeter = new Greeter();
  const say = async (word: string, socket: Socket): Promise<void> => socket.send(word);
  const app = createApp();
  app.ws("/method", greeter.greet.bind(greeter));
  app.ws("/partial", say.bind(undefined, "goodbye"));
  const site = await serveApp(app);
  expect(await (await site.open("/method")).next()).toBe("hello");
  expect(await (await site.open("/partial")).next()).toBe("goodbye");
});

test("seeds › 121 gives the handler the route as it was declared, below its prefix [rows 63]", async () => {
  const inner = createApp();
  inner.ws("/items/:item_id", (socket, { route, params }) => socket.send([route, params.item_id]));
  const app = createApp();
  app.mount("/v1", inner);
  const client = await (await serveApp(app)).open("/v1/items/7");
  expect(await client.next()).toBe('["/v1/items/:item_id","7"]');
});

test("seeds › 122 serves an app below a root path only [rows 63]", async () => {
  const inner = createApp();
  inner.ws("/:id", (socket, { params }) => socket.send(params.id));
  const app = createApp();
  app.mount("/app", inner);
  const site = await serveApp(app);
  expect(await (await site.open("/app/2")).next()).toBe("2");
  expect(await site.refused("/")).toMatchObject({ status: 404 });
});

test("seeds › 123 refuses an absolute-form target with 400: it could name another host [rows 62]", async () => {
  const app = createApp();
  app.ws("/ws", (socket) => socket.accept());
  const raw = await (await serveApp(app)).raw();
  raw.write(handshake("http://elsewhere.example/ws"));
  expect(await raw.response()).toMatchObject({ status: 400 });
});

test("seeds › row 2 serves routes that were made on their own", async () => {
  const loadRoutes = (app: ReturnType<typeof createApp>): void => {
    app.ws("/echo", { receive: json(), send: json() }, async (socket) => {
      for await (const message of socket) await socket.send(message);
    });
  };
  const app = createApp();
  loadRoutes(app);
  const client = await (await serveApp(app)).open("/echo");
  client.send('{"a":1}');
  expect(await client.next()).toBe('{"a":1}');
});

test("seeds › row 64 writes the URL of a route, percent-encoded, so that it leads there", async () => {
  const app = createApp();
  app.ws("/room/:name/*rest", (socket, { params }) => socket.send([params.name, params.rest]));
  const path = href("/room/:name/*rest", { name: "a b/ü", rest: "c/d e" });
  expect(path).toBe("/room/a%20b%2F%C3%BC/c/d%20e");
  expect(await (await (await serveApp(app)).open(path)).next()).toBe('["a b/ü","c/d e"]');
});
