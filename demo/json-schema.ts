import type { Schema } from "@symbolon/protocol";
import * as z from "zod/mini";

/** Writes the chat's schemas for its docs page: `zod/mini` does not do so itself. JSON Schema knows no bytes. */
export function toJsonSchema(schema: Schema, io: "input" | "output"): object {
  return z.toJSONSchema(schema as z.ZodMiniType, {
    io,
    target: "draft-7",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      if (Object.keys(jsonSchema).length > 0) return;
      jsonSchema["x-symbolon-unknown"] = true;
      jsonSchema.description = "Bytes, which JSON does not carry.";
    },
  });
}
