/** An echo server: it sends each message back to the client. */
import { openSocket } from "@symbolon/client";
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";

/** Serves `/echo`. */
export const app = createApp();

app.ws("/echo", async (socket) => {
  for await (const message of socket) await socket.send(message); // ends when the client disconnects
});

/** Serves the app on a free port, and connects to it with the client library. */
export async function demo(): Promise<void> {
  const server = await serve(app, { port: 0 });
  const socket = openSocket(`${server.url}/echo`, { receive: text });

  socket.send("hello");
  console.log(await socket.receive());

  socket.close();
  await server.close();
}

/* prints
hello
*/
