import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connecting, serving, undoAll, until, watchCrashes, wireOf } from "./servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe("messages", () => {
  test("nothing goes out ahead of what is sent on opening", async () => {
    const { url, heard } = await serving();
    const client = connecting({ url: () => url }, { opened: (wire) => wire.send("hello") });
    expect(client.connection.wire).toBeUndefined();
    await until(() => client.connection.wire);
    wireOf(client).send("then");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["hello", "then"]);
  });

  test("a frame glued to the handshake is told, after opening", async () => {
    const { server, url } = await serving();
    server.on("connection", (socket) => socket.send("early"));
    const client = connecting(
      { url: () => url },
      { message: (message) => void client.told.push(String(message)) },
    );
    await until(() => client.told.length === 2);
    expect(client.told).toEqual(["opened", "early"]);
  });

  test("text comes as a string and bytes as a Uint8Array, each way", async () => {
    const { url, sockets, heard } = await serving();
    const client = connecting({ url: () => url });
    await client.open();
    wireOf(client).send("text");
    wireOf(client).send(new TextEncoder().encode("raw"));
    sockets[0]?.send("text");
    sockets[0]?.send(Buffer.from([1, 2, 3]));
    await until(() => heard.length === 2 && client.messages.length === 2);
    expect(heard).toEqual(["text", "bytes raw"]);
    expect(client.messages).toEqual(["text", new Uint8Array([1, 2, 3])]);
    expect(Object.getPrototypeOf(client.messages[1])).toBe(Uint8Array.prototype);
  });

  test("a half-open socket is dropped without waiting for its end", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
    await client.open();
    const wire = wireOf(client);
    sockets[0]?.pause();
    client.connection.drop("silence");
    wire.send("lost");
    await until(() => sockets.length === 2);
    expect(client.told.slice(0, 2)).toEqual(["opened", "lost"]);
  });

  test("nothing is told after close", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
    await client.open();
    sockets[0]?.send("late");
    client.connection.close();
    await once(sockets[0] as WebSocket, "close");
    expect(client.messages).toEqual([]);
    expect(client.told).toEqual(["opened", "lost", "ended 1000"]);
  });

  test("what was sent before close arrives, then the code and reason", async () => {
    const { url, sockets, heard } = await serving();
    const client = connecting({ url: () => url });
    await client.open();
    const closed = once(sockets[0] as WebSocket, "close");
    wireOf(client).send("last words");
    client.connection.close(1001, "going");
    const [code, reason] = (await closed) as [number, Buffer];
    expect(heard).toEqual(["last words"]);
    expect([code, String(reason)]).toEqual([1001, "going"]);
  });

  test("a wire that is full says when it has room again", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
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

  test("a wire that ended has room for everything, and sends nothing", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
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

  test("a paused wire reads nothing until it is resumed", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
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
  test("subprotocols are read anew at every try, and the agreed one is the wire's", async () => {
    const { url, sockets, offered } = await serving({ handleProtocols: () => "one" });
    const protocols = ["one"];
    const client = connecting({ url: () => url, protocols });
    await client.open();
    expect(wireOf(client).socket?.protocol).toBe("one");
    protocols.push("two");
    sockets[0]?.terminate();
    await until(() => sockets.length === 2);
    expect(offered).toEqual(["one", "one,two"]);
  });

  test("no compression is asked for", async () => {
    const { url, extensions } = await serving();
    await connecting({ url: () => url }).open();
    expect(extensions).toEqual([undefined]);
  });

  test("another class of WebSockets can be used", async () => {
    const { url } = await serving();
    const made: string[] = [];
    class Counted extends WebSocket {
      constructor(address: string, protocols?: string[]) {
        super(address, protocols);
        made.push(address);
      }
    }
    await connecting({ url: () => url, WebSocket: Counted }).open();
    expect(made).toEqual([url]);
  });
});
