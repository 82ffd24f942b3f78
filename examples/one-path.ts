/** HTTP and WebSocket on one path, each with its own handler; a path with only one of them refuses the other. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/ws` for both, `/page` for HTTP alone, `/socket` for WebSockets alone. */
export const app = createApp();

app.http("/ws", () => new Response("an HTTP request"));
app.ws("/ws", (socket) => socket.send("a WebSocket"));

app.http("/page", () => new Response("a page"));
app.ws("/socket", (socket) => socket.send("a socket"));

/** Requests `/ws` both ways, and each other path in the way that it refuses. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);

  console.log(await (await net.fetch("/ws")).text());
  console.log(await (await net.connect("/ws")).receive());

  const { status, headers } = await net.fetch("/socket");
  console.log(status, headers.get("upgrade"));

  console.log((await net.refused("/page")).status);
}

/* prints
an HTTP request
a WebSocket
426 websocket
400
*/
