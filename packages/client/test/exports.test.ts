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

test("@symbolon/client exports these values and no others", async () => {
  const names = Object.keys(await import("@symbolon/client")).sort();
  expect(names).toMatchInlineSnapshot(`
    [
      "CloseCode",
      "CloseError",
      "OutcomeUnknown",
      "ProtocolError",
      "RequestError",
      "ValidationError",
      "connect",
      "openSocket",
    ]
  `);
});

test("@symbolon/client exports these types and no others, and at most 30 names in all", () => {
  const { values, types } = exportedNames("index.ts");
  expect(types).toMatchInlineSnapshot(`
    [
      "Client",
      "Closed",
      "Codec",
      "ConnectOptions",
      "ConnectionStatus",
      "EventFailure",
      "EventOptions",
      "Gap",
      "Issue",
      "Message",
      "OpenSocketOptions",
      "OutboxOptions",
      "RawSocket",
      "Reset",
      "Sent",
      "Subscribable",
      "WebSocketClass",
      "WebSocketLike",
    ]
  `);
  expect(values.length + types.length).toBeLessThanOrEqual(30);
});

test("@symbolon/client/react exports these values and no others", async () => {
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

test("@symbolon/client/react exports these types and no others", () => {
  expect(exportedNames("react/index.ts").types).toMatchInlineSnapshot(`
    [
      "ClientEvents",
      "EventData",
      "InputStreamName",
      "RequestState",
      "StreamState",
      "UseStreamOptions",
    ]
  `);
});
