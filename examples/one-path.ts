/** One path for both: an HTTP request and a WebSocket each find their own handler, and the wrong kind is told so. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

export const app = createApp();

app.http("/ws", () => new Response("an HTTP request"));
app.ws("/ws", (socket) => socket.send("a WebSocket"));

app.http("/page", () => new Response("a page"));
app.ws("/socket", (socket) => socket.send("a socket"));

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
