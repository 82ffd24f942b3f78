import { expect, test } from "vitest";

test("@symbolon/protocol exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/protocol")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "CallingPeer",
      "CloseCode",
      "CloseError",
      "DurableSession",
      "HandshakeError",
      "Mailbox",
      "OutcomeUnknown",
      "Peer",
      "ProtocolError",
      "RequestError",
      "SUBPROTOCOL",
      "Sent",
      "Session",
      "Socket",
      "VERSION",
      "ValidationError",
      "WireEvents",
      "binary",
      "bool",
      "bytes",
      "callFrames",
      "checkCloseCode",
      "clientFrames",
      "closeAdvice",
      "closeCodeOfStatus",
      "contract",
      "createPeer",
      "cutReason",
      "href",
      "int",
      "isDeclared",
      "joinedWires",
      "json",
      "jsonFrames",
      "pathPattern",
      "request",
      "stream",
      "text",
      "validate",
      "whatever",
    ]
  `);
});

test("@symbolon/protocol/msgpack exports this name and no other", async () => {
  expect(Object.keys(await import("@symbolon/protocol/msgpack"))).toEqual(["msgpack"]);
});
