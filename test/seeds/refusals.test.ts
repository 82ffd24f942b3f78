import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp, HandshakeError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { serveApp, utf8 } from "./harness.ts";

test("seeds › 51 refuses with 403 when the handler closes before it accepts; the code is in the body [rows 9, 24]", async () => {
  const app = createApp();
  app.ws("/close", (socket) => socket.close(1001, "not now"));
  app.ws("/throw", () => {
    throw new CloseError(4001, "be nice");
  });
  const site = await serveApp(app);
  const closed = await site.refused("/close");
  expect([closed.status, JSON.parse(closed.body)]).toEqual([403, { code: 1001, reason: "not now" }]);
  const thrown = await site.refused("/throw");
  expect([thrown.status, JSON.parse(thrown.body)]).toEqual([403, { code: 4001, reason: "be nice" }]);
});

test("seeds › 52 refuses with the status, headers and body of a Response [rows 10]", async () => {
  const app = createApp();
  app.ws("/", () => new Response("foo", { status: 404, headers: { "x-hint": "try harder" } }));
  const { status, headers, body } = await (await serveApp(app)).refused("/");
  expect([status, headers.get("x-hint"), body]).toEqual([404, "try harder", "foo"]);
});

test("seeds › 53 refuses with a body that is streamed [rows 10]", async () => {
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
  expect(await (await serveApp(app)).refused("/")).toMatchObject({ status: 403, body: "helloworld" });
});

test("seeds › 54 refuses with a file [rows 10]", async () => {
  const path = fileURLToPath(new URL("../../LICENSE", import.meta.url));
  const app = createApp();
  app.ws("/", async () => new Response(await openAsBlob(path), { status: 401 }));
  expect(await (await serveApp(app)).refused("/")).toMatchObject({
    status: 401,
    body: await readFile(path, "utf8"),
  });
});

test("seeds › 56 takes a Response that was used already for a mistake: 500, and the app is told [rows 10, 27]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  const once = new Response("only once", { status: 403 });
  app.ws("/", () => once);
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 403, body: "only once" });
  expect(await site.refused("/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toBeInstanceOf(TypeError);
});

test("seeds › 57 cannot refuse after accept: the app is told, and the socket closes [rows 10, 27]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", async (socket) => {
    await socket.accept();
    return new Response("too late", { status: 403 });
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toEqual({ code: 1000, reason: "", wasClean: true });
  expect(await failures.pull()).toEqual(
    new TypeError("a handler returned a Response after accept, too late to refuse: close the socket instead"),
  );
});

test("seeds › 58 refuses with what the handler returns [rows 10]", async () => {
  const app = createApp();
  app.ws("/", async (socket, { headers }) => {
    if (headers.get("x-password") !== "hunter2") return new Response("Invalid password", { status: 403 });
    return socket.send("welcome");
  });
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 403, body: "Invalid password" });
  const client = await site.open("/", { headers: { "x-password": "hunter2" } });
  expect(await client.next()).toBe("welcome");
});

test("seeds › 59 refuses with what the handler throws, and a test sees the response [rows 10, 68]", async () => {
  const app = createApp();
  app.ws("/", () => {
    throw new Response(null, { status: 401 });
  });
  expect(await (await serveApp(app)).refused("/")).toMatchObject({ status: 401 });
  const error: unknown = await testNetwork(app)
    .connect("/")
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(HandshakeError);
  expect(error).toMatchObject({ response: { status: 401 } });
});

test("seeds › 61 refuses with a JSON error and its headers [rows 10, 42]", async () => {
  const app = createApp();
  app.ws("/", () => {
    const headers = { "www-authenticate": "Bearer" };
    throw Response.json({ detail: "Unauthorized" }, { status: 401, headers });
  });
  const { status, headers, body } = await (await serveApp(app)).refused("/");
  expect([status, headers.get("www-authenticate"), body]).toEqual([
    401,
    "Bearer",
    '{"detail":"Unauthorized"}',
  ]);
});

test("seeds › 62 ends with 4000 + the status when the same is thrown after accept [rows 42]", async () => {
  const app = createApp({ onError: () => {} });
  app.ws("/", async (socket) => {
    await socket.send("hello");
    throw Response.json({ detail: "Unauthorized" }, { status: 401 });
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("hello");
  expect(await client.closed).toEqual({
    code: 4401,
    reason: '{"detail":"Unauthorized"}',
    wasClean: true,
  });
});

test("seeds › 63 asks for Basic credentials, and greets who has them [rows 10, 35]", async () => {
  const app = createApp();
  app
    .use(({ credentials }) => {
      if (credentials?.username === "u" && credentials.password === "p:ä") return { user: "u" };
      return new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="chat"' } });
    })
    .ws("/", (socket, { user }) => socket.send(`hi ${user}`));
  const site = await serveApp(app);
  const { status, headers } = await site.refused("/");
  expect([status, headers.get("www-authenticate")]).toEqual([401, 'Basic realm="chat"']);
  expect(await site.refused("/", basic("u:wrong"))).toMatchObject({ status: 401 });
  expect(await (await site.open("/", basic("u:p:ä"))).next()).toBe("hi u");
});

test("seeds › 64 lets an auth hook refuse, and give the handler the user [rows 37, 39, 40]", async () => {
  const app = createApp();
  const members = app.use(({ token }) =>
    token === "letmein" ? { user: { name: "Ada" } } : new Response("Who are you?", { status: 401 }),
  );
  members.ws("/", (socket, { user }) => socket.send({ authenticated: true, user: user.name }));
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 401, body: "Who are you?" });
  const bad = { headers: { authorization: "Bearer wrong" } };
  expect(await site.refused("/", bad)).toMatchObject({ status: 401 });
  const client = await site.open("/", { headers: { authorization: "Bearer letmein" } });
  expect(await client.next()).toBe('{"authenticated":true,"user":"Ada"}');
});

test("seeds › 66 runs the ending of a hook after the body of the refusal [rows 10, 41]", async () => {
  const log = new BoundedQueue<string>();
  const app = createApp();
  app
    .use(function* () {
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
  expect(await (await serveApp(app)).refused("/")).toMatchObject({ status: 403, body: "helloworld" });
  expect([await log.pull(), await log.pull(), await log.pull()]).toEqual([
    "hello",
    "world",
    "the hook ended",
  ]);
});

function basic(pair: string) {
  return { headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}
