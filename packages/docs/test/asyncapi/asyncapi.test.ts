import { contract, text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { asyncapi } from "../../src/index.ts";
import { documentErrors } from "./document-errors.ts";

const info = { title: "Test", version: "1.0.0" };
const count = { type: "integer", minimum: 1 };
const failureNumber = {
  ...count,
  description: "With this number, an `error` with the same `re` reports that the event has failed.",
};
const reference = (target: string) => ({ $ref: `#/${target}` });

test("an app without routes has an empty document", () => {
  const document = asyncapi(createApp(), info);
  expect(document).toEqual({
    asyncapi: "3.0.0",
    info,
    defaultContentType: "application/json",
    channels: {},
    operations: {},
  });
  expect(documentErrors(document)).toEqual([]);
});

test("a contract with an event in each direction is a channel with its operations", () => {
  const chat = contract("/chat/:room", {
    query: z.object({ name: z.string() }),
    client: { post: z.object({ text: z.string().max(500) }) },
    server: { posted: z.string() },
  });
  const app = createApp();
  app.implement(chat, () => ({ post: () => {} }));
  const document = asyncapi(app, { ...info, description: "A chat." });
  const channel = reference("channels/chat.room");
  expect(document).toEqual({
    asyncapi: "3.0.0",
    info: { ...info, description: "A chat." },
    defaultContentType: "application/json",
    channels: {
      "chat.room": {
        address: "/chat/{room}",
        title: "/chat/:room",
        description: expect.stringMatching(
          /^A contract of symbolon\. .* PROTOCOL\.md of symbolon describes them\.\n\nA message to the server has at most 65536 bytes\.$/,
        ),
        messages: {
          "client.post": {
            name: "post",
            payload: {
              type: "object",
              properties: {
                t: { const: "event" },
                name: { const: "post" },
                data: {
                  type: "object",
                  properties: { text: { type: "string", maxLength: 500 } },
                  required: ["text"],
                },
                q: failureNumber,
              },
              required: ["t", "name", "data"],
            },
          },
          "server.posted": {
            name: "posted",
            payload: {
              type: "object",
              properties: {
                t: { const: "event" },
                name: { const: "posted" },
                data: { type: "string" },
                q: failureNumber,
              },
              required: ["t", "name", "data"],
            },
          },
          "frame.error": {
            name: "error",
            description: expect.stringContaining("`INVALID`"),
            payload: {
              type: "object",
              properties: {
                t: { const: "error" },
                re: count,
                code: { type: "string", minLength: 1, maxLength: 128 },
                message: { type: "string" },
                data: {},
              },
              required: ["t", "code", "message"],
            },
          },
        },
        parameters: { room: {} },
        bindings: {
          ws: {
            method: "GET",
            query: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
            bindingVersion: "0.1.0",
          },
        },
        "x-symbolon-kind": "contract",
        "x-symbolon-max-payload": 65_536,
        "x-symbolon-subprotocols": ["symbolon.v1.json"],
      },
    },
    operations: {
      "chat.room.receive.post": {
        action: "receive",
        channel,
        title: "post",
        messages: [reference("channels/chat.room/messages/client.post")],
      },
      "chat.room.send.posted": {
        action: "send",
        channel,
        title: "posted",
        messages: [reference("channels/chat.room/messages/server.posted")],
      },
      "chat.room.receive.frames": {
        action: "receive",
        channel,
        title: "frames",
        description: "What events, requests and streams need besides.",
        messages: [reference("channels/chat.room/messages/frame.error")],
      },
      "chat.room.send.frames": {
        action: "send",
        channel,
        title: "frames",
        description: "What events, requests and streams need besides.",
        messages: [reference("channels/chat.room/messages/frame.error")],
      },
    },
  });
  expect(documentErrors(document)).toEqual([]);
});

test("the routes of mounted apps have their prefixes, and HTTP routes have no channel", () => {
  const inner = createApp();
  inner.ws("/echo", { receive: text, send: text }, () => {});
  const app = createApp();
  app.mount("/v1", inner);
  app.http("/health", () => new Response("ok"));
  const { channels } = asyncapi(app, info);
  expect(Object.entries(channels).map(([key, { address }]) => [key, address])).toEqual([
    ["v1.echo", "/v1/echo"],
  ]);
});

test("paths that give one key have keys with numbers", () => {
  const app = createApp();
  for (const path of ["/a/:b", "/a/b", "/", "/größe"]) app.ws(path, () => {});
  const document = asyncapi(app, info);
  expect(Object.keys(document.channels)).toEqual(["a.b", "a.b_2", "root", "gr__e"]);
  expect(documentErrors(document)).toEqual([]);
});

test("the document is a plain JSON value", () => {
  const app = createApp();
  app.ws("/", { query: z.object({ since: z.string().default("now") }) }, () => {});
  const document = asyncapi(app, {
    ...info,
    servers: { local: { host: "localhost", protocol: "ws", title: undefined } },
  });
  expect(JSON.parse(JSON.stringify(document))).toStrictEqual(document);
  expect(documentErrors(document)).toEqual([]);
});

test("what is not an app is refused", () => {
  expect(() => asyncapi({} as never, info)).toThrow("describeApp needs an app made by createApp");
});
