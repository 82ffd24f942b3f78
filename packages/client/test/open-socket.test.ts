import { contract, json } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../test/time-limits.ts";
import { connect, openSocket, type WebSocketLike } from "../src/index.ts";

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.05));
afterEach(() => void vi.restoreAllMocks());

/** An app that sends each message back, and counts its connections. */
function createEchoApp() {
  const app = createApp();
  const connections = { count: 0 };
  app.ws("/echo", async (socket) => {
    await socket.accept();
    connections.count += 1;
    for await (const message of socket) await socket.send(message);
  });
  return { app, connections };
}

test("text and bytes come back from a real server, and the loop ends with the socket", async () => {
  await using server = await serve(createEchoApp().app, { port: 0 });
  const socket = openSocket(`${server.url}/echo`);
  void socket.send("hello");
  void socket.send(new Uint8Array([1, 2]));
  const received: unknown[] = [];
  for await (const message of socket) {
    received.push(message);
    if (received.length === 2) socket.close(4000, "enough");
  }
  expect(received).toEqual(["hello", new Uint8Array([1, 2])]);
  expect(await socket.closed).toMatchObject({ code: 4000, reason: "enough" });
});

test("the codecs read and write the messages", async () => {
  const net = testNetwork(createEchoApp().app);
  const Point = z.object({ x: z.number() });
  const socket = openSocket("ws://test/echo", {
    receive: json(Point),
    send: json(Point),
    WebSocket: net.WebSocket,
  });
  void socket.send({ x: 1 });
  expect(await socket.receive()).toEqual({ x: 1 });
  expect(() => socket.send({ x: "1" as unknown as number })).toThrow("x");
  socket.close();
});

test("the socket survives a drop: messages sent meanwhile are kept and arrive in order, in the same loop", async () => {
  const { app, connections } = createEchoApp();
  const net = testNetwork(app);
  const socket = openSocket("ws://test/echo", { WebSocket: net.WebSocket });
  const received: unknown[] = [];
  await socket.send("before");
  for await (const message of socket) {
    received.push(message);
    if (message === "before") {
      net.drop();
      await Promise.resolve();
      for (const one of ["1", "2", "3"]) setImmediate(() => void socket.send(one));
    }
    if (message === "3") socket.close();
  }
  expect(received).toEqual(["before", "1", "2", "3"]);
  expect(connections.count).toBe(2);
});

test("the socket reconnects to a server that was restarted on its port", async () => {
  const first = await serve(createEchoApp().app, { port: 0 });
  const socket = openSocket(`${first.url}/echo`);
  await socket.send("one");
  expect(await socket.receive()).toBe("one");
  await first.close();
  await using _second = await serve(createEchoApp().app, { port: first.port });
  void socket.send("two");
  expect(await socket.receive()).toBe("two");
  socket.close();
});

test("a terminal code ends the loop, and a later send fails", async () => {
  const app = createApp();
  app.ws("/no", async (socket) => {
    await socket.send("the last message");
    socket.close(4403, "forbidden");
  });
  await using server = await serve(app, { port: 0 });
  const socket = openSocket(`${server.url}/no`);
  const received: unknown[] = [];
  for await (const message of socket) received.push(message);
  expect(received).toEqual(["the last message"]);
  expect(await socket.closed).toMatchObject({ code: 4403, reason: "forbidden", wasClean: true });
  expect(socket.signal.aborted).toBe(true);
  await expect(socket.send("too late")).rejects.toMatchObject({ code: 4403 });
});

test("send throws OUTBOX_FULL when more messages than the limit wait for a connection", async () => {
  const net = testNetwork(createEchoApp().app);
  const socket = openSocket("ws://test/echo", { limit: 2, WebSocket: net.WebSocket });
  void socket.send("1");
  void socket.send("2");
  expect(() => socket.send("3")).toThrow(expect.objectContaining({ code: "OUTBOX_FULL" }));
  expect([await socket.receive(), await socket.receive()]).toEqual(["1", "2"]);
  await socket.send("4");
  expect(await socket.receive()).toBe("4");
  socket.close();
});

test("a pipe that fails without being awaited ends neither the process nor the socket", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const net = testNetwork(createEchoApp().app);
  const socket = openSocket("ws://test/echo", { WebSocket: net.WebSocket });
  void socket.pipe(
    (function* () {
      yield "1";
      throw new Error("broken");
    })(),
  );
  expect(await socket.receive()).toBe("1");
  void socket.send("2");
  expect(await socket.receive()).toBe("2");
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  socket.close();
});

test("the socket offers the subprotocols, and has the agreed one", async () => {
  const app = createApp();
  app.ws("/mqtt", async (socket) => {
    await socket.accept({ subprotocol: "mqtt" });
    await socket.send("welcome");
    await socket.closed;
  });
  await using server = await serve(app, { port: 0 });
  const socket = openSocket(`${server.url}/mqtt`, { protocols: ["soap", "mqtt"] });
  expect(socket.protocol).toBe("");
  await socket.receive();
  expect(socket.protocol).toBe("mqtt");
  socket.close();
});

test("a second connection of one client replaces the first, so each event arrives once", async () => {
  const chat = contract("/chat", { server: { line: z.string() } });
  const app = createApp();
  const service = app.implement(chat, (peer, { room }) => (room("all").join(peer), {}));
  const net = testNetwork(app);
  const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket });
  const received: string[] = [];
  const last = new Promise<void>((resolve) => {
    client.on("line", (text) => {
      received.push(text);
      if (text === "2") resolve();
    });
  });
  await client.opened;
  const back = new Promise<void>((resolve) => {
    client.status.subscribe(({ state }) => state === "open" && resolve());
  });
  service.room("all").send("line", "1");
  await Promise.resolve().then(() => Promise.resolve());
  net.drop();
  await back;
  expect(service.room("all").size).toBe(1);
  service.room("all").send("line", "2");
  await last;
  expect(received).toEqual(["1", "2"]);
  client.close();
});

test("await using closes the socket at the end of its scope", async () => {
  const net = testNetwork(createEchoApp().app);
  let closed: Promise<unknown> | undefined;
  {
    await using socket = openSocket("ws://test/echo", { WebSocket: net.WebSocket });
    closed = socket.closed;
    void socket.send("hello");
    expect(await socket.receive()).toBe("hello");
  }
  expect(await closed).toMatchObject({ code: 1000 });
});

test("a socket whose messages are not received stays paused on its next connection", async () => {
  const app = createApp();
  app.ws("/numbers", async (socket) => {
    for (let n = 0; n < 100; n += 1) void socket.send(String(n));
    await socket.closed;
  });
  const net = testNetwork(app);
  const paused: WebSocketLike[] = [];
  class RecordingWebSocket extends (net.WebSocket as new (
    url: string,
    protocols?: string[],
  ) => WebSocketLike) {
    override pause(): void {
      paused.push(this);
    }
  }
  const socket = openSocket("ws://test/numbers", { WebSocket: RecordingWebSocket });
  await vi.waitFor(() => expect(paused).toHaveLength(1), waitOptions);
  net.drop();
  await vi.waitFor(() => expect(new Set(paused).size).toBe(2), waitOptions);
  socket.close();
});

test("a url that is a function is asked for at each dial, and a rejection is a failed attempt", async () => {
  const app = createApp();
  const queries: unknown[] = [];
  app.ws("/echo", async (socket, { query }) => {
    queries.push(query);
    for await (const message of socket) await socket.send(message);
  });
  const net = testNetwork(app);
  let asked = 0;
  const url = async (): Promise<URL> => {
    asked += 1;
    if (asked === 2) throw new Error("signed out for a moment");
    return new URL(`wss://test/echo?ticket=${asked}`);
  };
  const socket = openSocket(url, { WebSocket: net.WebSocket });
  await socket.send("one");
  expect(await socket.receive()).toBe("one");
  net.drop();
  await vi.waitFor(() => expect(queries).toHaveLength(2), waitOptions);
  await socket.send("two");
  expect(await socket.receive()).toBe("two");
  expect([asked, queries]).toEqual([3, [{ ticket: "1" }, { ticket: "3" }]]);
  socket.close();
});

test("bytes that were sent before the socket opens are those of the call, though the caller reuses them", async () => {
  const net = testNetwork(createEchoApp().app);
  const socket = openSocket("ws://test/echo", { WebSocket: net.WebSocket });
  const bytes = new Uint8Array([1, 2, 3]);
  void socket.send(bytes);
  bytes.fill(9);
  expect(await socket.receive()).toEqual(new Uint8Array([1, 2, 3]));
  socket.close();
});

test.each([
  [1000, ["rejected", "rejected", "rejected", "rejected", "rejected"]],
  [1012, ["fulfilled", "fulfilled", "fulfilled", "fulfilled", "fulfilled"]],
])(
  "replies to a server that has sent its messages and closed with %i arrive on the next connection or fail",
  async (code, outcomes) => {
    const app = createApp();
    const arrived: unknown[] = [];
    let connections = 0;
    app.ws("/", async (socket) => {
      connections += 1;
      if (connections === 1) {
        for (let n = 0; n < 5; n += 1) await socket.send(`m${n}`);
        socket.close(code);
      } else for await (const message of socket) arrived.push(message);
    });
    await using server = await serve(app, { port: 0 });
    const socket = openSocket(server.url);
    const replies: PromiseLike<string>[] = [];
    for await (const message of socket) {
      // The close frame has arrived with the messages: the socket is closing already.
      await new Promise(setImmediate);
      const sent = socket.send(`reply to ${String(message)}`);
      replies.push(
        sent.then(
          () => "fulfilled",
          () => "rejected",
        ),
      );
      if (replies.length === 5) break;
    }
    expect(await Promise.all(replies)).toEqual(outcomes);
    const expected = outcomes[0] === "fulfilled" ? [0, 1, 2, 3, 4].map((n) => `reply to m${n}`) : [];
    await vi.waitFor(() => expect(arrived).toEqual(expected), waitOptions);
    socket.close();
  },
);
