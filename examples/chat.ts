/** A chat room: what one says everybody hears, and whoever leaves or dies is out of the room by itself. */
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

export const app = createApp();

const visitor = z.object({ name: z.string().min(1) });

app.ws("/chat", { receive: text, query: visitor }, async (socket, { query: { name }, room }) => {
  const chat = room("chat");
  await socket.accept();
  chat.join(socket);
  chat.send(`${name} joined`);
  for await (const line of socket) chat.send(`${name}: ${line}`); // a dead member harms nobody
});

export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const ada = await net.connect("/chat", { query: { name: "Ada" } });
  const bob = await net.connect("/chat", { query: { name: "Bob" } });

  bob.send("hello");
  console.log("Bob hears", await bob.receive());
  console.log("Bob hears", await bob.receive());
  bob.close();

  ada.send("bye");
  for (let line = 0; line < 4; line += 1) console.log("Ada hears", await ada.receive());
}

/* prints
Bob hears Bob joined
Bob hears Bob: hello
Ada hears Ada joined
Ada hears Bob joined
Ada hears Bob: hello
Ada hears Ada: bye
*/
