import { type ContractDefinition, contract, request, type Schema, stream } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { asyncapi, type JsonObject } from "../../src/index.ts";
import { documentErrors } from "./document-errors.ts";

const count = { type: "integer", minimum: 1 };
const text = { type: "string" };
const deadline = { ...count, description: "How long the caller waits, in ms." };
const channel = { $ref: "#/channels/c" };
const message = (key: string) => ({ $ref: `#/channels/c/messages/${key}` });
const correlated = (field: string) => ({ correlationId: { location: `$message.payload#/${field}` } });

/** The messages and operations of a contract, those besides that every contract has, and its channel. */
function write(definition: ContractDefinition) {
  const app = createApp();
  const declared = contract("/c", definition);
  app.implement(declared, () => ({}));
  const document = asyncapi(app, { title: "Test", version: "1.0.0" });
  expect(documentErrors(document)).toEqual([]);
  const { messages, ...rest } = document.channels["c"] as JsonObject & { readonly messages: JsonObject };
  return { messages, channel: rest, operations: document.operations };
}

const frame = (t: string, properties: object, required: readonly string[]) => ({
  type: "object",
  properties: { t: { const: t }, ...properties },
  required: ["t", ...required],
});

test("a request has a reply, its declared errors, and all other errors", () => {
  const { messages, operations } = write({
    client: {
      history: request({
        input: z.object({ limit: z.number() }),
        output: z.array(z.string()),
        errors: { GONE: z.object({ oldest: z.number() }), BUSY: z.null() },
      }),
    },
  });
  const { "frame.error": _, "frame.cancel": cancel, ...own } = messages;
  expect(own).toEqual({
    "client.history": {
      name: "history",
      payload: frame(
        "request",
        {
          q: count,
          name: { const: "history" },
          data: { type: "object", properties: { limit: { type: "number" } }, required: ["limit"] },
          deadline,
        },
        ["q", "name", "data"],
      ),
      ...correlated("q"),
    },
    "client.history.reply": {
      name: "history reply",
      payload: frame("reply", { re: count, data: { type: "array", items: text } }, ["re", "data"]),
      ...correlated("re"),
    },
    "client.history.error.GONE": {
      name: "history error GONE",
      payload: frame(
        "error",
        {
          re: count,
          code: { const: "GONE" },
          message: text,
          data: { type: "object", properties: { oldest: { type: "number" } }, required: ["oldest"] },
        },
        ["re", "code", "message", "data"],
      ),
      ...correlated("re"),
    },
    "client.history.error.BUSY": {
      name: "history error BUSY",
      payload: frame("error", { re: count, code: { const: "BUSY" }, message: text, data: { type: "null" } }, [
        "re",
        "code",
        "message",
        "data",
      ]),
      ...correlated("re"),
    },
  });
  expect(cancel).toEqual({
    name: "cancel",
    description: expect.stringContaining("the caller cancels its call"),
    payload: frame("cancel", { q: count, re: count }, []),
  });
  expect(operations).toEqual({
    "c.receive.history": {
      action: "receive",
      channel,
      title: "history",
      description: "A request: it has one reply, or an error.",
      messages: [message("client.history")],
      reply: {
        channel,
        messages: [
          message("client.history.reply"),
          message("client.history.error.GONE"),
          message("client.history.error.BUSY"),
          message("frame.error"),
        ],
      },
    },
    "c.receive.frames": expect.objectContaining({ messages: [message("frame.cancel")] }),
    "c.send.frames": expect.objectContaining({ messages: [message("frame.error")] }),
  });
});

test("a stream has a reply of many items, and an extension that says so", () => {
  const { messages, operations } = write({
    client: { typing: stream({ input: z.null(), output: z.string() }) },
  });
  expect(messages["client.typing"]).toMatchObject({ payload: { properties: { t: { const: "stream" } } } });
  expect(messages["client.typing.item"]).toEqual({
    name: "typing item",
    payload: frame("next", { re: count, data: text }, ["re", "data"]),
    ...correlated("re"),
  });
  expect(messages["frame.end"]).toMatchObject({ payload: frame("end", { q: count, re: count }, []) });
  expect(messages["frame.credit"]).toMatchObject({
    payload: frame("credit", { q: count, re: count, n: count, b: count }, ["n", "b"]),
  });
  expect(operations).toEqual({
    "c.receive.typing": {
      action: "receive",
      channel,
      title: "typing",
      description: "A stream: the reply is many items, until `end` or an error.",
      "x-symbolon-stream": true,
      messages: [message("client.typing")],
      reply: {
        channel,
        messages: [message("client.typing.item"), message("frame.end"), message("frame.error")],
      },
    },
    "c.receive.frames": expect.objectContaining({
      messages: [message("frame.cancel"), message("frame.credit")],
    }),
    "c.send.frames": expect.objectContaining({ messages: [message("frame.error")] }),
  });
});

test("the caller of a stream with an upload sends items, and the server grants credit for them", () => {
  const { messages, operations } = write({
    client: { save: stream({ input: z.null(), upload: z.number(), output: z.string() }) },
  });
  expect(messages["client.save.upload"]).toEqual({
    name: "save upload",
    payload: frame("next", { q: count, data: { type: "number" } }, ["q", "data"]),
    ...correlated("q"),
  });
  expect(operations).toMatchObject({
    "c.receive.save": {
      description: expect.stringContaining("The caller sends items too"),
      messages: [message("client.save"), message("client.save.upload"), message("frame.end")],
      reply: { messages: [message("client.save.item"), message("frame.end"), message("frame.error")] },
    },
    "c.send.frames": { messages: [message("frame.error"), message("frame.cancel"), message("frame.credit")] },
  });
});

test("a request of the server is sent, and its reply comes from the client", () => {
  const { messages, operations } = write({
    server: { confirm: request({ input: z.string(), output: z.boolean() }) },
  });
  expect(messages["server.confirm.reply"]).toMatchObject({
    payload: frame("reply", { re: count, data: { type: "boolean" } }, ["re", "data"]),
  });
  expect(operations).toMatchObject({
    "c.send.confirm": {
      action: "send",
      messages: [message("server.confirm")],
      reply: { channel, messages: [message("server.confirm.reply"), message("frame.error")] },
    },
    "c.receive.frames": { messages: [message("frame.error")] },
    "c.send.frames": { messages: [message("frame.error"), message("frame.cancel")] },
  });
});

test("one name in both directions is two messages, and other characters become _", () => {
  const { messages } = write({
    client: { note: z.string(), "a b": z.string(), "a/b": z.string() },
    server: { note: z.number() },
  });
  expect(Object.entries(messages).map(([key, each]) => [key, (each as JsonObject)["name"]])).toEqual([
    ["client.note", "note"],
    ["client.a_b", "a b"],
    ["client.a_b_2", "a/b"],
    ["server.note", "note"],
    ["frame.error", "error"],
  ]);
});

test("data is on the wire as a schema's input, in both directions, since the receiver applies the schema", () => {
  const length = z.string().transform((value) => value.length);
  const { messages } = write({ client: { post: length }, server: { posted: length } });
  for (const key of ["client.post", "server.posted"])
    expect(messages[key]).toMatchObject({ payload: { properties: { data: text } } });
});

test("a frame may lack data that its schema allows to be undefined", () => {
  const { messages } = write({
    client: {
      optional: z.string().optional(),
      fallback: z.string().default("a"),
      slow: z.unknown().refine(async () => false),
      strict: z.string(),
      throwing: throwing(),
    },
  });
  const required = Object.values(messages).map(
    (each) => Object(each) as { name: string; payload: JsonObject },
  );
  expect(Object.fromEntries(required.map(({ name, payload }) => [name, payload["required"]]))).toEqual({
    optional: ["t", "name"],
    fallback: ["t", "name"],
    slow: ["t", "name"],
    strict: ["t", "name", "data"],
    throwing: ["t", "name", "data"],
    error: ["t", "code", "message"],
  });
});

test("presence is set as the input of its schema, shown as the output, and needs a session", () => {
  const data = z.object({ name: z.string().default("Ada") });
  const { messages, channel: written, operations } = write({ presence: { data, by: "connection" } });
  expect(written).toMatchObject({
    "x-symbolon-presence": "connection",
    description: expect.stringContaining("one for each connection"),
  });
  const name = { type: "string", default: "Ada" };
  const room = { type: "string", maxLength: 200 };
  expect(messages).toMatchObject({
    "frame.presence": {
      payload: frame("presence", { room, data: { type: "object", properties: { name } } }, ["room"]),
    },
    "frame.members": {
      payload: {
        properties: {
          here: { items: { properties: { data: { properties: { name }, required: ["name"] } } } },
        },
        required: ["t", "room", "here"],
      },
    },
    "frame.presence.refused": {
      payload: frame("presence", { room, code: text, message: text }, ["room", "code", "message"]),
    },
  });
  const inSession = { description: "In a session alone.", "x-symbolon-session": true };
  expect(operations).toMatchObject({
    "c.receive.frame.presence": { ...inSession, messages: [message("frame.presence")] },
    "c.send.frame.members": {
      ...inSession,
      messages: [message("frame.members"), message("frame.presence.refused")],
    },
  });
});

test("the codec of a contract is one of its subprotocols", () => {
  const { channel: written } = write({ codec: msgpack });
  expect(written).toMatchObject({
    "x-symbolon-subprotocols": ["symbolon.v1.msgpack", "symbolon.v1.json"],
    description: expect.stringContaining(
      "With `symbolon.v1.msgpack` frames may have values that JSON does not carry.",
    ),
  });
});

/** A schema that is not written for values of other types. */
function throwing(): Schema {
  const validate = (): never => {
    throw new Error("not a text");
  };
  return { "~standard": { version: 1, vendor: "own", validate } };
}
