import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

/** Something that is said: its number in the world, and some length. */
const said = z.object({ n: z.number(), pad: z.string() });
/** What the server says names its conversation as well. */
const told = z.object({ n: z.number(), conv: z.number(), pad: z.string() });
/** Item `i` of the stream `n`. */
const item = z.object({ n: z.number(), i: z.number() });

/** The application whose messages are counted: everything a contract can have, in both directions. */
export const talk = contract("/talk", {
  client: {
    note: said,
    ask: request({ input: said, output: z.number(), errors: { ODD: z.number() } }),
    list: stream({ input: said, output: item }),
    feed: stream({ input: said, output: item, upload: item }),
  },
  server: {
    news: told,
    ask: request({ input: told, output: z.number(), errors: { ODD: z.number() } }),
    list: stream({ input: told, output: item }),
    spoken: told,
  },
});
