/** The server of the client suite. */
import { type App, CloseCode, CloseError, RequestError } from "@symbolon/server";
import { everything } from "./suite-contract.mjs";

/** Serves the suite's contract. `cut` ends a client's session as a server that restarts does. */
export function serveEverything(app: App): void {
  /** The handlers that have ended, by room; each client has its own room. */
  const log = new Map<string, string[]>();
  app.implement(everything, (peer, { params, room }) => {
    room(params.room).join(peer);
    const ended = log.get(params.room) ?? [];
    log.set(params.room, ended);
    const untilAborted = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    return {
      post: (text, call) => call.room(params.room).send("posted", { text, room: params.room }),
      cut: () => {
        throw new CloseError(CloseCode.ServiceRestart);
      },
      double: (n) => {
        if (n % 2 === 1) throw new RequestError("ODD", "only even numbers", { rest: n % 2 });
        return n * 2;
      },
      wait: async (_, { signal }) => {
        await untilAborted(signal);
        ended.push("wait");
      },
      confirmed: (question) => peer.request("confirm", question),
      count: async function* (to) {
        try {
          for (let n = 1; n <= to; n += 1) yield n;
        } finally {
          ended.push("count");
        }
      },
      sums: async function* (_, { upload }) {
        let sum = 0;
        for await (const n of upload) yield (sum += n);
      },
      ended: () => ended.splice(0),
    };
  });
}
