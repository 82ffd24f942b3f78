/** What the clients and the server of the chaos say: everything is numbered, so that each half can judge what it hears. */
import { contract, request, stream } from "@symbolon/protocol";
import * as z from "zod";

const n = z.int();
/** In one life of the server: it begins to count anew in the next. */
const ofLife = z.object({ life: z.number(), n });

/** One client's conversation; those of a room hear each other's shouts. */
export const chaos = contract("/chaos/:room/:client", {
  client: {
    /** Its padding makes messages of all sizes. */
    say: z.object({ n, padding: z.string() }),
    shout: n,
    /** The answer is twice the question. */
    ask: request({ input: n, output: n }),
    /** So many items, from 1 on. */
    count: stream({ input: n, output: n }),
    /** Each item of the upload. */
    echo: stream({ input: z.null(), upload: n, output: n }),
    /** The server says nothing more by itself; how much it has said since it knows this client. */
    totals: request({ input: z.null(), output: z.object({ told: ofLife, asked: ofLife }) }),
  },
  server: {
    told: ofLife,
    shouted: z.object({ from: z.string(), n }),
    question: request({ input: ofLife, output: n }),
    list: stream({ input: n, output: n }),
  },
});
