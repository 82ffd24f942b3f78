/** The contract that our server serves in the bench. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";
import { note } from "./payloads.ts";

/** Sends each message back, as an event or as a reply; and sends streams and bursts. */
export const bench = contract("/contract", {
  client: {
    /** Comes back as `echo`. */
    echo: note,
    /** The reply is the input. */
    ask: request({ input: note, output: note }),
    /** Yields texts of so many bytes without an end. */
    items: stream({ input: z.int(), output: z.string() }),
    /** The server sends so many `echo` at once, and awaits all of them. */
    burst: z.int(),
  },
  server: { echo: note },
});

/** Sends each message to all members of one room. */
export const members = contract("/members", { client: { post: note }, server: { echo: note } });

/** The server sends to the members of each room; a client joins one by its path. */
export const rooms = contract("/rooms/:room", { server: { echo: note } });
