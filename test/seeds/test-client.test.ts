import { connect } from "@symbolon/client";
import { contract, json } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp, HandshakeError } from "@symbolon/server";
import { Clock, testNetwork, TimeoutError } from "@symbolon/server/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";

test("a test reaches the app in memory, with a test socket and with the client library", async () => {
  covers({ rows: [67] });
  const greeting = contract("/greet", { client: { hello: z.string() }, server: { answer: z.string() } });
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.implement(greeting, (peer) => ({ hello: (name) => void peer.send("answer", `hello, ${name}`) }));
  const net = testNetwork(app);
  await using socket = await net.connect("/echo");
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
  const client = connect(greeting, { url: "ws://test", WebSocket: net.WebSocket });
  onTestFinished(() => client.close());
  const answers = new BoundedQueue<string>();
  client.on("answer", (answer) => answers.push(answer));
  client.send("hello", "Ada");
  expect(await answers.pull()).toBe("hello, Ada");
});

test("the test network keeps the errors of the app, from before and after accept", async () => {
  covers({ case: 87, rows: [67] });
  const app = createApp({ onError: () => {} });
  app.ws("/before", () => {
    throw new Error("before accept");
  });
  app.ws("/after", async (socket) => {
    await socket.accept();
    throw new Error("after accept");
  });
  const net = testNetwork(app);
  await expect(net.connect("/before")).rejects.toMatchObject({ response: { status: 500 } });
  const socket = await net.connect("/after");
  expect(await socket.closed).toMatchObject({ code: 1011 });
  expect(net.errors).toEqual([new Error("before accept"), new Error("after accept")]);
});

test("a refused test connection rejects with an error that has status, headers and body", async () => {
  covers({ case: 187, rows: [67, 68] });
  const app = createApp();
  app.ws("/secret", () => new Response("no", { status: 403, headers: { "x-hint": "try harder" } }));
  const net = testNetwork(app);
  const error: unknown = await net.connect("/secret").catch((error: unknown) => error);
  if (!(error instanceof HandshakeError)) throw error;
  const { status, headers } = error.response;
  expect([status, headers.get("x-hint"), await error.response.text()]).toEqual([403, "try harder", "no"]);
  expect((await net.refused("/nowhere")).status).toBe(404);
});

test("a test waits until the server has finished a connection", async () => {
  covers({ rows: [69] });
  const log: string[] = [];
  const app = createApp();
  const view = app.group(function* () {
    yield;
    log.push("the hook ended");
  });
  view.ws("/", async (socket) => {
    for await (const message of socket) log.push(String(message));
    log.push("the handler ended");
  });
  const net = testNetwork(app);
  const socket = await net.connect("/");
  socket.send("hello");
  socket.close();
  await net.settled();
  expect(log).toEqual(["hello", "the handler ended", "the hook ended"]);
});

test("a test connects with cookies, headers, a query, Basic credentials and subprotocols", async () => {
  covers({ case: 188, rows: [35, 69] });
  const app = createApp();
  app.http("/login", () => new Response(null, { headers: { "set-cookie": "session=abc" } }));
  app.ws("/", async (socket, { cookies, headers, query, credentials }) => {
    await socket.accept({ subprotocol: "wamp", headers: { "x-greeting": "welcome" } });
    await socket.send([cookies, headers.get("x-name"), query, credentials]);
  });
  const net = testNetwork(app);
  await net.fetch("/login");
  const auth = { username: "u", password: "p" };
  const init = { cookies: { theme: "dark" }, headers: { "x-name": "Ada" }, query: { n: "1" } };
  await using socket = await net.connect("/", { ...init, auth, protocols: ["soap", "wamp"] });
  expect([socket.protocol, socket.headers.get("x-greeting")]).toEqual(["wamp", "welcome"]);
  expect(await socket.receive(json())).toEqual([{ session: "abc", theme: "dark" }, "Ada", { n: "1" }, auth]);
});

test("a test waits for a handshake and a message no longer than its timeout, and peeks without waiting", async () => {
  covers({ case: 189, rows: [69] });
  const clock = new Clock();
  const app = createApp({ clock });
  app.ws("/undecided", (socket) => socket.closed);
  app.ws("/echo", async (socket) => {
    await socket.accept();
    for await (const message of socket) await socket.send(message);
  });
  const net = testNetwork(app, { clock });
  const connecting = net.connect("/undecided", { timeout: 100 });
  clock.advance(100);
  await expect(connecting).rejects.toBeInstanceOf(TimeoutError);
  await using socket = await net.connect("/echo");
  const receiving = socket.receive({ timeout: 100 });
  clock.advance(100);
  await expect(receiving).rejects.toBeInstanceOf(TimeoutError);
  expect(await socket.peek()).toBeUndefined();
  socket.send("hello");
  expect([await socket.peek(), await socket.receive({ timeout: 100 })]).toEqual(["hello", "hello"]);
});
