import { HandshakeError } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork, TimeoutError } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

/** A network to an app with an echo and a page. */
function serveEcho() {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.http("/page", ({ request }) => new Response(`${request.method} ${request.url}`));
  return testNetwork(app);
}

test("a socket sends and receives, and is closed when its scope ends", async () => {
  const net = serveEcho();
  let closed: Promise<unknown> | undefined;
  {
    await using socket = await net.connect("/echo");
    closed = socket.closed;
    socket.send("hello");
    expect(await socket.receive()).toBe("hello");
  }
  expect(await closed).toMatchObject({ code: 1000 });
});

test("a refusal rejects with the response", async () => {
  const error: unknown = await serveEcho()
    .connect("/nowhere")
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(HandshakeError);
  expect(error).toMatchObject({ response: { status: 404 } });
});

test("fetch accepts a path with options, or a request", async () => {
  const net = serveEcho();
  expect(await (await net.fetch("/page", { method: "POST" })).text()).toBe("POST http://test/page");
  expect(await (await net.fetch(new Request("http://other/page"))).text()).toBe("GET http://other/page");
});

test("headers and subprotocols reach the app", async () => {
  const app = createApp();
  app.ws("/", async (socket, { headers }) => {
    await socket.accept({ subprotocol: "b" });
    await socket.send([headers.get("x-name"), headers.get("sec-websocket-protocol")]);
  });
  const socket = await testNetwork(app).connect("/", { headers: { "x-name": "ada" }, protocols: ["a", "b"] });
  expect(await socket.receive()).toBe('["ada","a, b"]');
  expect(socket.protocol).toBe("b");
});

test("drop breaks every connection on both sides, and new ones can be made", async () => {
  const net = serveEcho();
  const [one, two] = [await net.connect("/echo"), await net.connect("/echo")];
  net.drop();
  expect(await one.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  expect(await two.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  await using again = await net.connect("/echo");
  again.send("hello");
  expect(await again.receive()).toBe("hello");
});

// seeds 187
test("a refusal has its status, headers and body, also a streamed body", async () => {
  const app = createApp();
  app.ws(
    "/",
    () => new Response(new Blob(["hello", "world"]).stream(), { status: 403, headers: { "x-hint": "1" } }),
  );
  const error: unknown = await testNetwork(app)
    .connect("/")
    .catch((error: unknown) => error);
  const { response } = error as HandshakeError;
  expect([response.status, response.headers.get("x-hint"), await response.text()]).toEqual([
    403,
    "1",
    "helloworld",
  ]);
});

// seeds 188
describe("a handshake", () => {
  /** A network to an app that sends what it read from the handshake. */
  function serveHandshakeEcho() {
    const app = createApp();
    app.ws("/", (socket, { token, credentials, cookies, query, headers }) =>
      socket.send({ token, credentials, cookies, query, origin: headers.get("origin") }),
    );
    return testNetwork(app);
  }

  test("with cookies has an Origin, as a browser sends it", async () => {
    const net = serveHandshakeEcho();
    net.cookies.set("jar", "1");
    const socket = await net.connect("/?a=1", { cookies: { own: "2" }, query: { b: "x y", c: ["1", "2"] } });
    expect(JSON.parse(String(await socket.receive()))).toEqual({
      cookies: { jar: "1", own: "2" },
      query: { a: "1", b: "x y", c: ["1", "2"] },
      origin: "http://test",
    });
  });

  test("has a token, or a user and a password", async () => {
    const net = serveHandshakeEcho();
    const seenWith = async (auth: string | { username: string; password: string }) =>
      JSON.parse(String(await (await net.connect("/", { auth })).receive())) as object;
    expect(await seenWith("abc")).toMatchObject({ token: "abc" });
    const zoe = { username: "zoë", password: "p:w" };
    expect(await seenWith(zoe)).toMatchObject({ credentials: zoe });
  });

  test("has the given headers in place of the derived ones", async () => {
    const socket = await serveHandshakeEcho().connect("/", {
      auth: "abc",
      cookies: { a: "1" },
      headers: { authorization: "Bearer own", origin: "http://test", cookie: "b=2" },
    });
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({ token: "own", cookies: { b: "2" } });
  });
});

// seeds 188
test("the jar keeps the cookies of refusals, HTTP responses and 101s, and every request sends them", async () => {
  const app = createApp();
  const cookie = (value: string) => ({ headers: { "set-cookie": value } });
  app.http("/", ({ cookies }) => Response.json(cookies, cookie("http=1")));
  app.ws("/no", () => new Response(null, { status: 401, ...cookie("refused=1") }));
  app.ws("/", async (socket, { cookies }) => {
    await socket.accept(cookie("accepted=1"));
    await socket.send(cookies);
  });
  const net = testNetwork(app);
  await net.fetch("/");
  await net.connect("/no").catch(() => {});
  const socket = await net.connect("/");
  expect(socket.headers.getSetCookie()).toEqual(["accepted=1"]);
  expect(JSON.parse(String(await socket.receive()))).toEqual({ http: "1", refused: "1" });
  expect(await (await net.fetch("/")).json()).toEqual({ http: "1", refused: "1", accepted: "1" });
  net.cookies.clear();
  expect(await (await net.fetch("/")).json()).toEqual({});
  const real = new net.WebSocket("ws://test/");
  const message = await new Promise((resolve) =>
    real.addEventListener("message", ({ data }) => resolve(data)),
  );
  expect(message).toBe('{"http":"1"}');
});

// seeds 189
test("connect rejects with a TimeoutError when the server does not answer in time", async () => {
  const clock = new Clock();
  const { passed, open } = gate();
  const app = createApp();
  const disconnected = gate();
  app.ws("/", async (socket) => {
    await passed;
    if (socket.state === "closed") disconnected.open();
    await socket.accept();
    await socket.closed;
  });
  const net = testNetwork(app, { clock });
  const connecting = net.connect("/", { timeout: 100 });
  clock.advance(100);
  await expect(connecting).rejects.toThrow(TimeoutError);
  open();
  await disconnected.passed;
  await using socket = await net.connect("/", { timeout: 100 });
  const message = socket.receive();
  clock.advance(100);
  await expect(message).rejects.toThrow("a message did not arrive within 100 ms");
});

// seeds 87
test("net.errors has the errors of the app, whose own onError is called too", async () => {
  const reported: unknown[] = [];
  const app = createApp({ onError: (error) => void reported.push(error) });
  const broken = new Error("broken");
  app.ws("/before", () => {
    throw broken;
  });
  app.ws("/after", async (socket) => {
    await socket.accept();
    throw broken;
  });
  const net = testNetwork(app);
  expect(net.errors).toEqual([]);
  await net.connect("/before").catch(() => {});
  await (
    await net.connect("/after")
  ).closed;
  expect(net.errors).toEqual([broken, broken]);
  expect(reported).toEqual(net.errors);
});

// seeds 76
test("closing a socket ends a handler that waits for a message", async () => {
  const { passed, open } = gate();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.receive().finally(open);
  });
  const socket = await testNetwork(app).connect("/");
  socket.close();
  await passed;
  expect(await socket.closed).toMatchObject({ code: 1000 });
});

describe("for a test", () => {
  const signedIn = ({ token }: { readonly token: string | undefined }) =>
    token === undefined ? new Response("no", { status: 401 }) : { user: token };

  function createMembersApp() {
    const app = createApp({ state: { pool: "real" } });
    app.group(signedIn).http("/", ({ user, state }) => new Response(`${user} ${state.pool}`));
    return app;
  }

  // seeds 138
  test("another hook replaces a hook, in that network alone", async () => {
    const app = createMembersApp();
    const net = testNetwork(app, { overrides: [[signedIn, async () => ({ user: "ada" })]] });
    expect(await (await net.fetch("/")).text()).toBe("ada real");
    expect((await testNetwork(app).fetch("/")).status).toBe(401);
    expect((await app.fetch(new Request("http://test/"))).status).toBe(401);
  });

  test("another hook replaces a hook below a mount too", async () => {
    const inner = createApp();
    inner.group(signedIn).ws("/", (socket, { user }) => socket.send(user));
    const app = createApp();
    app.mount("/v1", inner);
    const net = testNetwork(app, { overrides: [[signedIn, () => ({ user: "bob" })]] });
    expect(await (await net.connect("/v1")).receive()).toBe("bob");
  });

  test("another state replaces the app's state", async () => {
    const net = testNetwork(createMembersApp(), { state: { pool: "fake" } });
    expect(await (await net.fetch("/", { headers: { authorization: "Bearer ada" } })).text()).toBe(
      "ada fake",
    );
  });

  test("only an app that createApp made can be served", () => {
    expect(() => testNetwork({} as never)).toThrow("testNetwork needs an app made by createApp");
  });
});

test("a response that a test does not read is sent all the same", async () => {
  const { passed, open } = gate();
  const app = createApp();
  app
    .group(function* () {
      yield;
      open();
    })
    .http("/", () => new Response("page"));
  const response = await testNetwork(app).fetch("/");
  await passed;
  expect(await response.text()).toBe("page");
});
