/** A connection manager: a personal reply, a broadcast, and a notice to the others when a client disconnects. */
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

/** Serves `/ws/:id`. */
export const app = createApp();

const clientParams = z.object({ id: z.coerce.number().int() });

app.ws("/ws/:id", { receive: text, params: clientParams }, async (socket, { params: { id }, room }) => {
  const allClients = room("all clients");
  await socket.accept();
  allClients.join(socket);
  try {
    for await (const line of socket) {
      await socket.send(`You wrote: ${line}`);
      allClients.send(`Client #${id} wrote: ${line}`);
    }
  } finally {
    allClients.send(`Client #${id} left the chat`, { except: socket });
  }
});

/** Connects two clients, and prints what each receives. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const first = await net.connect("/ws/1234");
  const second = await net.connect("/ws/5678");

  first.send("hello");
  console.log("1234 received", await first.receive());
  console.log("1234 received", await first.receive());
  first.close();

  console.log("5678 received", await second.receive());
  console.log("5678 received", await second.receive());
}

/* prints
1234 received You wrote: hello
1234 received Client #1234 wrote: hello
5678 received Client #1234 wrote: hello
5678 received Client #1234 left the chat
*/
