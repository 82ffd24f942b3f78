/** What a session over a bad network says: numbers, either way, and what became of them. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

export const tally = contract("/tally/:room", {
  client: {
    tell: z.number(),
    echo: request({ input: z.number(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
    heard: request({ input: z.null(), output: z.array(z.number()) }),
  },
  server: { told: z.number(), said: z.number() },
});
