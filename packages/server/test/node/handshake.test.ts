/** What a handshake makes: the web's objects are for those who read them. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "@symbolon/server";
import { attach } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { afterEach, expect, test, vi } from "vitest";
import { connectRawClient } from "./raw-client.ts";

afterEach(() => vi.unstubAllGlobals());

/** Counts the objects that the whole process makes of a global class. */
function countMade(name: "Request" | "Headers" | "AbortController"): { count: number } {
  const made = { count: 0 };
  const construct = (target: object, args: unknown[], own: object): object => {
    made.count += 1;
    return Reflect.construct(target as never, args, own as never);
  };
  vi.stubGlobal(name, new Proxy(globalThis[name], { construct }));
  return made;
}

/** Counts what handshakes at `/plain` and `/reads` make; a handler reads the request at the second. */
async function startCountingServer() {
  const app = createApp({ clock: new Clock() });
  app.ws("/plain", async (socket, { token, query, cookies }) => {
    await socket.send(JSON.stringify({ token, query, cookies }));
    await socket.closed;
  });
  app.ws("/reads", async (socket, { request, headers }) => {
    await socket.send(JSON.stringify([request.url, headers.get("cookie"), request.signal.aborted]));
    await socket.closed;
  });
  const server = createServer();
  const attached = attach(server, app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const counted = {
    requests: countMade("Request"),
    headers: countMade("Headers"),
    signals: countMade("AbortController"),
  };
  const address = vi.spyOn(server, "address");
  return {
    /** The first message at a path, and what its handshake made. */
    open: async (path: string) => {
      using client = await connectRawClient(port);
      for (const made of Object.values(counted)) made.count = 0;
      address.mockClear();
      const headers = {
        Host: "localhost",
        Origin: "http://localhost",
        Cookie: "a=1",
        Authorization: "Bearer t",
      };
      expect((await client.open(path, headers)).status).toBe(101);
      const message = await client.text();
      const { requests, headers: webHeaders, signals } = counted;
      const made = {
        requests: requests.count,
        headers: webHeaders.count - 1, // the client of the test makes one
        signals: signals.count,
        addresses: address.mock.calls.length,
      };
      return { message: JSON.parse(message) as unknown, made };
    },
    async [Symbol.asyncDispose]() {
      await attached.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

test("a handshake makes no web request, headers or signal that no code reads, and does not ask for the server's address", async () => {
  await using server = await startCountingServer();
  const { message, made } = await server.open("/plain?x=1");
  expect(message).toEqual({ token: "t", query: { x: "1" }, cookies: { a: "1" } });
  expect(made).toEqual({ requests: 0, headers: 0, signals: 0, addresses: 0 });
});

test("a handler that reads the request gets one, with its headers and signal", async () => {
  await using server = await startCountingServer();
  const { message, made } = await server.open("/reads?x=1");
  expect(message).toEqual(["http://localhost/reads?x=1", "a=1", false]);
  expect(made).toMatchObject({ requests: 1, headers: 1 });
});
