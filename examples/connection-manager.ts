/** What a connection manager does: a personal message, a broadcast, and a notice when somebody leaves. */
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

export const app = createApp();

const client = z.object({ id: z.coerce.number().int() });

app.ws("/ws/:id", { receive: text, params: client }, async (socket, { params: { id }, room }) => {
  const everybody = room("everybody");
  await socket.accept();
  everybody.join(socket);
  try {
    for await (const line of socket) {
      await socket.send(`You wrote: ${line}`);
      everybody.send(`Client #${id} says: ${line}`);
    }
  } finally {
    everybody.send(`Client #${id} left the chat`, { except: socket });
  }
});

export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const first = await net.connect("/ws/1234");
  const second = await net.connect("/ws/5678");

  first.send("hello");
  console.log("1234 hears", await first.receive());
  console.log("1234 hears", await first.receive());
  first.close();

  console.log("5678 hears", await second.receive());
  console.log("5678 hears", await second.receive());
}

/* prints
1234 hears You wrote: hello
1234 hears Client #1234 says: hello
5678 hears Client #1234 says: hello
5678 hears Client #1234 left the chat
*/
