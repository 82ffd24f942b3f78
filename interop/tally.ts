/** What a session over a bad network shows: what was said either way is tallied, and may be asked for. */
import { contract, request, stream } from "@symbolon/protocol";
import type { App } from "@symbolon/server";
import * as z from "zod";

const tally = contract("/tally/:room", {
  client: {
    tell: z.number(),
    echo: request({ input: z.number(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
    heard: request({ input: z.null(), output: z.array(z.number()) }),
  },
  server: { told: z.number(), said: z.number() },
});

/** Serves a tally for each session. What is told comes back twice: from the server, and from the room. */
export function serveTally(app: App): void {
  app.implement(tally, (peer, { params, room }) => {
    const here = room(params.room);
    here.join(peer);
    const heard: number[] = [];
    return {
      tell: (n) => {
        heard.push(n);
        void peer.send("told", n);
        here.send("said", n);
      },
      echo: (n) => n,
      *count(to) {
        for (let n = 1; n <= to; n += 1) yield n;
      },
      heard: () => heard,
    };
  });
}
