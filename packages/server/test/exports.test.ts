import { expect, test } from "vitest";

test("@symbolon/server exports these names and no others", async () => {
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
      "binary",
      "bool",
      "bytes",
      "contract",
      "createApp",
      "href",
      "int",
      "json",
      "listen",
      "listenEach",
      "text",
    ]
  `);
});

test("@symbolon/server/node exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/node")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "attach",
      "serve",
    ]
  `);
});

test("@symbolon/server/store exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/store")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "memoryStore",
    ]
  `);
});

test("@symbolon/server/file exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/file")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "fileStore",
    ]
  `);
});

test("@symbolon/server/testing exports these names and no others", async () => {
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

test("@symbolon/server/current exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/current")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "current",
    ]
  `);
});

test("@symbolon/server/file exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/server/file")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "fileStore",
    ]
  `);
});
