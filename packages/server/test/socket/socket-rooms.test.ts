import { contract } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { expect, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

test("the error of a room's subscriber is reported with the request of the member that joined or left", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({
    onError: (error, { request, phase }) => failures.push([error, request.url, phase]),
  });
  app.ws("/raw", async (socket, { room }) => {
    room("all").subscribe(() => {
      throw new Error("raw");
    });
    room("all").join(socket);
    await socket.accept();
  });
  const service = app.implement(contract("/contract", {}), (peer, { room }) => {
    room("all").join(peer);
    return {};
  });
  service.room("all").subscribe(() => Promise.reject(new Error("contract")));
  const net = testNetwork(app);
  const raw = await net.connect("/raw");
  expect(await failures.pull()).toEqual([new Error("raw"), "http://test/raw", "open"]);
  await raw.closed;
  expect(await failures.pull()).toEqual([new Error("raw"), "http://test/raw", "open"]);
  const client = await net.connect("/contract");
  expect(await failures.pull()).toEqual([new Error("contract"), "http://test/contract", "open"]);
  client.close();
});

test("only a socket or peer of the routes that have the room can join it", async () => {
  const app = createApp({ onError: () => {} });
  const refused = new BoundedQueue<unknown>();
  app.ws("/", async (socket, { room }) => {
    await socket.accept();
    try {
      room("all").join(Object.create(socket) as typeof socket);
    } catch (error) {
      refused.push(error);
    }
  });
  const one = app.implement(contract("/one", {}), () => ({}));
  app.implement(contract("/other", {}), (peer) => {
    one.room("all").join(peer);
    return {};
  });
  const net = testNetwork(app);
  await net.connect("/");
  expect(await refused.pull()).toEqual(new TypeError("only the socket of a route can join a room"));
  await expect(net.connect("/other")).rejects.toMatchObject({ response: { status: 500 } });
  expect(net.errors).toEqual([new TypeError("only the peers of this contract can join its rooms")]);
});

test("a volatile value goes to the members that can receive it now", async () => {
  const app = createApp();
  app.ws("/", async (socket, { room }) => {
    room("all").join(socket);
    for await (const message of socket) room("all").send(message, { except: socket });
  });
  const net = testNetwork(app);
  const socket = await net.connect("/");
  const all = app.room("all");
  await vi.waitFor(() => expect(all.size).toBe(1), waitOptions);
  await all.send("received", { volatile: true });
  const endStall = net.stall();
  all.send("kept until it drains");
  await all.send("dropped", { volatile: true });
  endStall();
  all.send("last");
  expect([await socket.receive(), await socket.receive(), await socket.receive()]).toEqual([
    "received",
    "kept until it drains",
    "last",
  ]);
  socket.close();
});
