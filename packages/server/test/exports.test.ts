import { expect, test } from "vitest";
import { exportedNames } from "../../../test/exported-names.ts";

test("@symbolon/server exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "CloseCode",
      "CloseError",
      "HandshakeError",
      "OutcomeUnknown",
      "Peer",
      "ProtocolError",
      "RequestError",
      "Socket",
      "ValidationError",
      "createApp",
      "identity",
      "listen",
      "listenEach",
    ]
  `);
});

test("@symbolon/server exports these types and no others, and at most 60 names in all", () => {
  const { values, types } = exportedNames(new URL("../src/index.ts", import.meta.url));
  expect(types).toMatchInlineSnapshot(`
    [
      "AcceptInit",
      "App",
      "AppOptions",
      "BaseContext",
      "BroadcastOptions",
      "Call",
      "Clock",
      "Close",
      "Closed",
      "Codec",
      "Conflate",
      "Context",
      "ContractContext",
      "ContractRoom",
      "Credentials",
      "ErrorContext",
      "Gauges",
      "Handlers",
      "HandshakeOptions",
      "HeartbeatOptions",
      "Hook",
      "HookContext",
      "HttpHandler",
      "ImplementOptions",
      "Issue",
      "JoinOptions",
      "LimitOptions",
      "Listener",
      "Message",
      "OnError",
      "ProvidedIdentity",
      "RawContext",
      "RoomChange",
      "RoomView",
      "RoomsOptions",
      "RouteSchemas",
      "SecurityOptions",
      "Sent",
      "Service",
      "SessionChange",
      "SessionOptions",
      "Setup",
      "SocketClass",
      "SocketHandler",
      "SocketOptions",
      "SocketRoom",
      "SocketRouteOptions",
    ]
  `);
  expect(values.length + types.length).toBeLessThanOrEqual(60);
});

test("@symbolon/server/node exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/node")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "RefusedError",
      "attach",
      "serve",
    ]
  `);
});

test("@symbolon/server/monitor exports these values and no others", async () => {
  expect(Object.keys(await import("@symbolon/server/monitor")).sort()).toEqual(["health", "metrics"]);
});

test("@symbolon/server/store exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/store")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "findInvalidRecord",
      "memoryStore",
    ]
  `);
});

test("@symbolon/server/file exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/file")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "fileStore",
    ]
  `);
});

test("@symbolon/server/testing exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/testing")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "Clock",
      "CookieJar",
      "TestSocket",
      "TimeoutError",
      "testNetwork",
    ]
  `);
});

test("@symbolon/server/current exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/current")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "current",
    ]
  `);
});

test("@symbolon/server/publisher exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/publisher")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "publisher",
    ]
  `);
});

test("@symbolon/server/tickets exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/tickets")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "tickets",
    ]
  `);
});
