/** The contract of the hooks page and its server: an event, a request and a stream. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod/mini";

/** A room. */
export const room = contract("/rooms/:room", {
  client: {
    /** Sends a text to the room. */
    post: z.string(),
    /** Joins under a name; the ticket is the length of the name. */
    join: request({
      input: z.string(),
      output: z.object({ ticket: z.number() }),
      errors: { FULL: z.object({ tickets: z.number() }) },
    }),
    /** Counts from 1 up to `to`. With a negative `to` the stream stays open after its last number. */
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
  },
  server: {
    /** A client has sent a text to the room. */
    posted: z.string(),
  },
});
