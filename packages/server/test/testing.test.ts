import { HandshakeError } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { testClient } from "../src/testing.ts";

function echoing() {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.http("/page", ({ request }) => new Response(`${request.method} ${request.url}`));
  return testClient(app);
}

test("a socket talks to the app, and is closed when its scope ends", async () => {
  const net = echoing();
  let closed: Promise<unknown> | undefined;
  {
    await using socket = await net.connect("/echo");
    closed = socket.closed;
    socket.send("hello");
    expect(await socket.receive()).toBe("hello");
  }
  expect(await closed).toMatchObject({ code: 1000 });
});

test("a refusal rejects with the response", async () => {
  const error: unknown = await echoing()
    .connect("/nowhere")
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(HandshakeError);
  expect(error).toMatchObject({ response: { status: 404 } });
});

test("fetch takes a path with its options, or a request", async () => {
  const net = echoing();
  expect(await (await net.fetch("/page", { method: "POST" })).text()).toBe("POST http://test/page");
  expect(await (await net.fetch(new Request("http://other/page"))).text()).toBe("GET http://other/page");
});

test("headers and subprotocols reach the app", async () => {
  const app = createApp();
  app.ws("/", async (socket, { headers }) => {
    await socket.accept({ subprotocol: "b" });
    await socket.send([headers.get("x-name"), headers.get("sec-websocket-protocol")]);
  });
  const socket = await testClient(app).connect("/", { headers: { "x-name": "ada" }, protocols: ["a", "b"] });
  expect(await socket.receive()).toBe('["ada","a, b"]');
  expect(socket.protocol).toBe("b");
});

test("dropping the network breaks every connection on both sides, and new ones can be made", async () => {
  const net = echoing();
  const [one, two] = [await net.connect("/echo"), await net.connect("/echo")];
  net.drop();
  expect(await one.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  expect(await two.closed).toEqual({ code: 1006, reason: "", wasClean: false });
  await using again = await net.connect("/echo");
  again.send("hello");
  expect(await again.receive()).toBe("hello");
});
