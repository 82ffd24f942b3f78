import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from "node:net";
import { createInterface } from "node:readline";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { type Client, connectClient, serveApp } from "./harness.ts";
import { waitOptions } from "../time-limits.ts";

test("a chat takes the names of its members from the query", async () => {
  covers({ case: 183, rows: [28, 29] });
  const app = createApp();
  app.ws("/", { receive: text, query: z.object({ name: z.string() }) }, async (socket, { query, room }) => {
    const chat = room("chat");
    chat.join(socket);
    chat.send(`${query.name} joined`);
    await socket.accept();
    for await (const line of socket) chat.send(`${query.name}: ${line}`);
  });
  const client = await connectClient(app, "/?name=Ada");
  expect(await client.receive()).toBe("Ada joined");
  client.send("hello");
  expect(await client.receive()).toBe("Ada: hello");
});

test("a handler sends one message to the writer and another to all", async () => {
  covers({ case: 184, rows: [28, 29] });
  const app = createApp();
  app.ws("/:id", { receive: text }, async (socket, { params: { id }, room }) => {
    const chat = room("chat");
    chat.join(socket);
    await socket.send("joined");
    for await (const line of socket) {
      await socket.send(`You wrote: ${line}`);
      chat.send(`Client #${id} wrote: ${line}`);
    }
  });
  const server = await serveApp(app);
  const [first, second] = [await server.connect("/1234"), await server.connect("/5678")];
  expect([await first.receive(), await second.receive()]).toEqual(["joined", "joined"]);
  first.send("hello");
  expect([await first.receive(), await first.receive()]).toEqual([
    "You wrote: hello",
    "Client #1234 wrote: hello",
  ]);
  expect(await second.receive()).toBe("Client #1234 wrote: hello");
});

test("a room sends to all members except one", async () => {
  covers({ rows: [29] });
  const app = createApp();
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    await socket.send("joined");
    for await (const message of socket) {
      all.send(message, { except: socket });
      await socket.send("sent to the others");
    }
  });
  const server = await serveApp(app);
  const [writer, reader] = [await server.connect("/"), await server.connect("/")];
  expect([await writer.receive(), await reader.receive()]).toEqual(["joined", "joined"]);
  writer.send("hello");
  expect([await writer.receive(), await reader.receive()]).toEqual(["sent to the others", "hello"]);
});

test("a room still broadcasts while members join, disconnect and break", async () => {
  covers({ rows: [28] });
  const app = createApp();
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    await socket.send("joined");
    for await (const message of socket) all.send(`${all.size} received ${String(message)}`);
  });
  const server = await serveApp(app);
  const [remaining, disconnecting, breaking] = [
    await server.connect("/"),
    await server.connect("/"),
    await server.connect("/"),
  ];
  for (const client of [remaining, disconnecting, breaking]) expect(await client.receive()).toBe("joined");
  breaking.terminate();
  remaining.send("one");
  expect(await disconnecting.receive()).toMatch(/received one$/);
  await disconnecting.close();
  expect(await remaining.receive()).toMatch(/received one$/);
  const joining = await server.connect("/");
  expect(await joining.receive()).toBe("joined");
  joining.send("two");
  expect(await remaining.receive()).toBe("2 received two");
});

test("the app gets an error for a value that a member's codec cannot write", async () => {
  covers({ rows: [28] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", { send: text }, async (socket, { room }) => {
    room("all").join(socket);
    await socket.accept();
    room("all").send({ a: 1 });
    failures.push("no error was thrown");
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await failures.pull()).toBeInstanceOf(Error);
});

test("a room removes members that disconnect, break or fail", async () => {
  covers({ rows: [30] });
  const app = createApp({ onError: () => {} });
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    for await (const message of socket) {
      if (message === "fail") throw new Error("broken");
      await socket.send(all.size);
    }
  });
  const server = await serveApp(app);
  const clients = await Promise.all([1, 2, 3, 4].map(() => server.connect("/")));
  const [remaining, disconnecting, breaking, failing] = clients as [Client, Client, Client, Client];
  for (const client of clients) {
    client.send("how many?");
    await client.receive();
  }
  breaking.terminate();
  await disconnecting.close();
  failing.send("fail");
  expect(await failing.closed).toMatchObject({ code: 1011 });
  remaining.send("how many?");
  expect(await remaining.receive()).toBe("1");
});

test("a member with a full buffer is closed, nothing is dropped silently, and the others receive everything", async () => {
  covers({ case: 181, rows: [28] });
  const clock = new Clock();
  const app = createApp({ clock });
  const closed = new BoundedQueue<string>();
  app.ws("/:name", async (socket, { params, room }) => {
    await socket.accept();
    room("all").join(socket);
    closed.push(`${params.name} ${(await socket.closed).code}`);
  });
  const server = await serveApp(app);
  const reader = await server.connect("/reader");
  const slow = await server.connectRaw();
  await slow.open("/slow");
  slow.socket.pause();
  await vi.waitUntil(() => app.room("all").size === 2, waitOptions);
  const line = "x".repeat(2 ** 20);
  for (let n = 0; n < 32; n += 1) app.room("all").send(line);
  for (let n = 0; n < 32; n += 1) expect(await reader.receive()).toBe(line);
  clock.advance(10_100);
  clock.advance(10_100);
  expect(await closed.pull()).toBe("slow 4901");
  app.room("all").send("still open");
  expect(await reader.receive()).toBe("still open");
});

test("a broker between servers reaches the members on each of them", async () => {
  covers({ rows: [31] });
  const port = await startBroker();
  const connectToNewServer = async (): Promise<Client> => {
    const broker = connect(port);
    onTestFinished(() => void broker.destroy());
    const lines = createInterface(broker);
    await once(lines, "line");
    const app = createApp();
    app.ws("/", { receive: text }, async (socket, { room }) => {
      const all = room("all");
      if (lines.listenerCount("line") === 0) lines.on("line", (line) => void all.send(line));
      all.join(socket);
      await socket.accept();
      for await (const line of socket) broker.write(`${line}\n`);
    });
    return connectClient(app, "/");
  };
  const [first, second] = [await connectToNewServer(), await connectToNewServer()];
  first.send("hello from first");
  expect([await first.receive(), await second.receive()]).toEqual(["hello from first", "hello from first"]);
  second.send("hello from second");
  expect([await first.receive(), await second.receive()]).toEqual(["hello from second", "hello from second"]);
});

test("the server serves the page of a chat beside the chat", async () => {
  covers({ case: 186, rows: [1, 3] });
  const page = '<form id="chat"><input name="line" /></form>';
  const app = createApp();
  app.http("/", () => new Response(page, { headers: { "content-type": "text/html" } }));
  app.ws("/ws", (socket) => socket.send("hello"));
  const server = await serveApp(app);
  const response = await fetch(server.url);
  expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/html", page]);
  expect(await (await server.connect("/ws")).receive()).toBe("hello");
});

/** Starts a server that sends what it receives to all its clients, and a welcome to each. Resolves with its port. */
async function startBroker(): Promise<number> {
  const connected = new Set<TcpSocket>();
  const server = createServer((socket) => {
    connected.add(socket);
    socket.write("welcome\n");
    socket.on("data", (data) => {
      for (const one of connected) one.write(data);
    });
  }).listen(0);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // a server at a port has one
}
