/** Sending and receiving independently: two loops at once, so that a client hears news without having asked. */
import { EventEmitter, on } from "node:events";
import { text } from "@symbolon/protocol";
import { createApp, type Socket } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

const news = new EventEmitter().setMaxListeners(0); // one listener for each client

export const app = createApp();

app.ws("/news", { receive: text }, async (socket) => {
  await Promise.all([sending(socket), receiving(socket)]);
});

async function sending(socket: Socket<string>): Promise<void> {
  const { signal } = socket; // aborts when the client leaves
  for await (const [headline] of on(news, "headline", { signal })) await socket.send(headline);
}

async function receiving(socket: Socket<string>): Promise<void> {
  for await (const line of socket) news.emit("headline", line);
}

export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const reader = await net.connect("/news");
  const writer = await net.connect("/news");

  news.emit("headline", "rain");
  console.log(await reader.receive());

  writer.send("sun");
  console.log(await reader.receive());
}

/* prints
rain
sun
*/
