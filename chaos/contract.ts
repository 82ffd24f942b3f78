/** The contract of the chaos test: every message has a number, so that its receiver can check what arrived. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

const n = z.int();
/** A number of one server process; the next process counts from 1 again. */
const processCount = z.object({ startedAt: z.number(), n });

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
    /** Stops the server's own messages, and returns how many this server process has sent. */
    totals: request({
      input: z.null(),
      output: z.object({ updates: processCount, questions: processCount }),
    }),
  },
  server: {
    update: processCount,
    postedToRoom: z.object({ from: z.string(), n }),
    question: request({ input: processCount, output: n }),
    list: stream({ input: n, output: n }),
  },
});
