/** Echo: whatever a client says comes back to it. */
import { openSocket, text } from "@symbolon/client";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";

export const app = createApp();

app.ws("/echo", async (socket) => {
  for await (const message of socket) await socket.send(message); // ends when the client leaves
});

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
