import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The names that an entry exports, types too: it has nothing but `export { … } from …`. */
function exportedNames(entry: string): { readonly values: string[]; readonly types: string[] } {
  const source = readFileSync(new URL(`../src/${entry}`, import.meta.url), "utf8");
  const statement = /export (type )?\{([^}]*)\} from "[^"]+";\n/g;
  expect(source.replaceAll(statement, "")).toBe("");
  const names = { values: [] as string[], types: [] as string[] };
  for (const [, isType, list = ""] of source.matchAll(statement))
    names[isType === undefined ? "values" : "types"].push(...list.match(/\w+/g)!);
  return { values: names.values.sort(), types: names.types.sort() };
}

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
  const { values, types } = exportedNames("index.ts");
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
