import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { request } from "../../src/peer/request.ts";
import { stream } from "../../src/peer/stream.ts";

/** The same messages by each library: a default, a coercion, a transform, and an item that is read as another type. */
const zod = {
  post: z.object({ text: z.string(), times: z.number().default(1) }),
  order: request({
    input: z.object({ id: z.string().transform(Number) }),
    output: z.string().transform((text) => text.length),
    errors: { GONE: z.object({ since: z.string().transform(Number) }) },
  }),
  lines: stream({
    input: z.string(),
    upload: z.string().transform(Number),
    output: z.string().transform(Number),
  }),
};

const number = v.pipe(v.string(), v.transform(Number));
const valibot = {
  post: v.object({ text: v.string(), times: v.optional(v.number(), 1) }),
  order: request({
    input: v.object({ id: number }),
    output: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    errors: { GONE: v.object({ since: number }) },
  }),
  lines: stream({ input: v.string(), upload: number, output: number }),
};

const read = type("string").pipe(Number);
const arktype = {
  post: type({ text: "string", times: "number = 1" }),
  order: request({
    input: type({ id: read }),
    output: type("string").pipe((text) => text.length),
    errors: { GONE: type({ since: read }) },
  }),
  lines: stream({ input: type("string"), upload: read, output: read }),
};

/** The messages of the suite, by the name of the library. */
export const validators = { zod, valibot, arktype };
