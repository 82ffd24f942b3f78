import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createWebSocket, refusalOf } from "../../src/platform/browser.ts";
import { FakeSocket } from "./fakes.ts";
import { connectTo, listenOnAnyPort, undoAll, until, urlOf, watchCrashes } from "./servers.ts";

beforeEach(watchCrashes);
afterEach(async () => {
  vi.unstubAllGlobals();
  await undoAll();
});

/** A server that refuses each handshake with these lines and this body. */
async function startRefusing(head: string, body = "") {
  let dials = 0;
  const server = createServer();
  server.on("upgrade", (_, socket) => {
    dials += 1;
    socket.on("error", () => {}).resume(); // unread bytes would turn its end into a reset
    socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
  await listenOnAnyPort(server);
  return { url: urlOf(server.address() as AddressInfo), dials: () => dials };
}

describe("in Node, a handshake that is refused", () => {
  test.each([
    ["400 Bad Request", 4400],
    ["403 Forbidden", 4403],
    ["404 Not Found", 4404],
    ["421 Misdirected Request", 4421],
  ])("with %s ends the connection, with the status and the body", async (line, code) => {
    const { url, dials } = await startRefusing(line, "Origin http://a is not allowed");
    const client = connectTo({ url: () => url });
    await until(() => client.connection.status.value.state === "closed");
    expect(client.connection.status.value.error).toMatchObject({
      code,
      reason: "Origin http://a is not allowed",
      status: code - 4_000,
      body: "Origin http://a is not allowed",
      wasClean: false,
    });
    expect(client.calls).toEqual([`ended ${code}`]);
    expect(dials()).toBe(1);
  });

  test("with 401 asks for another url, and knows that the last one was refused; a second 401 ends it", async () => {
    const { url } = await startRefusing("401 Unauthorized", "who?");
    const asked: boolean[] = [];
    const client = connectTo({
      url(refused) {
        asked.push(refused);
        return url;
      },
    });
    await until(() => client.connection.status.value.state === "closed");
    expect(asked).toEqual([false, true]);
    expect(client.connection.status.value.error).toMatchObject({ code: 4401, status: 401, reason: "who?" });
  });

  test.each([
    ["408 Request Timeout", 408],
    ["425 Too Early", 425],
    ["500 Internal Server Error", 500],
    ["502 Bad Gateway", 502],
  ])("with %s is tried again", async (line, status) => {
    const { url, dials } = await startRefusing(line, "<html>a page of a proxy</html>");
    const client = connectTo({ url: () => url });
    await until(() => dials() >= 3);
    expect(client.connection.status.value.state).not.toBe("closed");
    expect(client.errors).toContainEqual(
      expect.objectContaining({
        status,
        reason: `Unexpected server response: ${status}`,
        body: "<html>a page of a proxy</html>",
      }),
    );
  });

  test.each([
    ["429 Too Many Requests\r\nRetry-After: 120", 120_000],
    ["503 Service Unavailable\r\nRetry-After: 7", 7_000],
    [`503 Service Unavailable\r\nRetry-After: ${new Date(Date.now() + 3_600_000).toUTCString()}`, 3_500_000],
    ["429 Too Many Requests", 5_000],
  ])("with %s is not tried again before that time", async (head, least) => {
    const { url } = await startRefusing(head);
    const client = connectTo({ url: () => url });
    const start = Date.now();
    await until(() => client.connection.status.value.error?.status !== undefined);
    expect(client.connection.status.value.state).toBe("waiting");
    expect(client.connection.status.value.retryAt).toBeGreaterThanOrEqual(start + least);
    client.connection.reconnect();
    expect(client.connection.status.value.retryAt).toBeGreaterThanOrEqual(start + least);
  });

  test("by a redirect is tried again", async () => {
    const { url, dials } = await startRefusing("302 Found\r\nLocation: http://127.0.0.1/login");
    const client = connectTo({ url: () => url });
    await until(() => dials() >= 2);
    expect(client.errors[0]).toMatchObject({ code: 1006, reason: "Unexpected server response: 302" });
  });

  test("with a body without end has the first 8,192 characters of it", async () => {
    const { url } = await startRefusing("403 Forbidden", "x".repeat(1_000_000));
    const client = connectTo({ url: () => url });
    await until(() => client.connection.status.value.state === "closed");
    expect(client.connection.status.value.error?.body).toBe("x".repeat(8_192));
  });
});

describe("in a browser, the client asks a server why it refused a handshake", () => {
  /** A server that answers like ours, and what it was asked. */
  async function startAnswering(type: string, body: string) {
    const requests: IncomingMessage[] = [];
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      requests.push(request);
      response.writeHead(200, { "content-type": type, connection: "close" }).end(body);
    });
    await listenOnAnyPort(server);
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("navigator", { onLine: true });
    const url = `${urlOf(server.address() as AddressInfo)}chat?token=1`;
    return { url, requests };
  }
  const refusal = { status: 429, reason: "too many connections", retryAfter: 30 };

  test("by the same url, and gets status, reason and the time to wait", async () => {
    const { url, requests } = await startAnswering(
      "application/symbolon.refusal+json; charset=utf-8",
      JSON.stringify(refusal),
    );
    expect(await refusalOf(createWebSocket(url, []), url)).toEqual(refusal);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: "GET",
      url: "/chat?token=1",
      headers: { accept: "application/symbolon.refusal+json" },
    });
    expect(requests[0]?.headers.cookie).toBeUndefined();
  });

  test("and knows nothing when another server answers, or with something else", async () => {
    const { url } = await startAnswering("application/json", JSON.stringify(refusal));
    expect(await refusalOf(createWebSocket(url, []), url)).toBeUndefined();
  });

  test("but not while the device is offline, and not for a class of its own", async () => {
    const { url, requests } = await startAnswering("application/symbolon.refusal+json", "{}");
    class Own extends EventTarget {}
    expect(await refusalOf(createWebSocket(url, [], Own as never), url)).toBeUndefined();
    vi.stubGlobal("navigator", { onLine: false });
    expect(await refusalOf(createWebSocket(url, []), url)).toBeUndefined();
    expect(requests).toEqual([]);
  });

  test("and cannot set headers", () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    expect(() => createWebSocket("ws://test/", [], undefined, { "x-a": "1" })).toThrow(
      new TypeError("a page cannot set headers: use getToken or query"),
    );
  });
});
