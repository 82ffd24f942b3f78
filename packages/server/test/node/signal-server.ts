/** A server in a process of its own, which gets a SIGTERM: it prints its port, and when its handlers end. */
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";

const [mode] = process.argv.slice(2);
const app = createApp();

app.ws("/echo", async (socket) => {
  for await (const message of socket) await socket.send(message);
  if (mode === "hangs") await new Promise(() => {});
  console.log("finished");
});

// A stream of events that never ends.
app.http("/events", () => {
  const first = new TextEncoder().encode("data: 1\n\n");
  const events = new ReadableStream({ start: (stream) => stream.enqueue(first) });
  return new Response(events, { headers: { "content-type": "text/event-stream" } });
});

const drain = mode === "restarts" ? {} : { drain: 1_000 };
const server = await serve(app, { port: 0, ...drain, signals: mode !== "own" });
if (mode === "own" || mode === "both")
  process.once("SIGTERM", () => {
    console.log("own");
    void server.close().then(() => process.exit(7));
  });
// A timer keeps the process running, as a pool of connections does.
setInterval(() => {}, 60_000);
console.log(String(server.port));
