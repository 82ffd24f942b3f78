/** The server of the hooks page: it serves the page, its contract, and a log of connections and calls. */
import { fileURLToPath } from "node:url";
import { createApp, RequestError } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { room } from "./contract.ts";

const log: string[] = [];
const app = createApp();

app.http("/log", () => Response.json(log));

const loggedApp = app.group(function* ({ request }) {
  const { pathname } = new URL(request.url);
  log.push(`${pathname} opened`);
  yield {};
  log.push(`${pathname} ended`);
});

loggedApp.implement(room, (peer, { params, room }) => {
  if (params.room === "private") throw new Response("This room is private", { status: 403 });
  room(params.room).join(peer);
  return {
    post: (text, call) => call.room(params.room).send("posted", text),
    join: async (name, { signal }) => {
      if (name === "rejected") throw new RequestError("FULL", "There is no ticket left", { tickets: 0 });
      if (name !== "slow") return { ticket: name.length };
      log.push("join started");
      await aborted(signal);
      log.push("join aborted");
      return { ticket: 0 };
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
