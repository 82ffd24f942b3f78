import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseError, createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { handshake } from "../../packages/server/test/node/raw-client.ts";
import { serveApp } from "./harness.ts";

test("seeds › 31 accepts by the first send [rows 6]", async () => {
  const app = createApp();
  app.ws("/", (socket) => socket.send("unasked"));
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("unasked");
});

test("seeds › 32 accepts by the first receive [rows 6]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.send(await socket.receive());
  });
  const client = await (await serveApp(app)).open("/");
  client.send("hello");
  expect(await client.next()).toBe("hello");
});

test("seeds › 33 takes a second accept for nothing while it is open [rows 5, 27]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.accept({ headers: { "x-late": "1" } });
    await socket.send("still here");
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("still here");
  expect(client.headers.has("x-late")).toBe(false);
});

test("seeds › 34 throws at an accept after close [rows 5, 27]", async () => {
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
  const site = await serveApp(app);
  expect(await site.refused("/before")).toMatchObject({ status: 403 });
  expect(await caught.pull()).toEqual(new CloseError(4001, "no", false));
  expect(await (await site.open("/after")).closed).toMatchObject({ code: 4001 });
  expect(await caught.pull()).toEqual(new CloseError(4001, "no"));
});

test("seeds › row 26 tells where a socket is in its life", async () => {
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
  await (await serveApp(app)).open("/");
  expect([await states.pull(), await states.pull()]).toEqual(["connecting", "open"]);
  expect([await states.pull(), await states.pull()]).toEqual(["closing", "closed"]);
});

test("seeds › 36 throws at a send after close, and the client sees a clean end [rows 27]", async () => {
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    socket.close();
    caught.push(await socket.send("late").then(undefined, (error: unknown) => error));
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toMatchObject({ code: 1000, wasClean: true });
  expect(await caught.pull()).toBeInstanceOf(CloseError);
});

test("seeds › 37 throws at each receive after a disconnect [rows 22, 27]", async () => {
  const caught = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket) => {
    caught.push(await socket.receive().catch((error: unknown) => error));
    caught.push(await socket.receive().catch((error: unknown) => error));
  });
  const client = await (await serveApp(app)).open("/");
  await client.close(4001, "bye");
  expect(await caught.pull()).toMatchObject({ code: 4001, reason: "bye" });
  expect(await caught.pull()).toBeInstanceOf(CloseError);
});

test("seeds › 38 answers 500 and logs when the handler ends without accepting [rows 5]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", () => {});
  expect(await (await serveApp(app)).refused("/")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining("without accepting") });
});

test("seeds › 39 closes with 1000 when the handler returns [rows 5, 20]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    await socket.send("last");
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("last");
  expect(await client.closed).toEqual({ code: 1000, reason: "", wasClean: true });
});

test("seeds › 41 lets an error out of a scope, and does not end it cleanly [rows 20]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app.ws("/", async (socket) => {
    try {
      await socket.accept();
      throw new Error("broken");
    } finally {
      log.push("left the scope");
    }
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect([await log.pull(), await log.pull()]).toEqual(["left the scope", new Error("broken")]);
});

test("seeds › 42 agrees on the subprotocol the handler picks [rows 5, 8]", async () => {
  const offered = new BoundedQueue<unknown>();
  const app = createApp();
  app.ws("/", async (socket, { protocols }) => {
    offered.push(protocols);
    await socket.accept({ subprotocol: "wamp" });
  });
  const client = await (await serveApp(app)).open("/", { protocols: ["soap", "wamp"] });
  expect(await offered.pull()).toEqual(["soap", "wamp"]);
  expect([client.protocol, client.headers.get("sec-websocket-protocol")]).toEqual(["wamp", "wamp"]);
});

test("seeds › 43 agrees on no subprotocol when the handler picks none [rows 8]", async () => {
  const app = createApp();
  app.ws("/", (socket) => socket.accept());
  const raw = await (await serveApp(app)).raw();
  const { status, headers } = await raw.open("/", { "Sec-WebSocket-Protocol": "soap, wamp" });
  expect([status, headers.get("sec-websocket-protocol")]).toEqual([101, null]);
});

test("seeds › 44 refuses to pick a subprotocol that was not offered [rows 8, 27]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", (socket) => socket.accept({ subprotocol: "mqtt" }));
  expect(await (await serveApp(app)).refused("/", { protocols: ["soap"] })).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining("did not offer") });
});

test("seeds › 46 adds no headers to a plain accept [rows 7]", async () => {
  const app = createApp();
  app.ws("/", (socket) => socket.accept());
  const { headers } = await (await serveApp(app)).open("/");
  expect([...headers.keys()].sort()).toEqual(["connection", "sec-websocket-accept", "upgrade"]);
});

test("seeds › 47 sets cookies and other headers on the 101 [rows 7]", async () => {
  const app = createApp();
  app.ws("/", (socket) => {
    const headers = new Headers({ "x-greeting": "welcome" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2; HttpOnly");
    return socket.accept({ headers });
  });
  const { headers } = await (await serveApp(app)).open("/");
  expect(headers.get("x-greeting")).toBe("welcome");
  expect(headers.getSetCookie()).toEqual(["a=1", "b=2; HttpOnly"]);
});

test("seeds › 49 answers another version with 426 and the version it speaks [rows 73]", async () => {
  const app = createApp();
  app.ws("/", (socket) => socket.accept());
  const raw = await (await serveApp(app)).raw();
  raw.write(handshake("/", { "Sec-WebSocket-Version": "8" }));
  const { status, headers } = await raw.response();
  expect([status, headers.get("sec-websocket-version")]).toEqual([426, "13"]);
});
