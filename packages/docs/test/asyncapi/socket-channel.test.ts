import { binary, bool, bytes, type Codec, int, json, text } from "@symbolon/protocol";
import { createApp, type SocketOptions } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { asyncapi, type JsonObject } from "../../src/index.ts";
import { documentErrors } from "./document-errors.ts";

function write(options: SocketOptions) {
  const app = createApp();
  app.with(options).ws("/r", () => {});
  const document = asyncapi(app, { title: "Test", version: "1.0.0" });
  expect(documentErrors(document)).toEqual([]);
  const { messages, ...channel } = document.channels["r"] as JsonObject & { readonly messages: JsonObject };
  return { messages, channel, operations: document.operations };
}

test("a raw route has one message and one operation in each direction", () => {
  const { messages, channel, operations } = write({
    receive: int,
    send: text,
    maxPayload: 9,
    idleTimeout: 60_000,
  });
  expect(messages).toEqual({
    "client.message": {
      name: "message",
      contentType: "text/plain",
      payload: { type: "integer" },
      "x-symbolon-websocket-message": "text",
    },
    "server.message": {
      name: "message",
      contentType: "text/plain",
      payload: { type: "string" },
      "x-symbolon-websocket-message": "text",
    },
  });
  expect(channel).toEqual({
    address: "/r",
    title: "/r",
    description:
      "A raw WebSocket route: each message is a value, without an envelope.\n\nThe server closes with 1001 when the client has sent no message for 60000 ms.\n\nA message to the server has at most 9 bytes.",
    bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
    "x-symbolon-kind": "socket",
    "x-symbolon-max-payload": 9,
    "x-symbolon-idle-timeout": 60_000,
  });
  const of = { $ref: "#/channels/r" };
  expect(operations).toEqual({
    "r.receive.message": {
      action: "receive",
      channel: of,
      title: "message",
      messages: [{ $ref: "#/channels/r/messages/client.message" }],
    },
    "r.send.message": {
      action: "send",
      channel: of,
      title: "message",
      messages: [{ $ref: "#/channels/r/messages/server.message" }],
    },
  });
});

const undeclared = {
  description: "The codec of the route declares no schema.",
  "x-symbolon-unknown": true,
};
const own: Codec<string> = { type: "text", encode: (value) => value, decode: String };

test.each<[name: string, codec: Codec<never, unknown>, contentType: string, type: string, payload: object]>([
  ["text", text, "text/plain", "text", { type: "string" }],
  ["int", int, "text/plain", "text", { type: "integer" }],
  ["bool", bool, "text/plain", "text", { type: "boolean" }],
  ["bytes", bytes, "application/octet-stream", "binary", { type: "string", format: "binary" }],
  ["json(schema)", json(z.string()), "application/json", "any", { type: "string" }],
  ["binary(json(schema))", binary(json(z.string())), "application/json", "binary", { type: "string" }],
  ["json()", json(), "application/json", "any", undeclared],
  ["binary(int)", binary(int), "application/octet-stream", "binary", undeclared],
  ["a codec of the app", own, "text/plain", "text", undeclared],
  [
    "one with a media type and a schema",
    { ...own, contentType: "text/csv", schema: z.string() },
    "text/csv",
    "text",
    { type: "string" },
  ],
])("%s", (_, codec, contentType, type, payload) => {
  const { messages } = write({ receive: codec, send: codec });
  for (const key of ["client.message", "server.message"])
    expect(messages[key]).toEqual({
      name: "message",
      contentType,
      payload,
      "x-symbolon-websocket-message": type,
    });
});

test("a codec reads the input of its schema, and writes the output", () => {
  const codec = json(z.object({ a: z.string().default("x") }));
  const { messages } = write({ receive: codec, send: codec });
  const a = { type: "string", default: "x" };
  expect(messages).toMatchObject({
    "client.message": { payload: { type: "object", properties: { a } } },
    "server.message": { payload: { type: "object", properties: { a }, required: ["a"] } },
  });
  expect(messages["client.message"]).not.toHaveProperty("payload.required");
});

test("a route without codecs says that its messages are unknown", () => {
  const { messages } = write({});
  expect(messages).toMatchObject({
    "client.message": {
      contentType: "application/octet-stream",
      payload: {
        description: "The route declares no codec: it receives texts and bytes as they are.",
        "x-symbolon-unknown": true,
      },
    },
    "server.message": { payload: { "x-symbolon-unknown": true } },
  });
});
