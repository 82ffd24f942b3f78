import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from "node:net";
import { createInterface } from "node:readline";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { Clock } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { type Client, serveApp } from "./harness.ts";

test("seeds › 183 runs a chat with names from the query [rows 28, 29]", async () => {
  const app = createApp();
  app.ws("/", { receive: text, query: z.object({ name: z.string() }) }, async (socket, { query, room }) => {
    const chat = room("chat");
    chat.join(socket);
    chat.send(`${query.name} joined`);
    await socket.accept();
    for await (const line of socket) chat.send(`${query.name}: ${line}`);
  });
  const client = await (await serveApp(app)).open("/?name=Ada");
  expect(await client.next()).toBe("Ada joined");
  client.send("hello");
  expect(await client.next()).toBe("Ada: hello");
});

test("seeds › 184 says one thing to the writer and another to all [rows 28, 29]", async () => {
  const app = createApp();
  app.ws("/:id", { receive: text }, async (socket, { params: { id }, room }) => {
    const chat = room("chat");
    chat.join(socket);
    await socket.send("joined");
    for await (const line of socket) {
      await socket.send(`You wrote: ${line}`);
      chat.send(`Client #${id} says: ${line}`);
    }
  });
  const site = await serveApp(app);
  const [first, second] = [await site.open("/1234"), await site.open("/5678")];
  expect([await first.next(), await second.next()]).toEqual(["joined", "joined"]);
  first.send("hello");
  expect([await first.next(), await first.next()]).toEqual(["You wrote: hello", "Client #1234 says: hello"]);
  expect(await second.next()).toBe("Client #1234 says: hello");
});

test("seeds › row 29 says something to all but one", async () => {
  const app = createApp();
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    await socket.send("joined");
    for await (const message of socket) {
      all.send(message, { except: socket });
      await socket.send("said");
    }
  });
  const site = await serveApp(app);
  const [writer, reader] = [await site.open("/"), await site.open("/")];
  expect([await writer.next(), await reader.next()]).toEqual(["joined", "joined"]);
  writer.send("hello");
  expect([await writer.next(), await reader.next()]).toEqual(["said", "hello"]);
});

test("seeds › row 28 goes on broadcasting while members come, go and die", async () => {
  const app = createApp();
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    await socket.send("joined");
    for await (const message of socket) all.send(`${all.size} heard ${String(message)}`);
  });
  const site = await serveApp(app);
  const [stays, leaves, dies] = [await site.open("/"), await site.open("/"), await site.open("/")];
  for (const client of [stays, leaves, dies]) expect(await client.next()).toBe("joined");
  dies.cut();
  stays.send("one");
  expect(await leaves.next()).toMatch(/heard one$/);
  await leaves.close();
  expect(await stays.next()).toMatch(/heard one$/);
  const comes = await site.open("/");
  expect(await comes.next()).toBe("joined");
  comes.send("two");
  expect(await stays.next()).toBe("2 heard two");
});

test("seeds › row 28 tells the app of what a member's codec cannot write", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", { send: text }, async (socket, { room }) => {
    room("all").join(socket);
    await socket.accept();
    room("all").send({ a: 1 });
    failures.push("nobody was told");
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await failures.pull()).toBeInstanceOf(Error);
});

test("seeds › row 30 removes whoever leaves, dies or fails", async () => {
  const app = createApp({ onError: () => {} });
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    for await (const message of socket) {
      if (message === "fail") throw new Error("broken");
      await socket.send(all.size);
    }
  });
  const site = await serveApp(app);
  const clients = await Promise.all([1, 2, 3, 4].map(() => site.open("/")));
  const [stays, leaves, dies, fails] = clients as [Client, Client, Client, Client];
  for (const client of clients) {
    client.send("how many?");
    await client.next();
  }
  dies.cut();
  await leaves.close();
  fails.send("fail");
  expect(await fails.closed).toMatchObject({ code: 1011 });
  stays.send("how many?");
  expect(await stays.next()).toBe("1");
});

test("seeds › 181 drops nothing in silence: a member with a full backlog is let go, the others hear all [rows 28]", async () => {
  const clock = new Clock();
  const app = createApp({ clock });
  const left = new BoundedQueue<string>();
  app.ws("/:name", async (socket, { params, room }) => {
    await socket.accept();
    room("all").join(socket);
    left.push(`${params.name} ${(await socket.closed).code}`);
  });
  const site = await serveApp(app);
  const reader = await site.open("/reader");
  const sleeper = await site.raw();
  await sleeper.open("/sleeper");
  sleeper.socket.pause();
  await vi.waitUntil(() => app.room("all").size === 2);
  const line = "x".repeat(2 ** 20);
  for (let n = 0; n < 32; n += 1) app.room("all").send(line);
  for (let n = 0; n < 32; n += 1) expect(await reader.next()).toBe(line);
  clock.advance(10_100);
  clock.advance(10_100);
  expect(await left.pull()).toBe("sleeper 1006");
  app.room("all").send("still here");
  expect(await reader.next()).toBe("still here");
});

test("seeds › row 31 reaches the members on every server by a broker between them", async () => {
  const port = await broker();
  const server = async (): Promise<Client> => {
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
    return (await serveApp(app)).open("/");
  };
  const [here, there] = [await server(), await server()];
  here.send("hello from here");
  expect([await here.next(), await there.next()]).toEqual(["hello from here", "hello from here"]);
  there.send("hello from there");
  expect([await here.next(), await there.next()]).toEqual(["hello from there", "hello from there"]);
});

test("seeds › 186 serves the chat's page beside the chat [rows 1, 3]", async () => {
  const page = '<form id="chat"><input name="line" /></form>';
  const app = createApp();
  app.http("/", () => new Response(page, { headers: { "content-type": "text/html" } }));
  app.ws("/ws", (socket) => socket.send("hello"));
  const site = await serveApp(app);
  const response = await fetch(site.url);
  expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/html", page]);
  expect(await (await site.open("/ws")).next()).toBe("hello");
});

/** Welcomes whoever connects, and sends what anyone sends it to all. Gives its port. */
async function broker(): Promise<number> {
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
