/** The contract of the client suite: messages of every type in both directions. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

export const everything = contract("/everything/:room", {
  client: {
    post: z.string(),
    cut: z.undefined(),
    double: request({
      input: z.number(),
      output: z.number(),
      errors: { ODD: z.object({ rest: z.number() }) },
    }),
    wait: request({ input: z.undefined(), output: z.undefined() }),
    confirmed: request({ input: z.string(), output: z.boolean() }),
    count: stream({ input: z.number(), output: z.number() }),
    sums: stream({ input: z.undefined(), upload: z.number(), output: z.number() }),
    ended: request({ input: z.undefined(), output: z.array(z.string()) }),
  },
  server: {
    posted: z.object({ text: z.string(), room: z.string() }),
    confirm: request({ input: z.string(), output: z.boolean() }),
  },
});
