import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { expect, test } from "vitest";
import { covers } from "./covers.ts";
import { connectClient, refusalOf, serveApp } from "./harness.ts";

test("a hook refuses before the handler runs", async () => {
  covers({ case: 124, rows: [39, 40] });
  const log = new BoundedQueue<unknown>();
  const app = createApp();
  app
    .group(({ request }) =>
      request.headers.has("authorization") ? undefined : new Response("no", { status: 401 }),
    )
    .ws("/", async (socket) => {
      log.push("the handler ran");
      await socket.send("hello");
    });
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 401 });
  log.push("refused");
  const client = await server.connect("/", { headers: { authorization: "Bearer ada" } });
  expect(await client.receive()).toBe("hello");
  expect([await log.pull(), await log.pull()]).toEqual(["refused", "the handler ran"]);
});

test("a hook accepts and sends first, or refuses, before the handler runs", async () => {
  covers({ rows: [40] });
  const app = createApp();
  app
    .group(async ({ accept, request }) => {
      if (!request.headers.has("authorization")) return new Response("no", { status: 401 });
      const socket = await accept?.({ headers: { "x-hook": "accepted" } });
      await socket?.send("the hook");
      return undefined;
    })
    .ws("/", async (socket) => {
      await socket.send("the handler");
      await socket.send(String(await socket.receive()));
    });
  const server = await serveApp(app);
  const client = await server.connect("/", { headers: { authorization: "Bearer ada" } });
  expect(client.headers.get("x-hook")).toBe("accepted");
  expect([await client.receive(), await client.receive()]).toEqual(["the hook", "the handler"]);
  client.send("echo");
  expect(await client.receive()).toBe("echo");
  expect(await server.refused("/")).toMatchObject({ status: 401, body: "no" });
});

test("a hook may be a plain function, and gets the path", async () => {
  covers({ case: 126, rows: [40] });
  const app = createApp();
  app
    .group(({ request }) => ({ path: new URL(request.url).pathname }))
    .ws("/a/b", (socket, { path }) => socket.send(path));
  expect(await (await connectClient(app, "/a/b")).receive()).toBe("/a/b");
});

test("hooks run in the order of their views, then the handler runs", async () => {
  covers({ case: 127, rows: [37, 40] });
  const ran: string[] = [];
  const app = createApp();
  app
    .group(() => void ran.push("global"))
    .group(() => void ran.push("route"))
    .group(() => void ran.push("auth"))
    .group(() => void ran.push("dependency"))
    .ws("/", (socket) => socket.send([...ran, "handler"]));
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe('["global","route","auth","dependency","handler"]');
});

test("nothing runs after a hook that refuses", async () => {
  covers({ case: 128, rows: [40] });
  const ran: string[] = [];
  const app = createApp();
  app
    .group(() => {
      ran.push("first");
      return new Response("no", { status: 418 });
    })
    .group(() => void ran.push("second"))
    .ws("/", () => void ran.push("handler"));
  expect(await refusalOf(app, "/")).toMatchObject({ status: 418, body: "no" });
  expect(ran).toEqual(["first"]);
});

test("an error in the cleanup of a hook is logged, and the client does not notice it", async () => {
  covers({ case: 129, rows: [41] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .group(function* () {
      yield;
      throw new Error("broken cleanup");
    })
    .ws("/", async (socket) => {
      await socket.send("hello");
    });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("hello");
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(await log.pull()).toEqual(new Error("broken cleanup"));
});

test("a hook cleans up however the connection ends, and gets an error only for a failure", async () => {
  covers({ case: 131, rows: [30, 41] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: () => log.push("reported to the app") });
  const view = app.group(function* () {
    try {
      yield;
      log.push("no error");
    } catch (error) {
      log.push(error);
      throw error;
    } finally {
      log.push("teardown");
    }
  });
  view.ws("/normal", (socket) => socket.accept());
  view.ws("/refusal", () => new Response("no", { status: 403 }));
  view.ws("/failure", () => {
    throw new Error("broken");
  });
  view.ws("/disconnect", async (socket) => void (await socket.receive()));
  const server = await serveApp(app);
  const disconnecting = await server.connect("/disconnect");
  await disconnecting.close(4001, "bye");
  expect([await log.pull(), await log.pull()]).toEqual(["no error", "teardown"]);
  const normal = await server.connect("/normal");
  await normal.closed;
  expect([await log.pull(), await log.pull()]).toEqual(["no error", "teardown"]);
  await server.refused("/refusal");
  expect([await log.pull(), await log.pull()]).toEqual(["no error", "teardown"]);
  await server.refused("/failure");
  expect(await log.pull()).toBe("reported to the app");
  expect([await log.pull(), await log.pull()]).toEqual([new Error("broken"), "teardown"]);
});

test("a hook adds headers to the 101, and the handler's own headers win", async () => {
  covers({ case: 132, rows: [7, 66] });
  const app = createApp();
  const view = app.group(({ responseHeaders }) => {
    responseHeaders.set("x-test", "the hook's");
    responseHeaders.append("set-cookie", "a=1");
  });
  view.ws("/", (socket) => socket.send("hello"));
  view.ws("/own", (socket) => socket.accept({ headers: { "x-test": "its own", "set-cookie": "b=2" } }));
  const server = await serveApp(app);
  const { headers } = await server.connect("/");
  expect([headers.get("x-test"), headers.getSetCookie()]).toEqual(["the hook's", ["a=1"]]);
  const own = (await server.connect("/own")).headers;
  expect([own.get("x-test"), own.getSetCookie()]).toEqual(["its own", ["a=1", "b=2"]]);
});

test("a hook guards handlers, listeners and streams alike", async () => {
  covers({ case: 133, rows: [65] });
  const app = createApp();
  const guarded = app.group(({ token }) =>
    token === "hunter2" ? undefined : new Response(null, { status: 403 }),
  );
  guarded.ws("/handler", (socket) => socket.send("handled"));
  guarded.ws(
    "/listener",
    listen((message) => message),
  );
  guarded.ws("/stream", async function* (socket) {
    yield await socket.receive();
  });
  const server = await serveApp(app);
  const allowed = { headers: { authorization: "Bearer hunter2" } };
  for (const path of ["/handler", "/listener", "/stream"]) {
    expect(await server.refused(path)).toMatchObject({ status: 403 });
    const client = await server.connect(path, allowed);
    client.send("handled");
    expect(await client.receive()).toBe("handled");
  }
});

test("the handler gets the user and the credential that a hook verified", async () => {
  covers({ case: 134, rows: [37, 39] });
  const app = createApp();
  app
    .group(async ({ token }) =>
      token === "good" ? { user: "Ada", auth: { token } } : new Response(null, { status: 401 }),
    )
    .ws("/", (socket, { user, auth }) => socket.send([user, auth.token]));
  const server = await serveApp(app);
  expect(await server.refused("/", { headers: { authorization: "Bearer bad" } })).toMatchObject({
    status: 401,
  });
  const client = await server.connect("/", { headers: { authorization: "Bearer good" } });
  expect(await client.receive()).toBe('["Ada","good"]');
});

test("the HTTP framework does not affect WebSockets", async () => {
  covers({ case: 136, rows: [66] });
  const app = createApp({ fetch: () => new Response("CSRF token missing", { status: 403 }) });
  app.ws("/", (socket) => socket.send("hello"));
  const server = await serveApp(app);
  expect((await fetch(`${server.url}/form`, { method: "POST" })).status).toBe(403);
  const client = await server.connect("/", { headers: { "accept-encoding": "gzip" } });
  expect(await client.receive()).toBe("hello");
  expect([...client.headers.keys()]).not.toContain("content-encoding");
});

test("a hook runs for HTTP and WebSockets, and a hook of an HTTP view for HTTP alone", async () => {
  covers({ case: 137, rows: [66] });
  const log: string[] = [];
  const app = createApp();
  const view = app.group(({ request }) => void log.push(`hook ${request.headers.get("upgrade") ?? "http"}`));
  const onlyHttp = view.group(() => void log.push("only http"));
  view.ws("/", (socket) => socket.send("hello"));
  onlyHttp.http("/", () => new Response("page"));
  const server = await serveApp(app);
  await (await server.connect("/")).receive();
  await fetch(server.url);
  expect(log).toEqual(["hook websocket", "hook http", "only http"]);
});

test("a hook authenticates an API key of the query", async () => {
  covers({ case: 148, rows: [39] });
  const app = createApp();
  app
    .group(({ query: { api_key: key } }) =>
      key === undefined ? new Response("an API key is required", { status: 401 }) : { key },
    )
    .ws("/", (socket, { key }) => socket.send(key));
  const server = await serveApp(app);
  expect(await server.refused("/")).toMatchObject({ status: 401 });
  expect(await (await server.connect("/?api_key=secret")).receive()).toBe("secret");
});

test("a handler reads the session of the handshake", async () => {
  covers({ rows: [61] });
  const sessions = new Map([["abc", { user: "Ada" }]]);
  const app = createApp();
  app
    .group(({ request }) => ({
      session: sessions.get(/session=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? ""),
    }))
    .ws("/", (socket, { session }) => socket.send(session?.user ?? "no user"));
  const server = await serveApp(app);
  const client = await server.connect("/", { headers: { cookie: "session=abc", origin: server.url } });
  expect(await client.receive()).toBe("Ada");
  expect(await (await server.connect("/")).receive()).toBe("no user");
});

test("a hook saves the session, and sets its cookie on a response that was not sent yet", async () => {
  covers({ case: 151, rows: [41, 61] });
  const saved = new BoundedQueue<unknown>();
  const app = createApp();
  const view = app.group(function* ({ responseHeaders }) {
    const session = new Map<string, string>();
    const login = (user: string): void => {
      session.set("user", user);
      responseHeaders.set("set-cookie", `session=${user}`);
    };
    yield { login };
    saved.push(session.get("user"));
  });
  view.ws("/denied", (_, { login }) => {
    login("Ada");
    return new Response("come again", { status: 403 });
  });
  view.ws("/open", async (socket, { login }) => {
    await socket.accept();
    login("Bob");
  });
  const server = await serveApp(app);
  const { headers, body } = await server.refused("/denied");
  expect([headers.getSetCookie(), body, await saved.pull()]).toEqual([["session=Ada"], "come again", "Ada"]);
  const client = await server.connect("/open");
  expect([client.headers.getSetCookie(), await saved.pull()]).toEqual([[], "Bob"]);
});
