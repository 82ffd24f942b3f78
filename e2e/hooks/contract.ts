/** The contract of this folder's page and its server: one message of each kind. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod/mini";

export const room = contract("/rooms/:room", {
  client: {
    say: z.string(),
    join: request({
      input: z.string(),
      output: z.object({ seat: z.number() }),
      errors: { FULL: z.object({ seats: z.number() }) },
    }),
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
  },
  server: { said: z.string() },
});
