// The client shows no known fault of `reconnecting-websocket` and `isomorphic-ws`; with real sockets.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  startTcpServer,
  connectTo,
  listenOnAnyPort,
  startServer,
  undo,
  undoAll,
  until,
  urlOf,
  watchCrashes,
} from "./servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe("a client", () => {
  test("calls a url provider again that has rejected", async () => {
    const { url } = await startServer();
    let urlCalls = 0;
    const client = connectTo({
      url: async () => ((urlCalls += 1) < 3 ? Promise.reject(new Error("offline")) : url),
    });
    await client.open();
    expect(urlCalls).toBe(3);
    expect(client.errors.map(({ cause }) => cause)).toContainEqual(new Error("offline"));
  });

  test("ends when it is closed before there is a socket, and another client connects", async () => {
    const { url, sockets } = await startServer();
    const first = connectTo({ url: () => url });
    first.connection.close();
    const second = connectTo({ url: () => url });
    await second.open();
    expect(first.calls).toEqual(["ended 1000"]);
    expect(sockets).toHaveLength(1);
  });

  test("connects as soon as the server listens, after any number of refused connections", async () => {
    const { server, url } = await startServer();
    await new Promise((resolve) => server.close(resolve));
    const client = connectTo({ url: () => url });
    await until(() => client.connection.status.value.attempt >= 5);
    await startServer({ port: Number(new URL(url).port) });
    await client.open();
    expect(client.calls).toEqual(["opened"]);
  });

  test("ends with a terminal code, and after that a new client connects", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    await client.open();
    sockets[0]?.close(4403, "forbidden");
    await until(() => client.connection.status.value.state === "closed");
    expect(client.errors.at(-1)).toMatchObject({ code: 4403, reason: "forbidden", wasClean: true });
    await connectTo({ url: () => url }).open();
    expect(client.calls).toEqual(["opened", "lost", "ended 4403"]);
    expect(sockets).toHaveLength(2);
  });

  test("may be closed by the listener that receives 4401, and a new client with a fresh token connects", async () => {
    const { url, sockets } = await startServer();
    const first = connectTo({ url: () => `${url}?stale` }, { lost: () => first.connection.close() });
    await first.open();
    sockets[0]?.close(4401);
    await until(() => first.connection.status.value.state === "closed");
    await connectTo({ url: () => `${url}?fresh` }).open();
    expect(sockets).toHaveLength(2);
  });

  test.each([
    ["a malformed url", "ws://", []],
    ["an invalid url", "nonsense", []],
    ["a malformed subprotocol", "ws://127.0.0.1:1/", ["a b"]],
  ])("ends with the error of the platform for %s", async (_, url, protocols) => {
    const client = connectTo({ url: () => url, protocols });
    await until(() => client.connection.status.value.state === "closed");
    expect(client.calls).toEqual(["ended 1006"]);
    expect(client.errors.at(-1)?.cause).toBeInstanceOf(SyntaxError);
    expect(client.errors.at(-1)?.reason).not.toBe("");
  });

  test("that is closed while connecting raises no uncaught exception", async () => {
    const { url, open } = await startTcpServer(() => {});
    const client = connectTo({ url: () => url });
    await until(() => open.size === 1);
    client.connection.close();
    await until(() => [...open].every(({ destroyed }) => destroyed));
    expect(client.calls).toEqual(["ended 1000"]);
  });

  test("that replaces a socket while connecting raises no uncaught exception", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    undo.push(() => vi.useRealTimers());
    const { url, open } = await startTcpServer(() => {});
    const client = connectTo({ url: () => url });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    while (open.size < 2) {
      vi.advanceTimersByTime(100);
      await turn();
    }
    expect(client.connection.status.value.attempt).toBeGreaterThan(0);
    expect(client.errors.map(({ reason }) => reason)).toContain("not established in time");
  });
});

describe("the error", () => {
  test("of a refused connection has 1006, and not a clean 1000", async () => {
    const { server, url } = await startServer();
    await new Promise((resolve) => server.close(resolve));
    const client = connectTo({ url: () => url });
    await until(() => client.errors.length > 0);
    expect(client.errors[0]).toMatchObject({ code: 1006, wasClean: false, cause: { code: "ECONNREFUSED" } });
    expect(client.calls).toEqual([]);
  });

  test("of a handshake refused with 401 has 1006, and names 401, until the response is read", async () => {
    const server = createServer();
    server.on("upgrade", (_, socket) => {
      socket.on("error", () => {}).resume(); // unread bytes would turn its end into a reset
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    });
    await listenOnAnyPort(server);
    const client = connectTo({ url: () => urlOf(server.address() as AddressInfo) });
    await until(() => client.errors.length > 0);
    expect(client.errors[0]).toMatchObject({
      code: 1006,
      wasClean: false,
      reason: "Unexpected server response: 401",
    });
  });

  test("of a broken connection has 1006, and the client connects again, five times over", async () => {
    const { url, sockets } = await startServer();
    const client = connectTo({ url: () => url });
    for (let drops = 1; drops <= 5; drops += 1) {
      await until(() => sockets.length === drops && client.connection.status.value.state === "open");
      sockets.at(-1)?.terminate();
      await until(() => client.calls.filter((call) => call === "lost").length === drops);
    }
    await client.open();
    expect(client.calls.filter((call) => call === "opened")).toHaveLength(6);
  });

  test("of a terminal code stops the client from connecting in a loop", async () => {
    const { server, url, sockets } = await startServer();
    server.on("connection", (socket) => socket.close(4404));
    const client = connectTo({ url: () => url });
    await until(() => client.connection.status.value.state === "closed");
    expect(sockets).toHaveLength(1);
  });
});
