/** The contract of the chaos test: every message has a number, so that its receiver can check what arrived. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

const n = z.int();
/** A number of one setup of the server for its client, in the process `pid`; the next setup counts from 1 again. */
const setupCount = z.object({ setup: z.string(), pid: n, n });

/** One client's conversation; the members of a room receive each other's room messages. */
export const chaos = contract("/chaos/:room/:client", {
  client: {
    /** The padding gives the messages different sizes. */
    post: z.object({ n, padding: z.string() }),
    postToRoom: n,
    /** The reply is twice the input. */
    ask: request({ input: n, output: n }),
    /** Yields the numbers from 1 to the input. */
    count: stream({ input: n, output: n }),
    /** Yields each item of the upload. */
    echo: stream({ input: z.null(), upload: n, output: n }),
    /** Stops the server's own messages, and returns how many this setup has sent. */
    totals: request({
      input: z.null(),
      output: z.object({ updates: setupCount, questions: setupCount }),
    }),
  },
  server: {
    update: setupCount,
    postedToRoom: z.object({ from: z.string(), n }),
    question: request({ input: setupCount, output: n }),
    list: stream({ input: n, output: n }),
  },
});
