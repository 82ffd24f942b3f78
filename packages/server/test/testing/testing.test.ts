import { HandshakeError } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork, TimeoutError } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

function echoing() {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.http("/page", ({ request }) => new Response(`${request.method} ${request.url}`));
  return testNetwork(app);
}

test("a socket talks to the app, and is closed when its scope ends", async () => {
  const net = echoing();
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
  const error: unknown = await echoing()
    .connect("/nowhere")
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(HandshakeError);
  expect(error).toMatchObject({ response: { status: 404 } });
});

test("fetch takes a path with its options, or a request", async () => {
  const net = echoing();
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

test("dropping the network breaks every connection on both sides, and new ones can be made", async () => {
  const net = echoing();
  const [one, two] = [await net.connect("/echo"), await net.connect("/echo")];
  net.drop();
  expect(await one.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  expect(await two.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  await using again = await net.connect("/echo");
  again.send("hello");
  expect(await again.receive()).toBe("hello");
});

test("seeds › 187 a refusal carries its status, headers and body, streamed ones too", async () => {
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

describe("seeds › 188 what a handshake carries", () => {
  function telling() {
    const app = createApp();
    app.ws("/", (socket, { token, credentials, cookies, query, headers }) =>
      socket.send({ token, credentials, cookies, query, origin: headers.get("origin") }),
    );
    return testNetwork(app);
  }

  test("cookies come with an Origin, as a browser sends it", async () => {
    const net = telling();
    net.cookies.set("jar", "1");
    const socket = await net.connect("/?a=1", { cookies: { own: "2" }, query: { b: "x y", c: ["1", "2"] } });
    expect(JSON.parse(String(await socket.receive()))).toEqual({
      cookies: { jar: "1", own: "2" },
      query: { a: "1", b: "x y", c: ["1", "2"] },
      origin: "http://test",
    });
  });

  test("credentials are a token, or a user and a password", async () => {
    const net = telling();
    const told = async (auth: string | { username: string; password: string }) =>
      JSON.parse(String(await (await net.connect("/", { auth })).receive())) as object;
    expect(await told("abc")).toMatchObject({ token: "abc" });
    const zoe = { username: "zoë", password: "p:w" };
    expect(await told(zoe)).toMatchObject({ credentials: zoe });
  });

  test("headers that are given win", async () => {
    const socket = await telling().connect("/", {
      auth: "abc",
      cookies: { a: "1" },
      headers: { authorization: "Bearer own", origin: "http://test", cookie: "b=2" },
    });
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({ token: "own", cookies: { b: "2" } });
  });
});

test("seeds › 188 the jar takes cookies of refusals, HTTP answers and 101s, and sends them with every request", async () => {
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

test("seeds › 189 an answer that does not come in time rejects with a TimeoutError", async () => {
  const clock = new Clock();
  const { passed, open } = gate();
  const app = createApp();
  const left = gate();
  app.ws("/", async (socket) => {
    await passed;
    if (socket.state === "closed") left.open();
    await socket.accept();
    await socket.closed;
  });
  const net = testNetwork(app, { clock });
  const knocking = net.connect("/", { timeout: 100 });
  clock.advance(100);
  await expect(knocking).rejects.toThrow(TimeoutError);
  open();
  await left.passed;
  await using socket = await net.connect("/", { timeout: 100 });
  const message = socket.receive();
  clock.advance(100);
  await expect(message).rejects.toThrow("a message did not come within 100 ms");
});

test("seeds › 87 what the app was told of can be seen, and the app is told all the same", async () => {
  const told: unknown[] = [];
  const app = createApp({ onError: (error) => void told.push(error) });
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
  expect(told).toEqual(net.errors);
});

test("seeds › 76 closing a socket releases a handler that waits", async () => {
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

describe("in the place of what an app has", () => {
  const signedIn = ({ token }: { readonly token: string | undefined }) =>
    token === undefined ? new Response("no", { status: 401 }) : { user: token };

  function members() {
    const app = createApp({ state: { pool: "real" } });
    app.use(signedIn).http("/", ({ user, state }) => new Response(`${user} ${state.pool}`));
    return app;
  }

  test("seeds › 138 a test has another hook, which provides the same; other nets have the app's own", async () => {
    const app = members();
    const net = testNetwork(app, { overrides: [[signedIn, async () => ({ user: "ada" })]] });
    expect(await (await net.fetch("/")).text()).toBe("ada real");
    expect((await testNetwork(app).fetch("/")).status).toBe(401);
    expect((await app.fetch(new Request("http://test/"))).status).toBe(401);
  });

  test("a test has another hook below a mount, and in contracts and sockets", async () => {
    const inner = createApp();
    inner.use(signedIn).ws("/", (socket, { user }) => socket.send(user));
    const app = createApp();
    app.mount("/v1", inner);
    const net = testNetwork(app, { overrides: [[signedIn, () => ({ user: "bob" })]] });
    expect(await (await net.connect("/v1")).receive()).toBe("bob");
  });

  test("a test has another state", async () => {
    const net = testNetwork(members(), { state: { pool: "fake" } });
    expect(await (await net.fetch("/", { headers: { authorization: "Bearer ada" } })).text()).toBe(
      "ada fake",
    );
  });

  test("only an app can be tested", () => {
    expect(() => testNetwork({} as never)).toThrow("testClient takes an app made by createApp");
  });
});

test("an answer that a test does not read is sent all the same", async () => {
  const { passed, open } = gate();
  const app = createApp();
  app
    .use(function* () {
      yield;
      open();
    })
    .http("/", () => new Response("page"));
  const response = await testNetwork(app).fetch("/");
  await passed;
  expect(await response.text()).toBe("page");
});
