/** What the page of this folder and its server say to each other: one of each kind of message. */
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
