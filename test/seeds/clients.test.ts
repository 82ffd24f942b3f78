import { openSocket } from "@symbolon/client";
import { contract, text } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, serveApp } from "./harness.ts";

test("the server serves a contract to a client that writes JSON by hand", async () => {
  covers({ rows: [70] });
  const greeting = contract("/greet", { client: { hello: z.string() }, server: { answer: z.string() } });
  const app = createApp();
  app.implement(greeting, (peer) => ({ hello: (name) => void peer.send("answer", `hello, ${name}`) }));
  const client = await connectClient(app, "/greet");
  client.send('{"t":"event","name":"hello","data":"Ada"}');
  expect(JSON.parse(String(await client.receive()))).toMatchObject({ name: "answer", data: "hello, Ada" });
});

test("`openSocket` accepts the http: address of a page", async () => {
  covers({ rows: [71] });
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const socket = openSocket(`${(await serveApp(app)).url}/echo`, { receive: text });
  onTestFinished(() => socket.close());
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
});

test("`openSocket` reconnects when the connection breaks, and continues", async () => {
  covers({ rows: [74] });
  const dropped = new BoundedQueue<() => void>();
  const app = createApp();
  app.ws("/", async (socket) => {
    dropped.push(() => socket.close(1012));
    for await (const message of socket) await socket.send(message);
  });
  const socket = openSocket((await serveApp(app)).url, { receive: text });
  onTestFinished(() => socket.close());
  socket.send("before");
  expect(await socket.receive()).toBe("before");
  (await dropped.pull())();
  await dropped.pull();
  socket.send("after");
  expect(await socket.receive()).toBe("after");
});
