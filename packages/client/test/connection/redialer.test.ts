// What the two libraries do by themselves, each turned into what is right; against real sockets.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  answering,
  connecting,
  listening,
  serving,
  undo,
  undoAll,
  until,
  urlOf,
  watchCrashes,
} from "./servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe("dialing", () => {
  test("a url provider that rejects is asked again", async () => {
    const { url } = await serving();
    let asked = 0;
    const client = connecting({
      url: async () => ((asked += 1) < 3 ? Promise.reject(new Error("offline")) : url),
    });
    await client.open();
    expect(asked).toBe(3);
    expect(client.errors.map(({ cause }) => cause)).toContainEqual(new Error("offline"));
  });

  test("close before there is a socket ends it, and another connection dials", async () => {
    const { url, sockets } = await serving();
    const first = connecting({ url: () => url });
    first.connection.close();
    const second = connecting({ url: () => url });
    await second.open();
    expect(first.told).toEqual(["ended 1000"]);
    expect(sockets).toHaveLength(1);
  });

  test("after any number of refusals it connects as soon as somebody listens", async () => {
    const { server, url } = await serving();
    await new Promise((resolve) => server.close(resolve));
    const client = connecting({ url: () => url });
    await until(() => client.connection.status.value.attempt >= 5);
    await serving({ port: Number(new URL(url).port) });
    await client.open();
    expect(client.told).toEqual(["opened"]);
  });

  test("a terminal code ends it, and after that a new connection dials", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
    await client.open();
    sockets[0]?.close(4403, "not you");
    await until(() => client.connection.status.value.state === "closed");
    expect(client.errors.at(-1)).toMatchObject({ code: 4403, reason: "not you", wasClean: true });
    await connecting({ url: () => url }).open();
    expect(client.told).toEqual(["opened", "lost", "ended 4403"]);
    expect(sockets).toHaveLength(2);
  });

  test("the close handler of 4401 may close, and a new connection with a fresh token dials", async () => {
    const { url, sockets } = await serving();
    const first = connecting({ url: () => `${url}?stale` }, { lost: () => first.connection.close() });
    await first.open();
    sockets[0]?.close(4401);
    await until(() => first.connection.status.value.state === "closed");
    await connecting({ url: () => `${url}?fresh` }).open();
    expect(sockets).toHaveLength(2);
  });

  test.each([
    ["a malformed url", "ws://", []],
    ["a url that is none", "nonsense", []],
    ["a malformed subprotocol", "ws://127.0.0.1:1/", ["a b"]],
  ])("%s ends it with an error that says so", async (_, url, protocols) => {
    const client = connecting({ url: () => url, protocols });
    await until(() => client.connection.status.value.state === "closed");
    expect(client.told).toEqual(["ended 1006"]);
    expect(client.errors.at(-1)?.cause).toBeInstanceOf(SyntaxError);
    expect(client.errors.at(-1)?.reason).not.toBe("");
  });

  test("close while connecting crashes nothing", async () => {
    const { url, open } = await answering(() => {});
    const client = connecting({ url: () => url });
    await until(() => open.size === 1);
    client.connection.close();
    await until(() => [...open].every(({ destroyed }) => destroyed));
    expect(client.told).toEqual(["ended 1000"]);
  });

  test("a socket abandoned while connecting crashes nothing, and another is dialed", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    undo.push(() => vi.useRealTimers());
    const { url, open } = await answering(() => {});
    const client = connecting({ url: () => url });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    while (open.size < 2) {
      vi.advanceTimersByTime(100);
      await turn();
    }
    expect(client.connection.status.value.attempt).toBeGreaterThan(0);
    expect(client.errors.map(({ reason }) => reason)).toContain("not established in time");
  });
});

describe("what went wrong", () => {
  test("a refused connection is 1006, not a clean 1000", async () => {
    const { server, url } = await serving();
    await new Promise((resolve) => server.close(resolve));
    const client = connecting({ url: () => url });
    await until(() => client.errors.length > 0);
    expect(client.errors[0]).toMatchObject({ code: 1006, wasClean: false, cause: { code: "ECONNREFUSED" } });
    expect(client.told).toEqual([]);
  });

  test("a handshake refused with 401 is 1006, and says 401", async () => {
    const server = createServer();
    server.on("upgrade", (_, socket) => {
      socket.on("error", () => {}).resume(); // bytes nobody reads would turn its end into a reset
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    });
    await listening(server);
    const client = connecting({ url: () => urlOf(server.address() as AddressInfo) });
    await until(() => client.errors.length > 0);
    expect(client.errors[0]).toMatchObject({
      code: 1006,
      wasClean: false,
      reason: "Unexpected server response: 401",
    });
  });

  test("a broken connection is lost with 1006 and dialed again, five times over", async () => {
    const { url, sockets } = await serving();
    const client = connecting({ url: () => url });
    for (let drops = 1; drops <= 5; drops += 1) {
      await until(() => sockets.length === drops && client.connection.status.value.state === "open");
      sockets.at(-1)?.terminate();
      await until(() => client.told.filter((what) => what === "lost").length === drops);
    }
    await client.open();
    expect(client.told.filter((what) => what === "opened")).toHaveLength(6);
  });

  test("a server that throws everybody out for good is not asked in a loop", async () => {
    const { server, url, sockets } = await serving();
    server.on("connection", (socket) => socket.close(4404));
    const client = connecting({ url: () => url });
    await until(() => client.connection.status.value.state === "closed");
    expect(sockets).toHaveLength(1);
  });
});
