/** The contract of the session test: client and server send each other numbers. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

export const numbers = contract("/numbers/:room", {
  client: {
    post: z.number(),
    echo: request({ input: z.number(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
    received: request({ input: z.null(), output: z.array(z.number()) }),
  },
  server: { posted: z.number(), postedToRoom: z.number() },
});
