import { expect, test } from "vitest";
import type { AsyncApiDocument } from "../../src/index.ts";
import { documentErrors } from "./document-errors.ts";

const valid: AsyncApiDocument = {
  asyncapi: "3.0.0",
  info: { title: "Test", version: "1.0.0" },
  defaultContentType: "application/json",
  channels: { a: { address: "/{id}", parameters: { id: {} }, messages: { m: {} } }, b: { address: "/b" } },
  operations: {
    o: {
      action: "send",
      channel: { $ref: "#/channels/a" },
      messages: [{ $ref: "#/channels/a/messages/m" }],
    },
  },
};

test("a valid document has no errors", () => {
  expect(documentErrors(valid)).toEqual([]);
});

test.each<[what: string, change: Partial<Record<keyof AsyncApiDocument, unknown>>, error: string]>([
  ["against the schema", { operations: { o: { action: "read" } } }, "/operations/o"],
  ["a reference to nothing", { components: { schemas: { s: { $ref: "#/x" } } } }, "leads nowhere"],
  [
    "a message of another channel",
    {
      operations: {
        o: {
          action: "send",
          channel: { $ref: "#/channels/b" },
          messages: [{ $ref: "#/channels/a/messages/m" }],
        },
      },
    },
    "a message of another channel",
  ],
  [
    "a parameter that is not described",
    { channels: { a: { address: "/{id}", messages: { m: {} } } } },
    "other",
  ],
])("finds %s", (_, change, error) => {
  expect(documentErrors({ ...valid, ...change } as AsyncApiDocument).join("\n")).toContain(error);
});
