/** The demo's contract, and the app of each example, as documents. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type App, createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { chat, maxPictureBytes } from "../../../demo/contract.ts";
import { asyncapi, type ConvertSchema } from "../src/index.ts";
import { documentErrors } from "./asyncapi/document-errors.ts";

const folder = fileURLToPath(new URL("../../../examples/", import.meta.url));
const examples = readdirSync(folder).filter((file) => /^[a-z-]+\.ts$/.test(file) && file !== "run.ts");

test("the folder has examples", () => {
  expect(examples.length).toBeGreaterThan(15);
});

test.each(examples)("%s has a valid document", async (file) => {
  const { app } = (await import(`${folder}${file}`)) as { readonly app: App };
  const document = asyncapi(app, { title: file, version: "1.0.0" });
  expect(documentErrors(document)).toEqual([]);
});

test.each<[what: string, convert: ConvertSchema | undefined]>([
  ["without a converter", undefined],
  [
    "with zod's converter",
    (schema, io) => z.toJSONSchema(schema as z.ZodType, { io, target: "draft-7", unrepresentable: "any" }),
  ],
])("the demo's contract has a valid document %s", (_, convert) => {
  const app = createApp({ maxPayload: maxPictureBytes + 4096 }); // as demo/server.ts, which listens when it is imported
  app.implement(chat, () => ({}) as never);
  const document = asyncapi(app, { title: "Chat", version: "1.0.0", ...(convert && { convert }) });
  expect(documentErrors(document)).toEqual([]);
  expect(JSON.stringify(document).includes("x-symbolon-unknown")).toBe(convert === undefined);
});
