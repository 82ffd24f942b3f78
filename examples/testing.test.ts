/** Tests the examples of this folder as users test their own apps: in memory, without a port. */
import { connect } from "@symbolon/client";
import { testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { identity } from "@symbolon/server";
import { app as accept } from "./accept.ts";
import { app as beforeConnect, signedIn } from "./before-connect.ts";
import { app as chat } from "./chat.ts";
import { app as connectionManager } from "./connection-manager.ts";
import { app as cookieOrToken } from "./cookie-or-token.ts";
import { app as current } from "./current.ts";
import { app as dependency } from "./dependency.ts";
import { app as echo } from "./echo.ts";
import { app as errors } from "./errors.ts";
import { app as handshake } from "./handshake.ts";
import { app as independent } from "./independent.ts";
import { app as listenerClass } from "./listener-class.ts";
import { app as listener } from "./listener.ts";
import { app as lock } from "./lock.ts";
import { app as onePath } from "./one-path.ts";
import { app as page } from "./page.ts";
import { app as refuse } from "./refuse.ts";
import { app as rooms, news } from "./rooms.ts";
import { app as socketClass } from "./socket-class.ts";
import { app as streamAndReceive } from "./stream-and-receive.ts";
import { app as time } from "./time.ts";
import { app as typed } from "./typed.ts";

test("echo: sends back text and bytes", async () => {
  await using socket = await testNetwork(echo).connect("/echo");
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
  socket.send(new Uint8Array([0, 255]));
  expect(await socket.receive()).toEqual(new Uint8Array([0, 255]));
});

test("chat: still serves the others when the network of a member fails", async () => {
  const net = testNetwork(chat);
  const disconnected = await net.connect("/chat", { query: { name: "Eve" } });
  net.drop();
  expect(await disconnected.closed).toMatchObject({ wasClean: false });

  await using ada = await net.connect("/chat", { query: { name: "Ada" } });
  ada.send("hello");
  expect([await ada.receive(), await ada.receive()]).toEqual(["Ada joined", "Ada: hello"]);
  expect(net.errors).toEqual([]);
});

test("chat: refuses a client without a name", async () => {
  await expect(testNetwork(chat).connect("/chat")).rejects.toMatchObject({ response: { status: 400 } });
});

test("connection manager: notifies the others when a client disconnects", async () => {
  const net = testNetwork(connectionManager);
  const first = await net.connect("/ws/1");
  await using second = await net.connect("/ws/2");
  first.close();
  expect(await second.receive()).toBe("Client #1 left the chat");
});

test("page: serves HTML that opens a WebSocket", async () => {
  const response = await testNetwork(page).fetch("/");
  expect(await response.text()).toContain("new WebSocket");
});

test("before connect: a test can replace a hook", async () => {
  const net = testNetwork(beforeConnect, {
    overrides: [[signedIn, () => ({ user: "Bob", ...identity({ principal: "Bob" }) })]],
  });
  await using socket = await net.connect("/members");
  expect(await socket.receive()).toBe("welcome, Bob");
});

test("cookie or token: refuses a client with neither, and an invalid query", async () => {
  const net = testNetwork(cookieOrToken);
  await expect(net.connect("/items/1/ws")).rejects.toMatchObject({ response: { status: 403 } });
  const query = { token: "some-token", q: "three" };
  await expect(net.connect("/items/1/ws", { query })).rejects.toMatchObject({ response: { status: 400 } });
});

test("cookie or token: the test network keeps cookies like a browser", async () => {
  const net = testNetwork(cookieOrToken);
  net.cookies.set("session", "fakesession");
  await using socket = await net.connect("/items/1/ws");
  socket.send("hello");
  expect(await socket.receive()).toBe("Session cookie or query token value is: fakesession");
});

test("independent: all clients receive a headline, and disconnecting is not an error", async () => {
  const net = testNetwork(independent);
  const [one, two] = [await net.connect("/news"), await net.connect("/news")];
  one.send("sun");
  expect([await one.receive(), await two.receive()]).toEqual(["sun", "sun"]);
  one.close();
  await one.closed;
  expect(net.errors).toEqual([]);
});

test("refuse: refuses a wrong password with 403", async () => {
  const auth = { username: "ada", password: "wrong" };
  expect(await testNetwork(refuse).refused("/ws", { auth })).toMatchObject({ status: 403 });
});

test("one path: answers 404 for an unknown path", async () => {
  const net = testNetwork(onePath);
  expect((await net.refused("/nowhere")).status).toBe(404);
  expect((await net.fetch("/nowhere")).status).toBe(404);
});

test("listener: closes with 1003 when a message does not match the schema", async () => {
  const logged = nextLogLine("error");
  const net = testNetwork(listener);
  const socket = await net.connect("/users");
  socket.send({ name: "" });
  expect(await socket.closed).toMatchObject({ code: 1003 });
  expect(await logged).toEqual([expect.stringContaining("ValidationError: ")]);
});

test("listener class: `close` gets the close code and the reason", async () => {
  const logged = nextLogLine("log");
  const socket = await testNetwork(listenerClass).connect("/upper-case");
  socket.close(4000, "bye");
  expect(await logged).toEqual(["closed with", 4000, "bye"]);
});

test("time: a test can replace the state", async () => {
  const state = { intervalMs: 1, now: () => new Date(0) };
  await using socket = await testNetwork(time, { state }).connect("/time");
  expect(await socket.receive()).toBe("1970-01-01T00:00:00.000Z");
});

test("stream and receive: answers while it streams", async () => {
  const state = { intervalMs: 3_600_000 };
  await using socket = await testNetwork(streamAndReceive, { state }).connect("/both");
  socket.send("hello");
  expect([await socket.receive(), await socket.receive()]).toEqual(["ping", "you wrote hello"]);
});

test("dependency: cleans up when the client disconnects", async () => {
  const logged = nextLogLine("log");
  const state = { clients: 0 };
  const socket = await testNetwork(dependency, { state }).connect("/");
  expect(state.clients).toBe(1);
  socket.close();
  expect(await logged).toEqual(["remaining clients:", 0]);
});

test("lock: each stream gets the lock in turn", async () => {
  const net = testNetwork(lock);
  await using first = await net.connect("/sensor", { timeout: 1_000 });
  await using second = await net.connect("/sensor", { timeout: 1_000 });
  expect([await first.receive(), await second.receive()]).toEqual(["21 °C", "21 °C"]);
});

test("accept: the 101 has the headers of the hook and of the handler", async () => {
  await using socket = await testNetwork(accept).connect("/ws");
  expect(Object.fromEntries(socket.headers)).toEqual({ "x-greeting": "welcome", "x-served-by": "symbolon" });
});

test("socket class: each socket counts its own messages", async () => {
  const net = testNetwork(socketClass);
  const received = [];
  for (const line of ["one", "two"]) {
    await using socket = await net.connect("/numbered");
    socket.send(line);
    received.push(JSON.parse(String(await socket.receive())));
  }
  expect(received).toEqual([
    { number: 1, value: "one" },
    { number: 1, value: "two" },
  ]);
});

test("handshake: closes with 1002 when the first message is wrong", async () => {
  const logged = nextLogLine("error");
  const socket = await testNetwork(handshake).connect("/quiz");
  socket.send("QUIZ/2");
  await expect(socket.receive()).rejects.toMatchObject({ code: 1002 });
  expect(await logged).toEqual([expect.stringContaining("ProtocolError: ")]);
});

test("typed: reports the field that does not match the schema", async () => {
  await using socket = await testNetwork(typed).connect("/order");
  for (const message of [3, true, { town: "Turin" }]) socket.send(message);
  expect(await socket.receive()).toContain("city");
});

test("errors: the client gets the close code, and the test network keeps the error", async () => {
  const net = testNetwork(errors, { state: { tickets: 0 } });
  const socket = await net.connect("/rows/7");
  expect(await socket.closed).toEqual({ code: 4409, reason: "sold out", wasClean: true });
  expect(net.errors).toHaveLength(1);
});

test("current: a helper finds the request of its own connection", async () => {
  const net = testNetwork(current);
  await using german = await net.connect("/hello", { headers: { "accept-language": "de" } });
  await using english = await net.connect("/hello");
  for (const socket of [german, english]) socket.send("Ada");
  expect([await german.receive(), await english.receive()]).toEqual(["Hallo, Ada", "Hello, Ada"]);
});

test("rooms: the client library detects that the network failed", async () => {
  const net = testNetwork(rooms);
  const options = { url: "ws://test", WebSocket: net.WebSocket, params: { topic: "sport" } };
  const client = connect(news, options);
  onTestFinished(() => client.close());
  await client.opened;
  const changed = new Promise((resolve) => client.status.subscribe(resolve));
  net.drop();
  expect(await changed).toMatchObject({ state: "waiting" });
});

/** The arguments of the next `console.log` or `console.error`, which prints nothing meanwhile. */
function nextLogLine(method: "log" | "error"): Promise<unknown[]> {
  return new Promise((resolve) => {
    const spy = vi.spyOn(console, method).mockImplementation((...line: unknown[]) => resolve(line));
    onTestFinished(() => spy.mockRestore());
  });
}
