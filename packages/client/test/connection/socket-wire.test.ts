import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectTo, startServer, undoAll, until, watchCrashes, wireOf } from "./servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe("a wire", () => {
  test("sends what the listener sends on opening first", async () => {
    const { url, received } = await startServer();
    const client = connectTo({ url: () => url }, { opened: (wire) => wire.send("hello") });
    expect(client.connection.wire).toBeUndefined();
    await until(() => client.connection.wire);
    wireOf(client).send("then");
    await until(() => received.length === 2);
    expect(received).toEqual(["hello", "then"]);
  });

  test("delivers a frame that came with the handshake, after opening", async () => {
    const { server, url } = await startServer();
    server.on("connection", (socket) => socket.send("early"));
    const client = connectTo(
      { url: () => url },
      { message: (message) => void client.calls.push(String(message)) },
    );
    await until(() => client.calls.length === 2);
    expect(client.calls).toEqual(["opened", "early"]);
  });

  test("carries text as a string and bytes as a Uint8Array, both ways", async () => {
    const { url, sockets, received } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    wireOf(client).send("text");
    wireOf(client).send(new TextEncoder().encode("raw"));
    sockets[0]?.send("text");
    sockets[0]?.send(Buffer.from([1, 2, 3]));
    await until(() => received.length === 2 && client.messages.length === 2);
    expect(received).toEqual(["text", "bytes raw"]);
    expect(client.messages).toEqual(["text", new Uint8Array([1, 2, 3])]);
    expect(Object.getPrototypeOf(client.messages[1])).toBe(Uint8Array.prototype);
  });

  test("drops a half-open socket without waiting for its end", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    const wire = wireOf(client);
    sockets[0]?.pause();
    client.connection.drop("silence");
    wire.send("lost");
    await until(() => sockets.length === 2);
    expect(client.calls.slice(0, 2)).toEqual(["opened", "lost"]);
  });

  test("delivers nothing after close", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    sockets[0]?.send("late");
    client.connection.close();
    await once(sockets[0] as WebSocket, "close");
    expect(client.messages).toEqual([]);
    expect(client.calls).toEqual(["opened", "lost", "ended 1000"]);
  });

  test("sends what was sent before close, then the code and the reason", async () => {
    const { url, sockets, received } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    const closed = once(sockets[0] as WebSocket, "close");
    wireOf(client).send("the last message");
    client.connection.close(1001, "going");
    const [code, reason] = (await closed) as [number, Buffer];
    expect(received).toEqual(["the last message"]);
    expect([code, String(reason)]).toEqual([1001, "going"]);
  });

  test("resolves drained when a full buffer has drained", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    const wire = wireOf(client);
    expect(wire.drained()).toBeUndefined();
    sockets[0]?.pause();
    while (Number(wire.socket?.bufferedAmount) < 4 * 2 ** 20) wire.send("x".repeat(2 ** 20));
    const drained = wire.drained();
    expect(drained).toBeInstanceOf(Promise);
    expect(wire.drained()).toBe(drained);
    sockets[0]?.resume();
    await drained;
    expect(wire.drained()).toBeUndefined();
  });

  test("resolves drained at its end, and then sends nothing", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    const wire = wireOf(client);
    sockets[0]?.pause();
    while (Number(wire.socket?.bufferedAmount) < 4 * 2 ** 20) wire.send("x".repeat(2 ** 20));
    const drained = wire.drained();
    wire.terminate();
    await drained;
    expect(wire.drained()).toBeUndefined();
    wire.send("nothing");
    wire.close(1000, "");
    wire.terminate();
  });

  test("reads nothing while it is paused", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    wireOf(client).socket?.pause?.();
    sockets[0]?.send("held");
    await new Promise((resolve) => sockets[0]?.ping("", undefined, resolve));
    expect(client.messages).toEqual([]);
    wireOf(client).socket?.resume?.();
    await until(() => client.messages.length === 1);
  });
});

describe("the handshake", () => {
  test("offers the subprotocols as they are at each try, and the wire has the agreed one", async () => {
    const { url, sockets, offered } = await startServer({ handleProtocols: () => "one" });
    const protocols = ["one"];
    const client = connectTo({ url: () => url, protocols });
    await client.open();
    expect(wireOf(client).socket?.protocol).toBe("one");
    protocols.push("two");
    sockets[0]?.terminate();
    await until(() => sockets.length === 2);
    expect(offered).toEqual(["one", "one,two"]);
  });

  test("offers no compression", async () => {
    const { url, extensions } = await startServer();
    await connectTo({ url: () => url }).open();
    expect(extensions).toEqual([undefined]);
  });

  test("uses the given WebSocket class", async () => {
    const { url } = await startServer();
    const made: string[] = [];
    class Counted extends WebSocket {
      constructor(address: string, protocols?: string[]) {
        super(address, protocols);
        made.push(address);
      }
    }
    await connectTo({ url: () => url, WebSocket: Counted }).open();
    expect(made).toEqual([url]);
  });
});
