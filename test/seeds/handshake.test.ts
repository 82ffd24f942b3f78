import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { handshake } from "../../packages/server/test/node/raw-client.ts";
import { covers } from "./covers.ts";
import { connectClient, connectRaw, refusalOf, serveApp } from "./harness.ts";

test("the first send accepts", async () => {
  covers({ case: 31, rows: [6] });
  const app = createApp();
  app.ws("/", (socket) => socket.send("welcome"));
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("welcome");
});

test("the first receive accepts", async () => {
  covers({ case: 32, rows: [6] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.send(await socket.receive());
  });
  const client = await connectClient(app, "/");
  client.send("hello");
  expect(await client.receive()).toBe("hello");
});

test("a second accept has no effect while the socket is open", async () => {
  covers({ case: 33, rows: [5, 27] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.accept();
    // Headers would be lost, so they are an error.
    await expect(socket.accept({ headers: { "x-late": "1" } })).rejects.toThrow(TypeError);
    await socket.send("still open");
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("still open");
  expect(client.headers.has("x-late")).toBe(false);
});

test("`accept` throws after close", async () => {
  covers({ case: 34, rows: [5, 27] });
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/before", async (socket) => {
    socket.close(4001, "no");
    caught.push(await socket.accept().catch((error: unknown) => error));
  });
  app.ws("/after", async (socket) => {
    await socket.accept();
    socket.close(4001, "no");
    caught.push(await socket.accept().catch((error: unknown) => error));
  });
  const server = await serveApp(app);
  expect(await server.refused("/before")).toMatchObject({ status: 403 });
  expect(await caught.pull()).toEqual(new CloseError(4001, "no", false));
  expect(await (await server.connect("/after")).closed).toMatchObject({ code: 4001 });
  expect(await caught.pull()).toEqual(new CloseError(4001, "no"));
});

test("a socket has a state", async () => {
  covers({ rows: [26] });
  const states = new BoundedQueue<string>();
  const app = createApp();
  app.ws("/", async (socket) => {
    states.push(socket.state);
    await socket.accept();
    states.push(socket.state);
    socket.close();
    states.push(socket.state);
    await socket.closed;
    states.push(socket.state);
  });
  await connectClient(app, "/");
  expect([await states.pull(), await states.pull()]).toEqual(["connecting", "open"]);
  expect([await states.pull(), await states.pull()]).toEqual(["closing", "closed"]);
});

test("`send` throws after close, and the client sees a clean close", async () => {
  covers({ case: 36, rows: [27] });
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    socket.close();
    caught.push(await socket.send("late").then(undefined, (error: unknown) => error));
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toMatchObject({ code: 1000, wasClean: true });
  expect(await caught.pull()).toBeInstanceOf(CloseError);
});

test("each `receive` throws after the client disconnected", async () => {
  covers({ case: 37, rows: [22, 27] });
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    caught.push(await socket.receive().catch((error: unknown) => error));
    caught.push(await socket.receive().catch((error: unknown) => error));
  });
  const client = await connectClient(app, "/");
  await client.close(4001, "bye");
  expect(await caught.pull()).toMatchObject({ code: 4001, reason: "bye" });
  expect(await caught.pull()).toBeInstanceOf(CloseError);
});

test("the server answers 500 and logs an error when the handler ends without accepting", async () => {
  covers({ case: 38, rows: [5] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", () => {});
  expect(await refusalOf(app, "/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining("without accepting") });
});

test("the server closes with 1000 when the handler returns", async () => {
  covers({ case: 39, rows: [5, 20] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.send("last");
  });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("last");
  expect(await client.closed).toEqual({ code: 1000, reason: "", wasClean: true });
});

test("an error leaves the handler's `finally`, and the server closes with 1011", async () => {
  covers({ case: 41, rows: [20] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", async (socket) => {
    try {
      await socket.accept();
      throw new Error("broken");
    } finally {
      log.push("finally");
    }
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect([await log.pull(), await log.pull()]).toEqual(["finally", new Error("broken")]);
});

test("the server agrees on the subprotocol that the handler picks", async () => {
  covers({ case: 42, rows: [5, 8] });
  const offered = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket, { protocols }) => {
    offered.push(protocols);
    await socket.accept({ subprotocol: "wamp" });
  });
  const client = await connectClient(app, "/", { protocols: ["soap", "wamp"] });
  expect(await offered.pull()).toEqual(["soap", "wamp"]);
  expect([client.protocol, client.headers.get("sec-websocket-protocol")]).toEqual(["wamp", "wamp"]);
});

test("the server agrees on no subprotocol when the handler picks none", async () => {
  covers({ case: 43, rows: [8] });
  const app = createApp();
  app.ws("/", (socket) => socket.accept());
  const raw = await connectRaw(app);
  const { status, headers } = await raw.open("/", { "Sec-WebSocket-Protocol": "soap, wamp" });
  expect([status, headers.get("sec-websocket-protocol")]).toEqual([101, null]);
});

test("`accept` throws for a subprotocol that the client did not offer", async () => {
  covers({ case: 44, rows: [8, 27] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", (socket) => socket.accept({ subprotocol: "mqtt" }));
  expect(await refusalOf(app, "/", { protocols: ["soap"] })).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining("did not offer") });
});

test("a plain accept adds no headers", async () => {
  covers({ case: 46, rows: [7] });
  const app = createApp();
  app.ws("/", (socket) => socket.accept());
  const { headers } = await connectClient(app, "/");
  expect([...headers.keys()].sort()).toEqual(["connection", "sec-websocket-accept", "upgrade"]);
});

test("`accept` sets cookies and other headers on the 101", async () => {
  covers({ case: 47, rows: [7] });
  const app = createApp();
  app.ws("/", (socket) => {
    const headers = new Headers({ "x-greeting": "welcome" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2; HttpOnly");
    return socket.accept({ headers });
  });
  const { headers } = await connectClient(app, "/");
  expect(headers.get("x-greeting")).toBe("welcome");
  expect(headers.getSetCookie()).toEqual(["a=1", "b=2; HttpOnly"]);
});

test("the server answers 426 to another version of WebSocket, with its own version", async () => {
  covers({ case: 49, rows: [73] });
  const app = createApp();
  app.ws("/", (socket) => socket.accept());
  const raw = await connectRaw(app);
  raw.write(handshake("/", { "Sec-WebSocket-Version": "8" }));
  const { status, headers } = await raw.response();
  expect([status, headers.get("sec-websocket-version")]).toEqual([426, "13"]);
});
