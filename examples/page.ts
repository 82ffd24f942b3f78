/** A page without a client library: it uses the browser's `WebSocket`. Open it with `npm run example page 3000`. */
import { readFile } from "node:fs/promises";
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves the page at `/`, and its WebSocket at `/ws`. */
export const app = createApp();

app.http("/", async () => {
  const page = await readFile(new URL("page.html", import.meta.url));
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
});

app.ws("/ws", { receive: text }, async (socket) => {
  for await (const line of socket) await socket.send(`Message text was: ${line}`);
});

/** Requests the page, then sends a message as the page does. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);

  const page = await net.fetch("/");
  console.log(page.status, page.headers.get("content-type"));

  const socket = await net.connect("/ws");
  socket.send("hello");
  console.log(await socket.receive());
}

/* prints
200 text/html; charset=utf-8
Message text was: hello
*/
