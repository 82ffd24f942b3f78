/** A chat room: each message goes to all members, and a member whose connection ends leaves the room automatically. */
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

/** Serves `/chat?name=…`. */
export const app = createApp();

const nameQuery = z.object({ name: z.string().min(1) });

app.ws("/chat", { receive: text, query: nameQuery }, async (socket, { query: { name }, room }) => {
  const chat = room("chat");
  await socket.accept();
  chat.join(socket);
  chat.send(`${name} joined`);
  for await (const line of socket) chat.send(`${name}: ${line}`); // a closed member does not affect the others
});

/** Lets Ada and Bob chat, and prints what each receives. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const ada = await net.connect("/chat", { query: { name: "Ada" } });
  const bob = await net.connect("/chat", { query: { name: "Bob" } });

  bob.send("hello");
  console.log("Bob received", await bob.receive());
  console.log("Bob received", await bob.receive());
  bob.close();

  ada.send("bye");
  for (let line = 0; line < 4; line += 1) console.log("Ada received", await ada.receive());
}

/* prints
Bob received Bob joined
Bob received Bob: hello
Ada received Ada joined
Ada received Bob joined
Ada received Bob: hello
Ada received Ada: bye
*/
