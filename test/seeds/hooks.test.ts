import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { expect, test } from "vitest";
import { serveApp } from "./harness.ts";

test("seeds › 124 lets a hook refuse before the handler runs [rows 39, 40]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp();
  app
    .use(({ request }) =>
      request.headers.has("authorization") ? undefined : new Response("no", { status: 401 }),
    )
    .ws("/", async (socket) => {
      log.push("the handler ran");
      await socket.send("hello");
    });
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 401 });
  log.push("refused");
  const client = await site.open("/", { headers: { authorization: "Bearer ada" } });
  expect(await client.next()).toBe("hello");
  expect([await log.pull(), await log.pull()]).toEqual(["refused", "the handler ran"]);
});

test("seeds › 126 runs a hook that is a plain function, and it sees the path [rows 40]", async () => {
  const app = createApp();
  app
    .use(({ request }) => ({ path: new URL(request.url).pathname }))
    .ws("/a/b", (socket, { path }) => socket.send(path));
  expect(await (await (await serveApp(app)).open("/a/b")).next()).toBe("/a/b");
});

test("seeds › 127 runs hooks in the order of their views, then the handler [rows 37, 40]", async () => {
  const ran: string[] = [];
  const app = createApp();
  app
    .use(() => void ran.push("global"))
    .use(() => void ran.push("route"))
    .use(() => void ran.push("auth"))
    .use(() => void ran.push("dependency"))
    .ws("/", (socket) => socket.send([...ran, "handler"]));
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe('["global","route","auth","dependency","handler"]');
});

test("seeds › 128 runs nothing after a hook that refuses [rows 40]", async () => {
  const ran: string[] = [];
  const app = createApp();
  app
    .use(() => {
      ran.push("first");
      return new Response("no", { status: 418 });
    })
    .use(() => void ran.push("second"))
    .ws("/", () => void ran.push("handler"));
  expect(await (await serveApp(app)).refused("/")).toMatchObject({ status: 418, body: "no" });
  expect(ran).toEqual(["first"]);
});

test("seeds › 129 keeps the client unharmed by a hook that fails at its end, and logs it [rows 41]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .use(function* () {
      yield;
      throw new Error("broken ending");
    })
    .ws("/", async (socket) => {
      await socket.send("hello");
    });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("hello");
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(await log.pull()).toEqual(new Error("broken ending"));
});

test("seeds › 131 ends hooks however the connection ends, and shows them an error only for a failure [rows 30, 41]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: () => log.push("told the app") });
  const view = app.use(function* () {
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
  view.ws("/leave", async (socket) => void (await socket.receive()));
  const site = await serveApp(app);
  const leaving = await site.open("/leave");
  await leaving.close(4001, "bye");
  expect([await log.pull(), await log.pull()]).toEqual(["no error", "teardown"]);
  const normal = await site.open("/normal");
  await normal.closed;
  expect([await log.pull(), await log.pull()]).toEqual(["no error", "teardown"]);
  await site.refused("/refusal");
  expect([await log.pull(), await log.pull()]).toEqual(["no error", "teardown"]);
  await site.refused("/failure");
  expect(await log.pull()).toBe("told the app");
  expect([await log.pull(), await log.pull()]).toEqual([new Error("broken"), "teardown"]);
});

test("seeds › 132 adds headers to the 101, and the handler's own win [rows 7, 66]", async () => {
  const app = createApp();
  const view = app.use(({ responseHeaders: answer }) => {
    answer.set("x-test", "the hook's");
    answer.append("set-cookie", "a=1");
  });
  view.ws("/", (socket) => socket.send("hello"));
  view.ws("/own", (socket) => socket.accept({ headers: { "x-test": "its own", "set-cookie": "b=2" } }));
  const site = await serveApp(app);
  const { headers } = await site.open("/");
  expect([headers.get("x-test"), headers.getSetCookie()]).toEqual(["the hook's", ["a=1"]]);
  const own = (await site.open("/own")).headers;
  expect([own.get("x-test"), own.getSetCookie()]).toEqual(["its own", ["a=1", "b=2"]]);
});

test("seeds › 133 guards handlers, listeners and streams alike [rows 65]", async () => {
  const app = createApp();
  const guarded = app.use(({ token }) =>
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
  const site = await serveApp(app);
  const allowed = { headers: { authorization: "Bearer hunter2" } };
  for (const path of ["/handler", "/listener", "/stream"]) {
    expect(await site.refused(path)).toMatchObject({ status: 403 });
    const client = await site.open(path, allowed);
    client.send("handled");
    expect(await client.next()).toBe("handled");
  }
});

test("seeds › 134 gives the handler the user and the credential that a hook verified [rows 37, 39]", async () => {
  const app = createApp();
  app
    .use(async ({ token }) =>
      token === "good" ? { user: "Ada", auth: { token } } : new Response(null, { status: 401 }),
    )
    .ws("/", (socket, { user, auth }) => socket.send([user, auth.token]));
  const site = await serveApp(app);
  expect(await site.refused("/", { headers: { authorization: "Bearer bad" } })).toMatchObject({
    status: 401,
  });
  const client = await site.open("/", { headers: { authorization: "Bearer good" } });
  expect(await client.next()).toBe('["Ada","good"]');
});

test("seeds › 136 keeps WebSockets unharmed by what the HTTP framework does [rows 66]", async () => {
  const app = createApp({ fetch: () => new Response("CSRF token missing", { status: 403 }) });
  app.ws("/", (socket) => socket.send("hello"));
  const site = await serveApp(app);
  expect((await fetch(`${site.url}/form`, { method: "POST" })).status).toBe(403);
  const client = await site.open("/", { headers: { "accept-encoding": "gzip" } });
  expect(await client.next()).toBe("hello");
  expect([...client.headers.keys()]).not.toContain("content-encoding");
});

test("seeds › 137 runs a hook for HTTP and WebSockets, and what wraps only HTTP for HTTP alone [rows 66]", async () => {
  const log: string[] = [];
  const app = createApp();
  const view = app.use(({ request }) => void log.push(`hook ${request.headers.get("upgrade") ?? "http"}`));
  const onlyHttp = view.use(() => void log.push("only http"));
  view.ws("/", (socket) => socket.send("hello"));
  onlyHttp.http("/", () => new Response("page"));
  const site = await serveApp(app);
  await (await site.open("/")).next();
  await fetch(site.url);
  expect(log).toEqual(["hook websocket", "hook http", "only http"]);
});

test("seeds › 148 takes an API key from the query [rows 39]", async () => {
  const app = createApp();
  app
    .use(({ query: { api_key: key } }) =>
      key === undefined ? new Response("an API key, please", { status: 401 }) : { key },
    )
    .ws("/", (socket, { key }) => socket.send(key));
  const site = await serveApp(app);
  expect(await site.refused("/")).toMatchObject({ status: 401 });
  expect(await (await site.open("/?api_key=secret")).next()).toBe("secret");
});

test("seeds › row 61 reads the session of the handshake", async () => {
  const sessions = new Map([["abc", { user: "Ada" }]]);
  const app = createApp();
  app
    .use(({ request }) => ({
      session: sessions.get(/session=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? ""),
    }))
    .ws("/", (socket, { session }) => socket.send(session?.user ?? "nobody"));
  const site = await serveApp(app);
  const client = await site.open("/", { headers: { cookie: "session=abc", origin: site.url } });
  expect(await client.next()).toBe("Ada");
  expect(await (await site.open("/")).next()).toBe("nobody");
});

test("seeds › 151 saves a session, and sets its cookie on an answer that is still to come [rows 41, 61]", async () => {
  const saved = new BoundedQueue<unknown>();
  const app = createApp();
  const view = app.use(function* ({ responseHeaders: answer }) {
    const session = new Map<string, string>();
    const login = (user: string): void => {
      session.set("user", user);
      answer.set("set-cookie", `session=${user}`);
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
  const site = await serveApp(app);
  const { headers, body } = await site.refused("/denied");
  expect([headers.getSetCookie(), body, await saved.pull()]).toEqual([["session=Ada"], "come again", "Ada"]);
  const client = await site.open("/open");
  expect([client.headers.getSetCookie(), await saved.pull()]).toEqual([[], "Bob"]);
});
