/** Serves what a session over a bad network says. */
import type { App } from "@symbolon/server";
import { tally } from "./client/session-contract.mjs";

/** Serves a tally for each session. What is told comes back twice: from the server, and from the room. */
export function serveTally(app: App): void {
  app.implement(tally, (peer, { params, room }) => {
    room(params.room).join(peer);
    const heard: number[] = [];
    return {
      tell: (n, call) => {
        heard.push(n);
        void peer.send("told", n);
        call.room(params.room).send("said", n);
      },
      echo: (n) => n,
      *count(to) {
        for (let n = 1; n <= to; n += 1) yield n;
      },
      heard: () => heard,
    };
  });
}
