import { connect } from "@symbolon/client";
import { contract, Mailbox } from "@symbolon/protocol";
import { createApp, HandshakeError, text } from "@symbolon/server";
import { testClient } from "@symbolon/server/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type Client, served } from "./harness.ts";

test("seeds › 183 runs a chat with names from the query [rows 28, 29]", async () => {
  const app = createApp();
  app.ws("/", { receive: text, query: z.object({ name: z.string() }) }, async (socket, { query, room }) => {
    const chat = room("chat");
    chat.join(socket);
    chat.send(`${query.name} joined`);
    await socket.accept();
    for await (const line of socket) chat.send(`${query.name}: ${line}`);
  });
  const client = await (await served(app)).open("/?name=Ada");
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
  const site = await served(app);
  const [first, second] = [await site.open("/1234"), await site.open("/5678")];
  expect([await first.next(), await second.next()]).toEqual(["joined", "joined"]);
  first.send("hello");
  expect([await first.next(), await first.next()]).toEqual(["You wrote: hello", "Client #1234 says: hello"]);
  expect(await second.next()).toBe("Client #1234 says: hello");
});

test("seeds › row 28 goes on broadcasting while members come, go and die", async () => {
  const app = createApp();
  app.ws("/", async (socket, { room }) => {
    const all = room("all");
    all.join(socket);
    await socket.send("joined");
    for await (const message of socket) all.send(`${all.size} heard ${String(message)}`);
  });
  const site = await served(app);
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
  const site = await served(app);
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

test("seeds › 186 serves the chat's page beside the chat [rows 1, 3]", async () => {
  const page = '<form id="chat"><input name="line" /></form>';
  const app = createApp();
  app.http("/", () => new Response(page, { headers: { "content-type": "text/html" } }));
  app.ws("/ws", (socket) => socket.send("hello"));
  const site = await served(app);
  const response = await fetch(site.url);
  expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/html", page]);
  expect(await (await site.open("/ws")).next()).toBe("hello");
});

test("seeds › 187 tells a test of a refusal by an error with status, headers and body [rows 67, 68]", async () => {
  const app = createApp();
  app.ws("/secret", () => new Response("no", { status: 403, headers: { "x-hint": "try harder" } }));
  const net = testClient(app);
  const error: unknown = await net.connect("/secret").catch((error: unknown) => error);
  if (!(error instanceof HandshakeError)) throw error;
  const { status, headers } = error.response;
  expect([status, headers.get("x-hint"), await error.response.text()]).toEqual([403, "try harder", "no"]);
  await expect(net.connect("/nowhere")).rejects.toMatchObject({ response: { status: 404 } });
});

test("seeds › row 67 reaches the app in memory, by the same socket and the real client", async () => {
  const greeting = contract("/greet", { client: { hello: z.string() }, server: { answer: z.string() } });
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.implement(greeting, (peer) => ({ hello: (name) => void peer.send("answer", `hello, ${name}`) }));
  const net = testClient(app);
  await using socket = await net.connect("/echo");
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
  const client = connect(greeting, { url: "ws://test", WebSocket: net.WebSocket });
  onTestFinished(() => client.close());
  const answers = new Mailbox<string>();
  client.on("answer", (answer) => answers.put(answer));
  client.send("hello", "Ada");
  expect(await answers.take()).toBe("hello, Ada");
});
