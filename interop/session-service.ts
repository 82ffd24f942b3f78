/** Serves the contract of the session test. */
import type { App } from "@symbolon/server";
import { numbers } from "./client/session-contract.mjs";

/** Sends each number back twice: to the client, and to the room. */
export function serveNumbers(app: App): void {
  app.implement(numbers, (peer, { params, room }) => {
    room(params.room).join(peer);
    const received: number[] = [];
    return {
      post: (n, call) => {
        received.push(n);
        void peer.send("posted", n);
        call.room(params.room).send("postedToRoom", n);
      },
      echo: (n) => n,
      *count(to) {
        for (let n = 1; n <= to; n += 1) yield n;
      },
      received: () => received,
    };
  });
}
