/** The server of this folder's page: it serves the page, its contract, and a log of connections and calls. */
import { fileURLToPath } from "node:url";
import { createApp, RequestError } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { room } from "./contract.ts";

const log: string[] = [];
const app = createApp();

app.http("/log", () => Response.json(log));

const watched = app.use(function* ({ request }) {
  const { pathname } = new URL(request.url);
  log.push(`${pathname} opened`);
  yield {};
  log.push(`${pathname} ended`);
});

watched.implement(room, (peer, { params, room }) => {
  if (params.room === "private") throw new Response("It is private", { status: 403 });
  const here = room(params.room);
  here.join(peer);
  return {
    say: (text) => here.send("said", text),
    join: async (name, { signal }) => {
      if (name === "nobody") throw new RequestError("FULL", "There is no seat left", { seats: 0 });
      if (name !== "slow") return { seat: name.length };
      log.push("join waits");
      await aborted(signal);
      log.push("join was given up");
      return { seat: 0 };
    },
    count: async function* ({ to }, { signal }) {
      try {
        for (let n = 1; n <= Math.abs(to); n += 1) yield n;
        if (to < 0) await aborted(signal);
      } finally {
        log.push("count ended");
      }
    },
  };
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
}

const assets = fileURLToPath(new URL("dist", import.meta.url));
const server = await serve(app, { port: Number(process.env["PORT"]), assets });
console.log(`symbolon hooks: http://localhost:${server.port}`);
