/** Sends and receives independently: one loop sends news to the client while another loop reads its messages. */
import { EventEmitter, on } from "node:events";
import { text } from "@symbolon/protocol";
import { createApp, type Socket } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

const news = new EventEmitter().setMaxListeners(0); // one listener for each client

/** Serves `/news`. */
export const app = createApp();

app.ws("/news", { receive: text }, async (socket) => {
  await Promise.all([sendHeadlines(socket), receiveHeadlines(socket)]);
});

async function sendHeadlines(socket: Socket<string>): Promise<void> {
  const { signal } = socket; // aborts when the client disconnects
  for await (const [headline] of on(news, "headline", { signal })) await socket.send(headline);
}

async function receiveHeadlines(socket: Socket<string>): Promise<void> {
  for await (const line of socket) news.emit("headline", line);
}

/** Prints the headlines that a client receives, from the server and from another client. */
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
