import { expect, test } from "vitest";

test("@symbolon/client exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/client")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "CloseCode",
      "CloseError",
      "HandshakeError",
      "OutcomeUnknown",
      "ProtocolError",
      "RequestError",
      "ValidationError",
      "binary",
      "bool",
      "bytes",
      "connect",
      "contract",
      "href",
      "int",
      "json",
      "openSocket",
      "text",
    ]
  `);
});

test("@symbolon/client/react exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/client/react")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "useClient",
      "useClientEvent",
      "useEvent",
      "useRequest",
      "useStatus",
      "useStream",
    ]
  `);
});
