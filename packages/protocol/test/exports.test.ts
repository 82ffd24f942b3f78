import { expect, test } from "vitest";
import { exportedNames } from "../../../test/exported-names.ts";

test("@symbolon/protocol exports these values and no others", async () => {
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
      "request",
      "stream",
      "text",
    ]
  `);
});

test("@symbolon/protocol exports these types and no others, and at most 50 names in all", () => {
  const { values, types } = exportedNames(new URL("../src/index.ts", import.meta.url));
  expect(types).toMatchInlineSnapshot(`
    [
      "AnyContract",
      "CallArguments",
      "CallContext",
      "CallOptions",
      "CallOutput",
      "ClientMessages",
      "Closed",
      "Codec",
      "Contract",
      "ContractDefinition",
      "DeclaredError",
      "EventInput",
      "EventName",
      "FrameCodec",
      "HandlerInput",
      "HandlerOutput",
      "HandlerUpload",
      "Issue",
      "Message",
      "Messages",
      "ParamsInput",
      "ParamsOutput",
      "PathParams",
      "QueryInput",
      "QueryOutput",
      "RequestKind",
      "RequestName",
      "Schema",
      "ServerMessages",
      "StreamKind",
      "StreamName",
    ]
  `);
  expect(values.length + types.length).toBeLessThanOrEqual(50);
});

test("@symbolon/protocol/msgpack exports this name and no other", async () => {
  expect(Object.keys(await import("@symbolon/protocol/msgpack"))).toEqual(["msgpack"]);
});
