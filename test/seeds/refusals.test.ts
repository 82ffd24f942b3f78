import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp, HandshakeError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { covers } from "./covers.ts";
import { connectClient, refusalOf, serveApp, utf8 } from "./harness.ts";

test("the server refuses with 403 and the code in the body when the handler closes before it accepts", async () => {
  covers({ case: 51, rows: [9, 24] });
  const app = createApp();
  app.ws("/close", (socket) => socket.close(1001, "not now"));
  app.ws("/throw", () => {
    throw new CloseError(4001, "be nice");
  });
  const server = await serveApp(app);
  const closed = await server.refused("/close");
  expect([closed.status, JSON.parse(closed.body)]).toEqual([403, { code: 1001, reason: "not now" }]);
  const thrown = await server.refused("/throw");
  expect([thrown.status, JSON.parse(thrown.body)]).toEqual([403, { code: 4001, reason: "be nice" }]);
});

test("the server refuses with the status, headers and body of a Response", async () => {
  covers({ case: 52, rows: [10] });
  const app = createApp();
  app.ws("/", () => new Response("foo", { status: 404, headers: { "x-hint": "try harder" } }));
  const { status, headers, body } = await refusalOf(app, "/");
  expect([status, headers.get("x-hint"), body]).toEqual([404, "try harder", "foo"]);
});

test("the server refuses with a streamed body", async () => {
  covers({ case: 53, rows: [10] });
  const app = createApp();
  app.ws("/", () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const part of ["hello", "world"]) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
    return new Response(body, { status: 403 });
  });
  expect(await refusalOf(app, "/")).toMatchObject({ status: 403, body: "helloworld" });
});

test("the server refuses with a file", async () => {
  covers({ case: 54, rows: [10] });
  const path = fileURLToPath(new URL("../../LICENSE", import.meta.url));
  const app = createApp();
  app.ws("/", async () => new Response(await openAsBlob(path), { status: 401 }));
  expect(await refusalOf(app, "/")).toMatchObject({
    status: 401,
    body: await readFile(path, "utf8"),
  });
});

test("a Response that was already used answers 500, and the app gets the error", async () => {
  covers({ case: 56, rows: [10, 27] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  const once = new Response("only once", { status: 403 });
  app.ws("/", () => once);
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 403, body: "only once" });
  expect(await server.refused("/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toBeInstanceOf(TypeError);
});

test("a handler cannot refuse after accept: the app gets an error, and the socket closes", async () => {
  covers({ case: 57, rows: [10, 27] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", async (socket) => {
    await socket.accept();
    return new Response("too late", { status: 403 });
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toEqual({ code: 1000, reason: "", wasClean: true });
  expect(await failures.pull()).toEqual(
    new TypeError("a handler returned a Response after accept, too late to refuse: close the socket instead"),
  );
});

test("the server refuses with the Response that a handler returns", async () => {
  covers({ case: 58, rows: [10] });
  const app = createApp();
  app.ws("/", async (socket, { headers }) => {
    if (headers.get("x-password") !== "hunter2") return new Response("Invalid password", { status: 403 });
    return socket.send("welcome");
  });
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 403, body: "Invalid password" });
  const client = await server.connect("/", { headers: { "x-password": "hunter2" } });
  expect(await client.receive()).toBe("welcome");
});

test("the server refuses with the Response that a handler throws, and a test can read it", async () => {
  covers({ case: 59, rows: [10, 68] });
  const app = createApp();
  app.ws("/", () => {
    throw new Response(null, { status: 401 });
  });
  expect(await refusalOf(app, "/")).toMatchObject({ status: 401 });
  const error: unknown = await testNetwork(app)
    .connect("/")
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(HandshakeError);
  expect(error).toMatchObject({ response: { status: 401 } });
});

test("the server refuses with a JSON error and its headers", async () => {
  covers({ case: 61, rows: [10, 42] });
  const app = createApp();
  app.ws("/", () => {
    const headers = { "www-authenticate": "Bearer" };
    throw Response.json({ detail: "Unauthorized" }, { status: 401, headers });
  });
  const { status, headers, body } = await refusalOf(app, "/");
  expect([status, headers.get("www-authenticate"), body]).toEqual([
    401,
    "Bearer",
    '{"detail":"Unauthorized"}',
  ]);
});

test("the server closes with 4000 + status when a handler throws a Response after accept", async () => {
  covers({ case: 62, rows: [42] });
  const app = createApp({ onError: () => {} });
  app.ws("/", async (socket) => {
    await socket.send("hello");
    throw Response.json({ detail: "Unauthorized" }, { status: 401 });
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("hello");
  expect(await client.closed).toEqual({
    code: 4401,
    reason: '{"detail":"Unauthorized"}',
    wasClean: true,
  });
});

test("a hook asks for Basic credentials, and accepts the right ones", async () => {
  covers({ case: 63, rows: [10, 35] });
  const app = createApp();
  app
    .group(({ credentials }) => {
      if (credentials?.username === "u" && credentials.password === "p:ä") return { user: "u" };
      return new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="chat"' } });
    })
    .ws("/", (socket, { user }) => socket.send(`hi ${user}`));
  const server = await serveApp(app);
  const { status, headers } = await server.refused("/");
  expect([status, headers.get("www-authenticate")]).toEqual([401, 'Basic realm="chat"']);
  expect(await server.refused("/", basicAuth("u:wrong"))).toMatchObject({ status: 401 });
  expect(await (await server.connect("/", basicAuth("u:p:ä"))).receive()).toBe("hi u");
});

test("a hook refuses a client, or provides the user to the handler", async () => {
  covers({ case: 64, rows: [37, 39, 40] });
  const app = createApp();
  const members = app.group(({ token }) =>
    token === "letmein" ? { user: { name: "Ada" } } : new Response("a token is required", { status: 401 }),
  );
  members.ws("/", (socket, { user }) => socket.send({ authenticated: true, user: user.name }));
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 401, body: "a token is required" });
  const bad = { headers: { authorization: "Bearer wrong" } };
  expect(await server.refused("/", bad)).toMatchObject({ status: 401 });
  const client = await server.connect("/", { headers: { authorization: "Bearer letmein" } });
  expect(await client.receive()).toBe('{"authenticated":true,"user":"Ada"}');
});

test("the cleanup of a hook runs after the body of the refusal", async () => {
  covers({ case: 66, rows: [10, 41] });
  const log = new BoundedQueue<string>();
  const app = createApp();
  app
    .group(function* () {
      yield { parts: ["hello", "world"] };
      log.push("the hook ended");
    })
    .ws("/", (_, { parts }) => {
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const part = parts.shift();
          if (part === undefined) return controller.close();
          log.push(part);
          controller.enqueue(utf8(part));
        },
      });
      return new Response(body, { status: 403 });
    });
  expect(await refusalOf(app, "/")).toMatchObject({ status: 403, body: "helloworld" });
  expect([await log.pull(), await log.pull(), await log.pull()]).toEqual([
    "hello",
    "world",
    "the hook ended",
  ]);
});

function basicAuth(credentials: string) {
  return { headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } };
}
