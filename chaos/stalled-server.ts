/** The server of the test with stalled readers: it broadcasts to a raw route and to a contract, and measures itself. */
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import * as z from "zod";

const [mode = "raw", bytes = "50000"] = process.argv.slice(2);
/** Bytes of a broadcast in a second. */
const rate = 1_000_000;
const limits = { perAddress: 10_000 }; // all clients run on one machine
const app = createApp({ limits, onError: (error) => console.error("server:", error) });

const news = contract("/news", { client: { hi: z.null() }, server: { item: z.string() } });
const service = app.implement(news, (peer, { room }) => {
  room("all").join(peer);
  return { hi: () => {} };
});
app.ws("/raw", async (socket) => {
  await socket.accept();
  app.room("all").join(socket);
  await socket.closed;
});
const server = await serve(app, { port: 0, host: "127.0.0.1" });

/** What the server has measured since it began to broadcast. */
interface Measures {
  /** The memory of the process above what it had when all were connected, at most, in MiB. */
  memory: number;
  /** The CPU time of a turn of the event loop, at most, in ms. */
  turn: number;
  /** Connections that have ended. */
  ended: number;
  /** Messages that were broadcast. */
  sent: number;
}

process.on("message", (command) => {
  if (command === "measure") broadcast();
  else process.exit();
});
process.send?.({ port: server.port, limits });

function broadcast(): void {
  globalThis.gc?.();
  const idle = process.memoryUsage.rss();
  const connected = app.gauges().connected;
  const measures: Measures = { memory: 0, turn: 0, ended: 0, sent: 0 };
  let cpu = process.cpuUsage().user;
  // A timer of 1 ms runs once in each turn of a busy event loop.
  setInterval(() => {
    const now = process.cpuUsage().user;
    measures.turn = Math.max(measures.turn, (now - cpu) / 1_000);
    cpu = now;
  }, 1);
  setInterval(() => {
    measures.memory = Math.max(measures.memory, (process.memoryUsage.rss() - idle) / 2 ** 20);
    measures.ended = connected - app.gauges().connected;
    process.send?.({ measures });
  }, 100);
  const start = performance.now();
  setInterval(() => {
    const due = ((performance.now() - start) / 1_000) * (rate / Number(bytes));
    if (measures.sent < due) send((measures.sent += 1));
  }, 10);
}

function send(n: number): void {
  const text = `${n} `.padEnd(Number(bytes), "x");
  if (mode === "raw") app.room("all").send(text);
  else service.room("all").send("item", text);
}
