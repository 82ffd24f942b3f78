/** How an app is tested: in memory, without a port; here each test has an example of this folder as its app. */
import { connect } from "@symbolon/client";
import { testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
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

test("echo: says back what it hears, and closes when its scope ends", async () => {
  await using socket = await testNetwork(echo).connect("/echo");
  socket.send("hello");
  expect(await socket.receive()).toBe("hello");
  socket.send(new Uint8Array([0, 255]));
  expect(await socket.receive()).toEqual(new Uint8Array([0, 255]));
});

test("chat: goes on when a member's network fails", async () => {
  const net = testNetwork(chat);
  const lost = await net.connect("/chat", { query: { name: "Eve" } });
  net.drop();
  expect(await lost.closed).toMatchObject({ wasClean: false });

  await using ada = await net.connect("/chat", { query: { name: "Ada" } });
  ada.send("hello");
  expect([await ada.receive(), await ada.receive()]).toEqual(["Ada joined", "Ada: hello"]);
  expect(net.errors).toEqual([]);
});

test("chat: refuses who has no name", async () => {
  await expect(testNetwork(chat).connect("/chat")).rejects.toMatchObject({ response: { status: 400 } });
});

test("connection manager: tells the others when one has left", async () => {
  const net = testNetwork(connectionManager);
  const first = await net.connect("/ws/1");
  await using second = await net.connect("/ws/2");
  first.close();
  expect(await second.receive()).toBe("Client #1 left the chat");
});

test("page: is HTML", async () => {
  const response = await testNetwork(page).fetch("/");
  expect(await response.text()).toContain("new WebSocket");
});

test("before connect: a hook can be replaced", async () => {
  const net = testNetwork(beforeConnect, {
    overrides: [[signedIn, () => ({ user: "Bob" })]],
  });
  await using socket = await net.connect("/members");
  expect(await socket.receive()).toBe("welcome, Bob");
});

test("cookie or token: refuses who has neither, and a query that is not of its schema", async () => {
  const net = testNetwork(cookieOrToken);
  await expect(net.connect("/items/1/ws")).rejects.toMatchObject({ response: { status: 403 } });
  const query = { token: "some-token", q: "three" };
  await expect(net.connect("/items/1/ws", { query })).rejects.toMatchObject({ response: { status: 400 } });
});

test("cookie or token: the net keeps cookies like a browser", async () => {
  const net = testNetwork(cookieOrToken);
  net.cookies.set("session", "fakesession");
  await using socket = await net.connect("/items/1/ws");
  socket.send("hello");
  expect(await socket.receive()).toBe("Session cookie or query token value is: fakesession");
});

test("independent: what one says reaches all, and leaving is no error", async () => {
  const net = testNetwork(independent);
  const [one, two] = [await net.connect("/news"), await net.connect("/news")];
  one.send("sun");
  expect([await one.receive(), await two.receive()]).toEqual(["sun", "sun"]);
  one.close();
  await one.closed;
  expect(net.errors).toEqual([]);
});

test("refuse: turns away who has a wrong password", async () => {
  const auth = { username: "ada", password: "wrong" };
  expect(await testNetwork(refuse).refused("/ws", { auth })).toMatchObject({ status: 403 });
});

test("one path: an unknown one is refused with 404", async () => {
  const net = testNetwork(onePath);
  expect((await net.refused("/nowhere")).status).toBe(404);
  expect((await net.fetch("/nowhere")).status).toBe(404);
});

test("listener: a message that is not of its schema closes with 1003", async () => {
  const complaint = logged("error");
  const net = testNetwork(listener);
  const socket = await net.connect("/users");
  socket.send({ name: "" });
  expect(await socket.closed).toMatchObject({ code: 1003 });
  expect(await complaint).toEqual([expect.stringContaining("ValidationError: ")]);
});

test("listener class: `close` is told how the client left", async () => {
  const line = logged("log");
  const socket = await testNetwork(listenerClass).connect("/shout");
  socket.close(4000, "bye");
  expect(await line).toEqual(["closed with", 4000, "bye"]);
});

test("time: the state is the test's own", async () => {
  const state = { every: 1, now: () => new Date(0) };
  await using socket = await testNetwork(time, { state }).connect("/time");
  expect(await socket.receive()).toBe("1970-01-01T00:00:00.000Z");
});

test("stream and receive: answers while it streams", async () => {
  const state = { every: 3_600_000 };
  await using socket = await testNetwork(streamAndReceive, { state }).connect("/both");
  socket.send("hello");
  expect([await socket.receive(), await socket.receive()]).toEqual(["ping", "you said hello"]);
});

test("dependency: is ended when the client has left", async () => {
  const line = logged("log");
  const state = { clients: 0 };
  const socket = await testNetwork(dependency, { state }).connect("/");
  expect(state.clients).toBe(1);
  socket.close();
  expect(await line).toEqual(["clients left:", 0]);
});

test("lock: all streams get their turn", async () => {
  const net = testNetwork(lock);
  await using first = await net.connect("/sensor", { timeout: 1_000 });
  await using second = await net.connect("/sensor", { timeout: 1_000 });
  expect([await first.receive(), await second.receive()]).toEqual(["21 °C", "21 °C"]);
});

test("accept: the headers of the app and of the handler are on the 101", async () => {
  await using socket = await testNetwork(accept).connect("/ws");
  expect(Object.fromEntries(socket.headers)).toEqual({ "x-greeting": "welcome", "x-served-by": "symbolon" });
});

test("socket class: each socket has its own numbers", async () => {
  const net = testNetwork(socketClass);
  const told = [];
  for (const line of ["one", "two"]) {
    await using socket = await net.connect("/numbered");
    socket.send(line);
    told.push(JSON.parse(String(await socket.receive())));
  }
  expect(told).toEqual([
    { number: 1, value: "one" },
    { number: 1, value: "two" },
  ]);
});

test("handshake: closes with 1002 when the opening words are others", async () => {
  const complaint = logged("error");
  const socket = await testNetwork(handshake).connect("/quiz");
  socket.send("QUIZ/2");
  await expect(socket.receive()).rejects.toMatchObject({ code: 1002 });
  expect(await complaint).toEqual([expect.stringContaining("ProtocolError: ")]);
});

test("typed: says what is wrong with an object that is not of its schema", async () => {
  await using socket = await testNetwork(typed).connect("/order");
  for (const message of [3, true, { town: "Turin" }]) socket.send(message);
  expect(await socket.receive()).toContain("city");
});

test("errors: are answered by the app, and the test is told of them", async () => {
  const net = testNetwork(errors, { state: { seats: 0 } });
  const socket = await net.connect("/rows/7");
  expect(await socket.closed).toEqual({ code: 4409, reason: "no seats left", wasClean: true });
  expect(net.errors).toHaveLength(1);
});

test("current: helpers find the request of their own connection", async () => {
  const net = testNetwork(current);
  await using german = await net.connect("/hello", { headers: { "accept-language": "de" } });
  await using english = await net.connect("/hello");
  for (const socket of [german, english]) socket.send("Ada");
  expect([await german.receive(), await english.receive()]).toEqual(["Hallo, Ada", "Hello, Ada"]);
});

test("rooms: the real client notices that the network has failed", async () => {
  const net = testNetwork(rooms);
  const options = { url: "ws://test", WebSocket: net.WebSocket, params: { topic: "sport" } };
  const client = connect(news, options);
  onTestFinished(() => client.close());
  await client.opened;
  const changed = new Promise((resolve) => client.status.subscribe(resolve));
  net.drop();
  expect(await changed).toMatchObject({ state: "waiting" });
});

/** What is logged next; it is not printed. */
function logged(how: "log" | "error"): Promise<unknown[]> {
  return new Promise((resolve) => {
    const spy = vi.spyOn(console, how).mockImplementation((...line: unknown[]) => resolve(line));
    onTestFinished(() => spy.mockRestore());
  });
}
