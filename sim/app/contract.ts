import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

/** A client's message: its number in the world, and padding. */
const clientMessage = z.object({ n: z.number(), pad: z.string() });
/** A server's message: it names its conversation as well, 0 for a message in the room. */
const serverMessage = z.object({ n: z.number(), conv: z.number(), pad: z.string() });
/** Item `i` of stream `n`. */
const item = z.object({ n: z.number(), i: z.number() });

/**
 * The contract of the application under test: every kind of message, in both directions. A change of a name or a field
 * changes the size of messages, and so what a seed does.
 */
export const chat = contract("/chat", {
  client: {
    note: clientMessage,
    ask: request({ input: clientMessage, output: z.number(), errors: { ODD: z.number() } }),
    list: stream({ input: clientMessage, output: item }),
    feed: stream({ input: clientMessage, output: item, upload: item }),
  },
  server: {
    news: serverMessage,
    ask: request({ input: serverMessage, output: z.number(), errors: { ODD: z.number() } }),
    list: stream({ input: serverMessage, output: item }),
    posted: serverMessage,
  },
});
