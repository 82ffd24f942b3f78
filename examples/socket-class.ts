/** A custom socket class: an app, a view or a route names it, and the nearest of them applies. */
import { createApp, Socket } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** A socket that numbers the messages that it sends. */
class NumberedSocket extends Socket {
  #sent = 0;

  override send(value: unknown) {
    this.#sent += 1;
    return super.send({ number: this.#sent, value });
  }
}

/** Serves `/numbered` and `/plain`. */
export const app = createApp({ socket: { Socket: NumberedSocket } });

app.ws("/numbered", async (socket) => {
  for await (const message of socket) await socket.send(message);
});

app.ws("/plain", { Socket }, async (socket) => {
  for await (const message of socket) await socket.send(message);
});

/** Prints the reply of each route. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  for (const path of ["/numbered", "/plain"]) {
    const socket = await net.connect(path);
    socket.send("hello");
    console.log(await socket.receive());
  }
}

/* prints
{"number":1,"value":"hello"}
hello
*/
