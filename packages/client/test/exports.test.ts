import { expect, test } from "vitest";
import { exportedNames } from "../../../test/exported-names.ts";

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
      "openedWithin",
    ]
  `);
});

test("@symbolon/client exports these types and no others, and at most 30 names in all", () => {
  const { values, types } = exportedNames(new URL("../src/index.ts", import.meta.url));
  expect(types).toMatchInlineSnapshot(`
    [
      "Client",
      "ClientInboxOptions",
      "Closed",
      "Codec",
      "ConnectOptions",
      "ConnectionStatus",
      "EventFailure",
      "EventOptions",
      "Gap",
      "InboxOptions",
      "Issue",
      "Message",
      "OpenSocketOptions",
      "OutboxOptions",
      "RawSocket",
      "ReconnectOptions",
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
      "usePresence",
      "useRequest",
      "useStatus",
      "useStream",
    ]
  `);
});

test("@symbolon/client/react exports these types and no others", () => {
  expect(exportedNames(new URL("../src/react/index.ts", import.meta.url)).types).toMatchInlineSnapshot(`
    [
      "ClientEvents",
      "EventData",
      "InputStreamName",
      "PresenceState",
      "RequestState",
      "StreamState",
      "UseStreamOptions",
    ]
  `);
});

test("@symbolon/client/trace exports these values and no others", async () => {
  expect(Object.keys(await import("@symbolon/client/trace"))).toEqual(["traceWebSocket"]);
});
