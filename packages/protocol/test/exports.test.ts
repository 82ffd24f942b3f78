import { expect, test } from "vitest";

test("@symbolon/protocol exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/protocol")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "CloseCode",
      "CloseError",
      "HandshakeError",
      "OutcomeUnknown",
      "ProtocolError",
      "RequestError",
      "Sent",
      "ValidationError",
      "binary",
      "bool",
      "bytes",
      "contract",
      "href",
      "int",
      "isDeclared",
      "json",
      "passthrough",
      "request",
      "stream",
      "text",
    ]
  `);
});

test("@symbolon/protocol/msgpack exports this name and no other", async () => {
  expect(Object.keys(await import("@symbolon/protocol/msgpack"))).toEqual(["msgpack"]);
});
