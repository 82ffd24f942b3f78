import { type ContractDefinition, contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import type { RouteSchemas } from "@symbolon/server";
import * as v from "valibot";
import { expect, test } from "vitest";
import { z } from "zod";
import { asyncapi, type JsonObject } from "../../src/index.ts";
import { documentErrors } from "./document-errors.ts";

const info = { title: "Test", version: "1.0.0" };

function write(path: string, schemas: RouteSchemas): JsonObject | undefined {
  const app = createApp();
  app.ws(path, schemas, () => {});
  const document = asyncapi(app, info);
  expect(documentErrors(document)).toEqual([]);
  return Object.values(document.channels)[0];
}

test("the parameters of a path stand in its address", () => {
  expect(write("/a/:b/c/*rest", {})).toMatchObject({
    address: "/a/{b}/c/{rest}",
    parameters: {
      b: {},
      rest: { description: "All that follows in the path, with its slashes.", "x-symbolon-rest": true },
    },
  });
  expect(write("/a/:b?", {})).toMatchObject({
    address: "/a/{b}",
    parameters: { b: { description: "The path may end before it.", "x-symbolon-optional": true } },
  });
  expect(write("/a", {})).not.toHaveProperty("parameters");
});

test("a parameter has the values, the default and the description of its schema, and the schema itself", () => {
  const params = z.object({
    room: z.enum(["red", "blue"]).default("red").describe("Which room."),
    page: z.coerce.number().int().default(3),
  });
  expect(write("/:room/:page?", { params })?.["parameters"]).toEqual({
    room: {
      description: "Which room.",
      enum: ["red", "blue"],
      default: "red",
      "x-symbolon-schema": {
        description: "Which room.",
        type: "string",
        enum: ["red", "blue"],
        default: "red",
      },
    },
    page: {
      description: "The path may end before it.",
      "x-symbolon-schema": expect.objectContaining({ type: "integer", default: 3 }),
      "x-symbolon-optional": true,
    },
  });
});

test("parameters whose schema is unknown, or not one of an object, have the schema of all", () => {
  const [unknown, union] = [
    write("/:room", { params: v.object({ room: v.string() }) }),
    write("/:room", { params: z.union([z.object({ room: z.string() }), z.object({ room: z.number() })]) }),
  ];
  const description = "`x-symbolon-schema` describes all parameters together.";
  expect(unknown?.["parameters"]).toEqual({
    room: { description, "x-symbolon-schema": expect.objectContaining({ "x-symbolon-unknown": true }) },
  });
  expect(union?.["parameters"]).toEqual({
    room: { description, "x-symbolon-schema": { anyOf: [expect.anything(), expect.anything()] } },
  });
});

test("the binding has the query and the headers, an extension the cookies", () => {
  const channel = write("/", {
    query: z.object({ since: z.string().optional() }),
    headers: z.object({ "x-device": z.string() }),
    cookies: z.object({ session: z.string() }),
  });
  expect(channel).toMatchObject({
    bindings: {
      ws: {
        method: "GET",
        query: { type: "object", properties: { since: { type: "string" } } },
        headers: { type: "object", properties: { "x-device": { type: "string" } }, required: ["x-device"] },
        bindingVersion: "0.1.0",
      },
    },
    "x-symbolon-cookies": {
      type: "object",
      properties: { session: { type: "string" } },
      required: ["session"],
    },
  });
});

test("the binding's query is an object with properties, also when the schema is a union, or unknown", () => {
  const union = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
  const [ofUnion, ofUnknown] = [write("/", { query: union }), write("/", { query: v.object({}) })];
  expect(ofUnion).toMatchObject({
    bindings: { ws: { query: { type: "object", properties: {}, allOf: [{ anyOf: [{}, {}] }] } } },
  });
  expect(ofUnknown).toMatchObject({
    bindings: { ws: { query: { type: "object", properties: {}, "x-symbolon-unknown": true } } },
  });
});

test("the bound of a contract's messages is in its description and in an extension", () => {
  const app = createApp({ maxPayload: 5_000 });
  const definition: ContractDefinition = {};
  app.implement(contract("/small", definition), { maxPayload: 1_000 }, () => ({}));
  app.implement(contract("/large", definition), () => ({}));
  const { channels } = asyncapi(app, info);
  expect(channels).toMatchObject({
    small: {
      "x-symbolon-max-payload": 1_000,
      description: expect.stringContaining("A message to the server has at most 1000 bytes."),
    },
    large: { "x-symbolon-max-payload": 5_000 },
  });
});
